package io.selfupgrade.core.upgrade;

import io.selfupgrade.core.local.ScrubbedProcess;
import io.selfupgrade.upgrade.Launch;
import io.selfupgrade.upgrade.Release;
import io.selfupgrade.upgrade.Smoke;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Runs a release's own smoke check in a JVM of its own.
 *
 * <p>Limits: time, heap, output (of which 8 KiB of its end are kept). The environment holds only
 * what a program needs to start: it protects against accidents, such as a check that writes to the
 * live database, not against a hostile release that was signed with a trusted key.
 */
final class SmokeCheck {

  private static final long MOST_OUTPUT_BYTES = 64L << 20;

  private final Duration longest;

  SmokeCheck(Duration longest) {
    this.longest = longest;
  }

  /**
   * Runs the check of a release whose files lie in a directory.
   *
   * @return what failed, with the end of its output; empty if it passed or the release has none
   * @throws IOException if it could not be started
   */
  Optional<String> run(Release release, Path directory) throws IOException, InterruptedException {
    if (release.smoke().isEmpty()) {
      return Optional.empty();
    }
    Smoke smoke = release.smoke().get();
    Duration limit = smoke.timeout().compareTo(longest) < 0 ? smoke.timeout() : longest;
    Path scratch = Files.createTempDirectory("selfupgrade-smoke-");
    try {
      return new ScrubbedProcess(
              scratch,
              scratch,
              new ScrubbedProcess.Limits(limit, MOST_OUTPUT_BYTES, OptionalLong.empty()))
          .run(
              command(release.launch(), smoke, directory, scratch),
              Map.of("SELFUPGRADE_SMOKE", "1"));
    } finally {
      deleteTree(scratch);
    }
  }

  private static List<String> command(Launch launch, Smoke smoke, Path directory, Path scratch) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-Xmx" + smoke.heapMb() + "m");
    command.add("-Djava.io.tmpdir=" + scratch);
    command.addAll(launch.jvmArgs());
    if (launch.jar().isEmpty()) {
      command.add("-cp");
      command.add(
          launch.classpath().stream()
              .map(entry -> directory.resolve(entry).toString())
              .collect(Collectors.joining(File.pathSeparator)));
      command.add(launch.mainClass());
    } else {
      command.add("-jar");
      command.add(directory.resolve(launch.jar()).toString());
    }
    command.addAll(smoke.args());
    return command;
  }

  private static void deleteTree(Path root) throws IOException {
    try (Stream<Path> paths = Files.walk(root)) {
      List<Path> deepestFirst = paths.sorted((left, right) -> right.compareTo(left)).toList();
      for (Path path : deepestFirst) {
        Files.deleteIfExists(path);
      }
    }
  }
}
