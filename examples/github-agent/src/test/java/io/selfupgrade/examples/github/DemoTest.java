package io.selfupgrade.examples.github;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs the jar that was built, as its reader does. */
final class DemoTest {

  private static final Path JAR = Path.of("target", "github-agent.jar").toAbsolutePath();
  private static final Duration LONGEST = Duration.ofMinutes(4);

  @TempDir private Path directory;

  @Test
  void installsAReleaseFromGitHubAndRefusesOneThatWasChanged() throws Exception {
    Path output = directory.resolve("output");
    Process demo =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Djava.io.tmpdir=" + directory,
                "-jar",
                JAR.toString())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    boolean ended = demo.waitFor(LONGEST.toMillis(), TimeUnit.MILLISECONDS);
    if (!ended) {
      demo.destroy();
    }

    String text = Files.readString(output);
    assertThat(ended).as(text).isTrue();
    assertThat(demo.exitValue()).as(text).isZero();
    assertThat(text).contains("1.1.0: Upgraded", "1.2.0: Refused", "DIGEST_MISMATCH");
    assertThat(directory.toFile().list()).containsExactly("output");
  }
}
