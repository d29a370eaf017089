package io.selfupgrade.docs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Programs from npm, by a lock file with digests, in a directory of the build. */
final class Npm {

  private static final int LONGEST_MINUTES = 5;

  private Npm() {}

  /**
   * Installs what a directory's lock file names, once for each state of it; its files are copied
   * beside.
   *
   * @param what is not tested without Node.js, for whoever has none
   */
  static synchronized void install(Path source, Path target, String what) throws Exception {
    for (String program : List.of("node", "npm")) {
      if (!isThere(program)) {
        String message = what + ": install Node.js 20 or newer, with npm";
        if (System.getenv("CI") != null) {
          throw new AssertionError(program + " is not there; " + message);
        }
        abort(message);
      }
    }
    Files.createDirectories(target);
    // Another test JVM may be here too.
    try (FileChannel channel =
            FileChannel.open(
                target.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock held = channel.lock()) {
      assertThat(held.isValid()).isTrue();
      Path installed = target.resolve("installed.json");
      byte[] lock = Files.readAllBytes(source.resolve("package-lock.json"));
      try (Stream<Path> files = Files.list(source)) {
        for (Path file : files.toList()) {
          replace(target.resolve(file.getFileName()), Files.readAllBytes(file));
        }
      }
      if (!Files.exists(installed) || !Arrays.equals(Files.readAllBytes(installed), lock)) {
        run(target, "npm", "ci");
        Files.write(installed, lock);
      }
    }
  }

  /** Writes a file in one step, and only if it is another one: somebody may be reading it. */
  static void replace(Path file, byte[] content) throws IOException {
    if (Files.exists(file) && Arrays.equals(Files.readAllBytes(file), content)) {
      return;
    }
    Files.createDirectories(file.getParent());
    Path written = Files.createTempFile(file.getParent(), "written", ".tmp");
    Files.write(written, content);
    Files.move(written, file, StandardCopyOption.ATOMIC_MOVE);
  }

  /** Runs a program to its good end, and returns what it printed. */
  static String run(Path directory, String... command) throws Exception {
    Path output = Files.createTempFile(directory, "output", ".txt");
    try {
      Process process =
          new ProcessBuilder(command)
              .directory(directory.toFile())
              .redirectErrorStream(true)
              .redirectOutput(output.toFile())
              .start();
      boolean ended = process.waitFor(LONGEST_MINUTES, TimeUnit.MINUTES);
      if (!ended) {
        process.destroyForcibly();
      }
      String printed = Files.readString(output, StandardCharsets.UTF_8);
      assertThat(ended && process.exitValue() == 0)
          .as("%s in %s: %s", List.of(command), directory, printed)
          .isTrue();
      return printed;
    } finally {
      Files.delete(output);
    }
  }

  private static boolean isThere(String program) throws InterruptedException {
    try {
      return new ProcessBuilder(program, "--version")
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start()
              .waitFor()
          == 0;
    } catch (IOException e) {
      return false;
    }
  }
}
