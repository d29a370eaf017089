package io.selfupgrade.examples.springai;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs the jar that was built, as its reader does: real processes, a real database, one port. */
final class UpgradeTest {

  private static final Path JAR = Path.of("target", "spring-ai-agent-app.jar").toAbsolutePath();
  private static final Duration LONGEST = Duration.ofMinutes(6);
  private static final Duration LONGEST_CLEARING = Duration.ofMinutes(2);

  @TempDir private Path directory;

  @Test
  void upgradesOnceWhileItsUsersTalkToItAndLeavesNothingBehind() throws Exception {
    Path output = directory.resolve("output");
    Process demo =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Djava.io.tmpdir=" + directory,
                "-jar",
                JAR.toString(),
                "--demo")
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    boolean ended = demo.waitFor(LONGEST.toMillis(), TimeUnit.MILLISECONDS);
    if (!ended) {
      demo.destroy();
      demo.waitFor(LONGEST_CLEARING.toMillis(), TimeUnit.MILLISECONDS);
    }

    String text = Files.readString(output);
    assertThat(ended).as(text).isTrue();
    assertThat(demo.exitValue()).as(text).isZero();
    assertThat(text).contains("1.0.0 answers", "1.1.0 answers", "1.1.0: Upgraded");
    assertThat(text).contains("You have said 4 things. I know: that the meeting is on Monday.");
    assertThat(leftBehind(output)).isEmpty();
    assertThat(processes()).isEmpty();
  }

  private List<Path> leftBehind(Path output) throws IOException {
    try (var found = Files.list(directory)) {
      return found.filter(path -> !path.equals(output)).toList();
    }
  }

  /** Every process of the story has its directory among its arguments. */
  private List<String> processes() {
    return ProcessHandle.allProcesses()
        .map(process -> process.info().commandLine().orElse(""))
        .filter(line -> line.contains(directory.toString() + "/"))
        .toList();
  }
}
