package io.selfupgrade.examples.langchain4j;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs the jar that was built, as its reader does. */
final class DemoTest {

  private static final Path JAR = Path.of("target", "langchain4j-agent.jar").toAbsolutePath();
  private static final Duration LONGEST = Duration.ofMinutes(4);

  @TempDir private Path directory;

  @Test
  void remembersOverAKillAndLeavesNothingBehind() throws Exception {
    Process demo = start();

    assertThat(demo.waitFor(LONGEST.toMillis(), TimeUnit.MILLISECONDS)).as(output()).isTrue();
    assertThat(demo.exitValue()).as(output()).isZero();
    assertThat(output())
        .contains("Remembered: the cat", "Reminder: water the plants", "kill -9", "last Friday")
        .contains("Nothing is left behind.");
    assertThat(directory.toFile().list()).containsExactly("output");
  }

  @Test
  void saysHowItIsUsed() throws Exception {
    Process wrong = start("--chat");

    assertThat(wrong.waitFor(1, TimeUnit.MINUTES)).isTrue();
    assertThat(wrong.exitValue()).isEqualTo(2);
    assertThat(output()).contains("[chat FILE...]");
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
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("output").toFile());
    // With a model's name or key the demonstration would talk to that model.
    builder.environment().keySet().removeIf(name -> name.startsWith("OPENAI_"));
    return builder.start();
  }

  private String output() throws IOException {
    return Files.readString(directory.resolve("output"));
  }
}
