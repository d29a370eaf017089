package io.selfupgrade.examples.quickstart;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;
import java.util.ArrayList;
import java.util.List;

/** How this program starts others. */
final class Programs {

  /** Options that make a small JVM start fast. */
  static final List<String> QUICK_JVM =
      List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto");

  private Programs() {}

  /** Returns the jar that this program runs from. */
  static Path ownJar() {
    CodeSource source = Quickstart.class.getProtectionDomain().getCodeSource();
    try {
      Path jar = Path.of(source.getLocation().toURI());
      if (Files.isRegularFile(jar)) {
        return jar;
      }
      throw new IllegalStateException(
          "the quickstart runs from " + jar + ": start it with java -jar quickstart.jar");
    } catch (URISyntaxException e) {
      throw new IllegalStateException("the quickstart's jar is not a file: " + source, e);
    }
  }

  /** Returns the command that starts a program on the JDK which runs this one. */
  static List<String> java(String... arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(QUICK_JVM);
    command.addAll(List.of(arguments));
    return command;
  }

  /**
   * Returns the same command, deaf to Ctrl-C: on a terminal it reaches every process at once, and
   * those have to end in order.
   */
  static List<String> deafToTheTerminal(List<String> command) {
    List<String> wrapped =
        new ArrayList<>(List.of("/bin/sh", "-c", "trap '' INT HUP; exec \"$@\"", "sh"));
    wrapped.addAll(command);
    return wrapped;
  }

  /** Writes the launcher's jar, which travels inside this one, to a file. */
  static void unpackLauncher(Path target) throws IOException {
    try (var content = Programs.class.getResourceAsStream("/bundled/selfupgrade-launcher.jar")) {
      if (content == null) {
        throw new IllegalStateException(
            "the launcher is not in " + ownJar() + ": build it with ./mvnw package");
      }
      Files.copy(content, target);
    }
  }
}
