package io.selfupgrade.core.commit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * Runs the real {@code git} and {@code ssh-keygen} as somebody without settings of their own.
 *
 * @param directory where they are at home, and where what they print is kept
 */
public record RealCommands(Path directory) {

  /** Returns what a command prints; it has to end well. */
  public String run(Path where, String... command) throws IOException, InterruptedException {
    Path output = directory.resolve("printed");
    ProcessBuilder builder = new ProcessBuilder(command).directory(where.toFile());
    builder.redirectErrorStream(true).redirectOutput(output.toFile());
    builder.redirectInput(new File("/dev/null"));
    builder
        .environment()
        .putAll(
            Map.of(
                "HOME", directory.toString(),
                "GIT_CONFIG_NOSYSTEM", "1",
                "GIT_AUTHOR_NAME", "Ada",
                "GIT_AUTHOR_EMAIL", "ada@example.com",
                "GIT_COMMITTER_NAME", "Ada",
                "GIT_COMMITTER_EMAIL", "ada@example.com"));
    int code = builder.start().waitFor();
    String printed = Files.readString(output, StandardCharsets.UTF_8);
    assertThat(code).as("%s: %s", String.join(" ", command), printed).isZero();
    return printed;
  }
}
