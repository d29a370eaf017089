package io.selfupgrade.upgrade;

import java.util.List;
import java.util.Objects;
import java.util.OptionalInt;

/**
 * How a release is started: a jar, or a main class with its class path.
 *
 * @param jar path of an executable jar among the release's files; empty if a main class is named
 * @param mainClass the main class; empty if a jar is named
 * @param classpath paths of jars among the release's files; empty if a jar is named
 * @param jvmArgs arguments of the JVM, before the program
 * @param args arguments of the program
 * @param heapMb limit of the heap in MiB; empty: the JVM's own default
 */
public record Launch(
    String jar,
    String mainClass,
    List<String> classpath,
    List<String> jvmArgs,
    List<String> args,
    OptionalInt heapMb) {

  /**
   * Validates and copies.
   *
   * @throws IllegalArgumentException if neither or both of jar and main class are named
   */
  public Launch {
    Objects.requireNonNull(jar, "jar");
    Objects.requireNonNull(mainClass, "mainClass");
    classpath = List.copyOf(classpath);
    jvmArgs = List.copyOf(jvmArgs);
    args = List.copyOf(args);
    Objects.requireNonNull(heapMb, "heapMb");
    if (jar.isEmpty() == mainClass.isEmpty()) {
      throw new IllegalArgumentException(
          "launch names jar \""
              + jar
              + "\" and mainClass \""
              + mainClass
              + "\": expected exactly one of them");
    }
    if (mainClass.isEmpty() != classpath.isEmpty()) {
      throw new IllegalArgumentException(
          "launch has a class path of "
              + classpath.size()
              + " entries: expected one with mainClass and none with jar");
    }
    heapMb.ifPresent(mib -> requirePositive(mib));
  }

  /** Describes a release that is one executable jar, with the JVM's defaults. */
  public static Launch jar(String path) {
    return new Launch(path, "", List.of(), List.of(), List.of(), OptionalInt.empty());
  }

  private static void requirePositive(int mib) {
    if (mib < 1) {
      throw new IllegalArgumentException("heapMb " + mib + " is not usable: expected 1 or more");
    }
  }
}
