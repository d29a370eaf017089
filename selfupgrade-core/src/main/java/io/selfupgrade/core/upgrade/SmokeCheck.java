package io.selfupgrade.core.upgrade;

import io.selfupgrade.upgrade.Launch;
import io.selfupgrade.upgrade.Release;
import io.selfupgrade.upgrade.Smoke;
import java.io.File;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Runs a release's own smoke check in a JVM of its own.
 *
 * <p>Limits: time, heap, output kept (8 KiB of its end). The environment holds only what a program
 * needs to start: it protects against accidents, such as a check that writes to the live database,
 * not against a hostile release that was signed with a trusted key.
 */
final class SmokeCheck {

  private static final Set<String> KEPT =
      Set.of("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "LD_LIBRARY_PATH");
  private static final int TAIL_BYTES = 8 * 1024;

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
      return run(command(release.launch(), smoke, directory, scratch), scratch, limit);
    } finally {
      deleteTree(scratch);
    }
  }

  private static Optional<String> run(List<String> command, Path scratch, Duration limit)
      throws IOException, InterruptedException {
    Path output = scratch.resolve("output");
    ProcessBuilder builder = new ProcessBuilder(command).directory(scratch.toFile());
    scrub(builder.environment(), scratch);
    builder.redirectErrorStream(true).redirectOutput(output.toFile());
    builder.redirectInput(new File("/dev/null"));
    Process process = builder.start();
    try {
      if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
        return Optional.of("it did not end within " + limit + ended(output));
      }
      int code = process.exitValue();
      return code == 0
          ? Optional.empty()
          : Optional.of("it exited with " + code + ", expected 0" + ended(output));
    } finally {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
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

  private static void scrub(Map<String, String> environment, Path scratch) {
    environment.keySet().retainAll(KEPT);
    environment.put("HOME", scratch.toString());
    environment.put("TMPDIR", scratch.toString());
    environment.put("SELFUPGRADE_SMOKE", "1");
  }

  private static String ended(Path output) throws IOException {
    try (RandomAccessFile file = new RandomAccessFile(output.toFile(), "r")) {
      long length = file.length();
      file.seek(Math.max(0, length - TAIL_BYTES));
      byte[] tail = new byte[(int) Math.min(length, TAIL_BYTES)];
      file.readFully(tail);
      String text = new String(tail, StandardCharsets.UTF_8).strip();
      return text.isEmpty() ? "; it printed nothing" : "; the end of its output:\n" + text;
    }
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
