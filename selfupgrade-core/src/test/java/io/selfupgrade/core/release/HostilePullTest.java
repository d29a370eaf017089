package io.selfupgrade.core.release;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Sources that want memory, disk or time, against a JVM of 32 MiB. */
class HostilePullTest {

  private static final String MAX_HEAP = "-Xmx32m";

  @TempDir private Path root;

  @Test
  @Timeout(120)
  void eachIsRefusedOrAbortedWithinASmallHeapAndLeavesNothing() throws Exception {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                MAX_HEAP,
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path")
                    .replace(File.pathSeparator + File.pathSeparator, ""),
                HostilePulls.class.getName(),
                root.toString())
            .redirectErrorStream(true)
            .start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

    assertThat(process.waitFor()).as(output).isZero();
    List<String> lines = output.lines().toList();
    lines.stream()
        .filter(line -> line.startsWith("peak"))
        .reduce((earlier, last) -> last)
        .ifPresent(last -> System.out.println("HostilePullTest: " + MAX_HEAP + ", " + last));
    assertThat(lines.stream().filter(line -> !line.startsWith("peak")))
        .containsExactly(
            "endless: DIGEST_MISMATCH, left 0",
            "endless after 9 bytes: DIGEST_MISMATCH, left 0",
            "one byte more: DIGEST_MISMATCH, left 0",
            "truncated: DIGEST_MISMATCH, left 0",
            "empty: DIGEST_MISMATCH, left 0",
            "other bytes: DIGEST_MISMATCH, left 0",
            "1 byte/s: ReleaseSource retryable, left 0",
            "1 byte in 40 s: ReleaseSource retryable, left 0",
            "broken off: ReleaseSource retryable, left 0",
            "swapped after the manifest: DIGEST_MISMATCH, left 0",
            "broken off half way: ReleaseSource retryable, left 0",
            "resumed wrongly: DIGEST_MISMATCH, left 0",
            "bomb: TOO_LARGE, left 0",
            "4 GiB of release.json: larger than the limit",
            "4 GiB of release.json.sig: larger than the limit");
  }
}
