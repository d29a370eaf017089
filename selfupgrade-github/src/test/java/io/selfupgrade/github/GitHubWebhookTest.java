package io.selfupgrade.github;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selfupgrade.agent.ConfigurationException;
import io.selfupgrade.agent.Secret;
import io.selfupgrade.github.Payloads.Payload;
import io.selfupgrade.github.WebhookVerdict.Accepted;
import io.selfupgrade.github.WebhookVerdict.Refused;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class GitHubWebhookTest {

  static final String ID = "72d3162e-cc78-11e3-81ab-4c9367dc0958";
  static final GitHubWebhook WEBHOOK =
      GitHubWebhook.of("codertocat/hello-world", Secret.of(Payloads.SECRET))
          .pushesTo("master")
          .runsOf("test.yml");

  @Nested
  class Signature {

    /** The one in GitHub Docs, "Validating webhook deliveries". */
    @Test
    void ofTheDocumentationIsGood() {
      byte[] body = "Hello, World!".getBytes(StandardCharsets.UTF_8);
      GitHubWebhook documented = GitHubWebhook.of("a/b", Secret.of("It's a Secret to Everybody"));
      String signature = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";

      assertThat(documented.verify(Payloads.headers("push", ID, "sha256=" + signature), body))
          .as("goes on to the JSON, which it is not")
          .isInstanceOfSatisfying(Refused.class, no -> assertThat(no.status()).isEqualTo(400));
      assertThat(
              documented.verify(
                  Payloads.headers("push", ID, "sha256=" + signature.replace('e', 'f')), body))
          .isInstanceOfSatisfying(Refused.class, no -> assertThat(no.status()).isEqualTo(401));
    }

    @Test
    void isThatOfTheBytes() {
      byte[] body = published().body();
      byte[] sameJson =
          (new String(body, StandardCharsets.UTF_8) + " ").getBytes(StandardCharsets.UTF_8);

      assertRefused(401, WEBHOOK.verify(Payloads.headers("release", ID, body), sameJson));
    }

    @Test
    void ofEitherSecretIsGoodWhileTheyAreChanged() {
      byte[] body = published().body();
      GitHubWebhook next = GitHubWebhook.of("Codertocat/Hello-World", Secret.of("x".repeat(40)));

      assertRefused(401, next.verify(Payloads.headers("release", ID, body), body));
      assertThat(
              next.rotating(Secret.of(Payloads.SECRET))
                  .verify(Payloads.headers("release", ID, body), body))
          .isInstanceOf(Accepted.class);
      assertThat(
              next.rotating(Secret.of(Payloads.SECRET))
                  .verify(
                      Payloads.headers(
                          "release", ID, "sha256=" + Payloads.sign("x".repeat(40), body)),
                      body))
          .isInstanceOf(Accepted.class);
    }

    @ParameterizedTest
    @ValueSource(
        strings = {
          "",
          "sha256=",
          "sha1=7e5c3ec4d3a8c8a9a0a2a6d1c2c1f0f3e4d5c6b7",
          "sha256=757107ea",
          "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
          "SHA256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
          "sha256=757107EA0EB2509FC211221CCE984B8A37570B6D7586C22C46F4379C8B043E17",
          "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17 "
        })
    void ofAnotherShapeIsRefused(String signature) {
      assertRefused(
          401, WEBHOOK.verify(Payloads.headers("ping", ID, signature), new byte[] {'{', '}'}));
    }

    @Test
    void thatIsAbsentOrThereTwiceIsRefused() {
      byte[] body = published().body();
      Map<String, List<String>> headers = Payloads.headers("release", ID, body);
      List<String> good = headers.get("X-Hub-Signature-256");

      assertRefused(401, WEBHOOK.verify(without(headers, "X-Hub-Signature-256"), body));
      assertRefused(
          401,
          WEBHOOK.verify(with(headers, "X-Hub-Signature-256", good.get(0), good.get(0)), body));
      assertRefused(401, WEBHOOK.verify(with(headers, "x-hub-signature-256", good.get(0)), body));
    }

    @Test
    void needsALongSecret() {
      GitHubWebhook careless = GitHubWebhook.of("a/b", Secret.of("fifteen letters"));
      byte[] body = published().body();

      assertThatThrownBy(() -> careless.verify(Payloads.headers("release", ID, body), body))
          .isInstanceOf(ConfigurationException.class)
          .hasMessageContaining("16 bytes")
          .hasMessageNotContaining("fifteen");
    }
  }

  @Nested
  class Headers {

    @Test
    void areFoundWhateverTheirCase() {
      byte[] body = published().body();
      Map<String, List<String>> lower = new TreeMap<>();
      Payloads.headers("release", ID, body)
          .forEach((name, values) -> lower.put(name.toLowerCase(Locale.ROOT), values));

      assertThat(WEBHOOK.verify(lower, body)).isInstanceOf(Accepted.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"X-GitHub-Event", "X-GitHub-Delivery", "Content-Type"})
    void thatAreAbsentOrThereTwiceAreRefused(String name) {
      byte[] body = published().body();
      Map<String, List<String>> headers = Payloads.headers("release", ID, body);
      String value = headers.get(name).get(0);

      assertRefused(400, WEBHOOK.verify(without(headers, name), body));
      assertRefused(400, WEBHOOK.verify(with(headers, name, value, value), body));
      assertRefused(400, WEBHOOK.verify(with(headers, name.toUpperCase(Locale.ROOT), value), body));
      assertRefused(400, WEBHOOK.verify(with(headers, name, value + "x".repeat(300)), body));
    }

    @Test
    void ofAnotherShapeAreRefused() {
      byte[] body = published().body();

      assertRefused(400, WEBHOOK.verify(Payloads.headers("Release", ID, body), body));
      assertRefused(400, WEBHOOK.verify(Payloads.headers("release", "a b", body), body));
      assertRefused(
          415,
          WEBHOOK.verify(
              with(
                  Payloads.headers("release", ID, body),
                  "Content-Type",
                  "application/x-www-form-urlencoded"),
              body));
    }
  }

  @Nested
  class Body {

    @Test
    void thatIsTooLargeIsRefusedBeforeAnythingElse() throws IOException {
      GitHubWebhook small = WEBHOOK.largest(2_000);
      byte[] read = small.read(new ByteArrayInputStream(new byte[1 << 20]));

      assertThat(read).hasSize(2_001);
      assertRefused(413, small.verify(Map.of(), read));
      assertRefused(401, small.verify(Map.of(), new byte[2_000]));
      assertThatThrownBy(() -> WEBHOOK.largest(26 << 20))
          .isInstanceOf(IllegalArgumentException.class);
    }

    static List<String> malformed() {
      return List.of(
          "",
          "[]",
          "1",
          "null",
          "{",
          "{\"zen\":",
          "{\"hook_id\":1} {}",
          "{\"hook_id\":1,\"hook_id\":2}",
          "{\"a\":{\"b\":1,\"b\":2},\"hook_id\":1}",
          "{'hook_id':1}",
          "{\"hook_id\":01}",
          "{\"hook_id\":NaN}",
          "{\"hook_id\":1,}",
          "{/* */\"hook_id\":1}",
          "{\"hook_id\":" + "1".repeat(101) + "}",
          "{\"hook_id\":\"" + "1".repeat(501) + "\"}",
          "{\"" + "n".repeat(501) + "\":1,\"hook_id\":1}",
          "{\"a\":" + "[".repeat(40) + "]".repeat(40) + ",\"hook_id\":1}",
          "{\"a\":" + "[".repeat(100_000),
          "{\"a\":" + "{\"a\":".repeat(100_000),
          "{\"a\":[" + "1,".repeat(1_000_000) + "1],\"hook_id\":1}",
          "{\"hook_id\":null}",
          "{\"hook_id\":{}}",
          "{\"zen\":\"Keep it logically awesome.\"}");
    }

    @ParameterizedTest
    @MethodSource("malformed")
    void thatIsNotStrictJsonOfAnEventIsRefused(String text) {
      byte[] body = text.getBytes(StandardCharsets.UTF_8);

      assertRefused(400, WEBHOOK.verify(Payloads.headers("ping", ID, body), body));
    }

    @Test
    void isNotRepeatedInMessages() {
      byte[] body = "{\"hook_id\":1,\"hidden treasure".getBytes(StandardCharsets.UTF_8);

      assertThat(WEBHOOK.verify(Payloads.headers("ping", ID, body), body).summary())
          .doesNotContain("treasure");
    }
  }

  static Payload published() {
    return Payloads.first("release", "published");
  }

  static WebhookVerdict verify(GitHubWebhook webhook, Payload payload) {
    byte[] body = payload.body();
    return webhook.verify(Payloads.headers(payload.event(), ID, body), body);
  }

  private static void assertRefused(int status, WebhookVerdict verdict) {
    assertThat(verdict)
        .isInstanceOfSatisfying(
            Refused.class, refused -> assertThat(refused.status()).isEqualTo(status));
  }

  private static Map<String, List<String>> without(Map<String, List<String>> headers, String name) {
    Map<String, List<String>> fewer = new TreeMap<>(headers);
    fewer.remove(name);
    return fewer;
  }

  private static Map<String, List<String>> with(
      Map<String, List<String>> headers, String name, String... values) {
    Map<String, List<String>> more = new TreeMap<>(headers);
    more.put(name, List.of(values));
    return more;
  }
}
