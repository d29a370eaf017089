package io.selfupgrade.github;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.agent.Secret;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/**
 * Prints how long it takes to verify a delivery, in a JVM with its usual settings; asserts no time,
 * and runs only when it is asked for by name.
 */
class WebhookFigures {

  private static final int ROUNDS = 500;

  @Test
  void verification() throws Exception {
    String classPath =
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                classPath,
                WebhookFigures.class.getName())
            .redirectErrorStream(true)
            .start();
    System.out.print(new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8));
    assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
  }

  public static void main(String[] args) {
    GitHubWebhook webhook = GitHubWebhook.of("Codertocat/Hello-World", Secret.of(Payloads.SECRET));
    print(webhook, "8 KiB", "");
    print(webhook, "1 MiB", "n".repeat((1 << 20) - 8_000));
  }

  private static void print(GitHubWebhook webhook, String size, String notes) {
    byte[] body = GitHubWebhookTest.published().with("release.body", notes).body();
    Map<String, List<String>> headers = Payloads.headers("release", "an-id", body);
    long[] nanos = new long[ROUNDS];
    String verdict = "";
    for (int warmth = 0; warmth < 2; warmth++) {
      for (int round = 0; round < ROUNDS; round++) {
        long start = System.nanoTime();
        verdict = webhook.verify(headers, body).summary();
        nanos[round] = System.nanoTime() - start;
      }
    }
    Arrays.sort(nanos);
    System.out.printf(
        "verifying %s (%d bytes), %s: p50 %.3f ms, p99 %.3f ms%n",
        size, body.length, verdict, nanos[ROUNDS / 2] / 1e6, nanos[ROUNDS * 99 / 100] / 1e6);
  }
}
