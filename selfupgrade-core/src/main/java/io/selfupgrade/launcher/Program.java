package io.selfupgrade.launcher;

import java.util.List;

/**
 * How a release is launched: either an executable jar, or a main class with its classpath.
 *
 * @param jar the executable jar, relative to the slot; empty if a main class is given
 * @param mainClass the main class; empty if a jar is given
 * @param classpath files or directories relative to the slot; empty if a jar is given
 * @param jvmArgs arguments of the JVM
 * @param args arguments of the program
 * @param heapMb greatest heap in MiB; 0 leaves it to the JVM
 */
public record Program(
    String jar,
    String mainClass,
    List<String> classpath,
    List<String> jvmArgs,
    List<String> args,
    int heapMb) {
  /**
   * Checks and copies the values.
   *
   * @throws IllegalArgumentException if not exactly one of jar and main class is given, if the
   *     classpath does not fit to it, or if the heap is negative
   */
  public Program {
    classpath = List.copyOf(classpath);
    jvmArgs = List.copyOf(jvmArgs);
    args = List.copyOf(args);
    if (jar.isEmpty() == mainClass.isEmpty()) {
      throw new IllegalArgumentException(
          "A release is launched by jar or by mainClass, exactly one of them; jar='"
              + jar
              + "', mainClass='"
              + mainClass
              + "'");
    }
    if (classpath.isEmpty() == jar.isEmpty()) {
      throw new IllegalArgumentException(
          "A main class needs a classpath and a jar has none; classpath=" + classpath);
    }
    if (heapMb < 0) {
      throw new IllegalArgumentException("heapMb must not be negative: " + heapMb);
    }
  }
}
