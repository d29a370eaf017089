package io.selfupgrade.github;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.agent.Secret;
import io.selfupgrade.github.Payloads.Payload;
import io.selfupgrade.github.WebhookVerdict.Accepted;
import io.selfupgrade.github.WebhookVerdict.Refused;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/**
 * Deliveries that somebody changed on their way: none is accepted, and none brings the verifier
 * down. Ten times as many with {@code -Dlong}.
 */
class WebhookFuzzTest {

  private static final int ROUNDS = System.getProperty("long") == null ? 10_000 : 100_000;
  private static final String ID = "72d3162e-cc78-11e3-81ab-4c9367dc0958";
  private static final GitHubWebhook WEBHOOK =
      GitHubWebhook.of("Codertocat/Hello-World", Secret.of(Payloads.SECRET))
          .rotating(Secret.of("the secret before that one, as long"))
          .pushesTo("master")
          .runsOf("test.yml");

  private final Random random = seeded();

  /** A delivery that may be changed. */
  private static final class Request {
    final Map<String, List<String>> headers;
    byte[] body;

    Request(Payload payload) {
      this.body = payload.body();
      this.headers = new TreeMap<>(Payloads.headers(payload.event(), ID, body));
    }
  }

  private static Random seeded() {
    long seed = Long.getLong("seed", System.nanoTime());
    System.out.println("WebhookFuzzTest: -Dseed=" + seed);
    return new Random(seed);
  }

  @Test
  void whatWasChangedAfterItWasSignedIsNeverAccepted() {
    List<Payload> accepted =
        Payloads.all().stream()
            .filter(each -> GitHubWebhookTest.verify(WEBHOOK, each) instanceof Accepted)
            .toList();
    assertThat(accepted).hasSizeGreaterThan(10);
    int refused = 0;
    while (refused < ROUNDS) {
      Request request = new Request(accepted.get(random.nextInt(accepted.size())));
      byte[] before = request.body;
      String signature = request.headers.get("X-Hub-Signature-256").get(0);
      tamper(request);
      boolean same =
          Arrays.equals(before, request.body)
              && List.of(signature).equals(request.headers.get("X-Hub-Signature-256"));
      if (same) {
        continue;
      }
      WebhookVerdict verdict = WEBHOOK.verify(request.headers, request.body);
      assertThat(verdict)
          .isInstanceOfSatisfying(Refused.class, no -> assertThat(no.status()).isIn(401, 413));
      refused++;
    }
    System.out.println("WebhookFuzzTest: " + refused + " changed deliveries, 0 accepted");
  }

  /** Nobody but GitHub can sign; if it sent nonsense, that would be refused in good order too. */
  @Test
  void whatWasChangedBeforeItWasSignedBringsNothingDown() {
    List<Payload> all = Payloads.all();
    int refused = 0;
    for (int round = 0; round < ROUNDS / 5; round++) {
      Payload payload = all.get(random.nextInt(all.size()));
      byte[] body = changed(payload.body());
      Map<String, List<String>> headers = Payloads.headers(payload.event(), ID, body);
      if (WEBHOOK.verify(headers, body) instanceof Refused no) {
        assertThat(no.status()).isIn(400, 413);
        refused++;
      }
    }
    assertThat(refused).isBetween(ROUNDS / 50, ROUNDS / 5);
  }

  private void tamper(Request request) {
    String name = "X-Hub-Signature-256";
    String signature = request.headers.get(name).get(0);
    switch (random.nextInt(8)) {
      case 0 -> request.headers.put(name, List.of(changed(signature)));
      case 1 -> request.headers.remove(name);
      case 2 -> request.headers.put(name, List.of(signature, changed(signature)));
      case 3 -> request.headers.put("x-hub-signature-256", List.of(signature));
      case 4 ->
          request.headers.put(
              name, List.of("sha256=" + Payloads.sign("guess " + random.nextLong(), request.body)));
      default -> request.body = changed(request.body);
    }
    if (request.headers.containsKey("x-hub-signature-256")) {
      request.body = changed(request.body);
    }
  }

  private String changed(String text) {
    char[] letters = text.toCharArray();
    letters[random.nextInt(letters.length)] = (char) ('0' + random.nextInt(60));
    return new String(letters, 0, letters.length - random.nextInt(2));
  }

  private byte[] changed(byte[] body) {
    byte[] copy = body.clone();
    for (int i = random.nextInt(3); i >= 0; i--) {
      copy = changedOnce(copy);
    }
    return copy;
  }

  private byte[] changedOnce(byte[] body) {
    int at = random.nextInt(body.length);
    int to = Math.min(body.length, at + 1 + random.nextInt(50));
    List<byte[]> parts = new ArrayList<>(List.of(Arrays.copyOf(body, at)));
    switch (random.nextInt(5)) {
      case 0 -> parts.add(new byte[] {(byte) random.nextInt()});
      case 1 -> parts.add(Arrays.copyOfRange(body, at, body.length));
      case 2 -> parts.add(Arrays.copyOfRange(body, to, body.length));
      case 3 -> {
        parts.add(Arrays.copyOfRange(body, at, to));
        parts.add(Arrays.copyOfRange(body, at, body.length));
      }
      default -> {
        byte[] flipped = Arrays.copyOfRange(body, at, body.length);
        flipped[0] ^= (byte) (1 << random.nextInt(8));
        parts.add(flipped);
      }
    }
    byte[] joined = new byte[Math.max(1, parts.stream().mapToInt(part -> part.length).sum())];
    int position = 0;
    for (byte[] part : parts) {
      System.arraycopy(part, 0, joined, position, part.length);
      position += part.length;
    }
    return joined;
  }
}
