package io.selfupgrade.examples.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs the jar that was built, as its reader does. */
final class QuickstartTest {

  private static final Path JAR = Path.of("target", "quickstart.jar").toAbsolutePath();
  private static final Duration LONGEST_STORY = Duration.ofMinutes(4);
  private static final Duration LONGEST_CLEARING = Duration.ofMinutes(1);

  @TempDir private Path directory;

  @Test
  void playsTheWholeStoryAndLeavesNothingBehind() throws Exception {
    Path figures = directory.resolve("figures.json");
    Process story = start("--json", figures.toString());
    try {
      assertThat(story.waitFor(LONGEST_STORY.toMillis(), TimeUnit.MILLISECONDS)).isTrue();
    } finally {
      story.destroyForcibly();
    }

    assertThat(story.exitValue()).as(output()).isZero();
    assertThat(Files.readString(figures))
        .as(output())
        .contains("\"final_version\": \"1.1.0\"")
        .contains(
            "\"outcomes\": {\"1.1.0\": \"Upgraded\", \"1.2.0\": \"Refused\","
                + " \"1.3.0\": \"RolledBack\", \"1.4.0\": \"Refused\"}")
        .contains("\"ticks_missed\": 0")
        .contains("\"ticks_doubled\": 0")
        .contains("\"http_failed\": 0")
        .contains("\"rows_lost\": 0");
    awaitNothingLeft();
  }

  @Test
  void leavesNothingBehindWhenItIsKilled() throws Exception {
    Process story = start();
    try {
      await(LONGEST_STORY, () -> output().contains("users come"));
    } finally {
      story.destroyForcibly().waitFor();
    }

    awaitNothingLeft();
  }

  @Test
  void saysHowItIsUsed() throws Exception {
    Process story = start("--jason");

    assertThat(story.waitFor(1, TimeUnit.MINUTES)).isTrue();
    assertThat(story.exitValue()).isEqualTo(2);
    assertThat(output()).contains("--json FILE");
  }

  private Process start(String... arguments) throws IOException {
    List<String> command =
        Stream.concat(
                Stream.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-Djava.io.tmpdir=" + directory,
                    "-jar",
                    JAR.toString()),
                Stream.of(arguments))
            .toList();
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(directory.resolve("output").toFile())
        .start();
  }

  private String output() throws IOException {
    return Files.readString(directory.resolve("output"));
  }

  /** Every process of a story has the story's directory among its arguments or as its own. */
  private void awaitNothingLeft() throws Exception {
    await(LONGEST_CLEARING, () -> directories().isEmpty() && processes().isEmpty());
  }

  private List<Path> directories() throws IOException {
    try (Stream<Path> found = Files.list(directory)) {
      return found
          .filter(path -> path.getFileName().toString().startsWith("selfupgrade-quickstart-"))
          .toList();
    }
  }

  private List<String> processes() {
    return ProcessHandle.allProcesses()
        .map(process -> process.info().commandLine().orElse(""))
        .filter(line -> line.contains(directory.toString() + "/"))
        .toList();
  }

  private void await(Duration longest, Condition condition) throws Exception {
    long end = System.nanoTime() + longest.toNanos();
    while (!condition.holds()) {
      assertThat(System.nanoTime())
          .as("not within %s; left: %s %s%n%s", longest, directories(), processes(), output())
          .isLessThan(end);
      LockSupport.parkNanos(Duration.ofMillis(100).toNanos());
    }
  }

  @FunctionalInterface
  private interface Condition {
    boolean holds() throws Exception;
  }
}
