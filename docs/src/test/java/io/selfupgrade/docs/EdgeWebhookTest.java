package io.selfupgrade.docs;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Secret;
import io.selfupgrade.github.GitHubWebhook;
import io.selfupgrade.github.WebhookAnswer;
import io.selfupgrade.supabase.PostgresStore;
import io.selfupgrade.supabase.TestDatabase;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/**
 * The function github-webhook beside GitHubWebhook in Java: the same answers, the same deliveries.
 */
final class EdgeWebhookTest {

  @RegisterExtension static final TestDatabase DATABASE = TestDatabase.fresh();

  private static final int CHANGED = System.getProperty("long") == null ? 60 : 5000;
  private static final AgentName AGENT = new AgentName(EdgeRuntime.AGENT);

  /** GitHub Docs, "Validating webhook deliveries": secret, body and signature to test with. */
  private static final String PUBLISHED_SECRET = "It's a Secret to Everybody";

  private static final String PUBLISHED_SIGNATURE =
      "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";

  private static final String ABOUT = "\"repository\":{\"full_name\":\"Acme/My-Bot\"}";
  private static final String RELEASE =
      "{\"action\":\"published\",\"release\":{\"tag_name\":\"v1.1.0\",\"draft\":false},"
          + ABOUT
          + "}";

  private static final GitHubWebhook JAVA =
      GitHubWebhook.of("acme/my-bot", Secret.of(EdgeRuntime.WEBHOOK_SECRET))
          .rotating(Secret.of(PUBLISHED_SECRET))
          .pushesTo("main")
          .runsOf("release.yml");

  static final List<GitHubDelivery> DELIVERIES = GitHubDelivery.allKinds(RELEASE, ABOUT);

  private static EdgeRows rows;
  private static EdgeRuntime functions;
  private static PostgresStore store;

  @BeforeAll
  static void start() throws Exception {
    rows = new EdgeRows(DATABASE);
    store = PostgresStore.at(Secret.of(DATABASE.jdbcUrl()));
    store.open(PostgresStore.SchemaMode.VERIFY);
    functions =
        EdgeRuntime.start(
            DATABASE,
            Map.of(
                "SELFUPGRADE_WEBHOOK_SECRET_PREVIOUS", PUBLISHED_SECRET,
                "SELFUPGRADE_PUSHES_TO", "main",
                "SELFUPGRADE_RUNS_OF", "release.yml"));
  }

  @AfterAll
  static void stop() throws Exception {
    store.close();
    assertThat(functions.text())
        .as("what is logged")
        .doesNotContain(EdgeRuntime.WEBHOOK_SECRET, PUBLISHED_SECRET, "postgresql://");
    functions.close();
  }

  @BeforeEach
  void forgetWhatCame() throws Exception {
    rows.run("delete from selfupgrade.deliveries");
    rows.run("delete from selfupgrade.upgrade_requests");
  }

  @ParameterizedTest
  @FieldSource("DELIVERIES")
  void bothAnswerTheSame(GitHubDelivery delivery) throws Exception {
    WebhookAnswer expected = inJava(delivery);
    rows.run("delete from selfupgrade.deliveries");
    rows.run("delete from selfupgrade.upgrade_requests");

    HttpResponse<String> answer = onDeno(delivery);

    assertThat(plain(message(answer))).isEqualTo(plain(expected.text()));
    assertThat(answer.statusCode()).isEqualTo(expected.status());
  }

  private static String plain(String text) {
    return text.replaceAll("[0-9a-f-]{36}", "ID");
  }

  @Test
  void bothAnswerTheSameToChangedBodies() throws Exception {
    long seed = Long.getLong("seed", System.nanoTime());
    System.out.println("EdgeWebhookTest seed " + seed);
    Random random = new Random(seed);
    List<GitHubDelivery> good =
        DELIVERIES.stream().filter(each -> inJava(each).status() < 300).toList();
    for (int i = 0; i < CHANGED; i++) {
      GitHubDelivery changed = good.get(random.nextInt(good.size())).changed(random);

      WebhookAnswer expected = inJava(changed);
      rows.run("delete from selfupgrade.deliveries");
      HttpResponse<String> answer = onDeno(changed);
      rows.run("delete from selfupgrade.deliveries");

      assertThat(plain(message(answer))).as("%s", changed.text()).isEqualTo(plain(expected.text()));
    }
  }

  @Test
  void whatJavaHasTakenTheFunctionKnowsAndTheOtherWayRound() throws Exception {
    GitHubDelivery one = GitHubDelivery.release(UUID.randomUUID().toString(), RELEASE);
    GitHubDelivery two = GitHubDelivery.release(UUID.randomUUID().toString(), RELEASE + " ");

    WebhookAnswer first = inJava(one);
    HttpResponse<String> second = onDeno(one);
    HttpResponse<String> third = onDeno(two);
    WebhookAnswer fourth = inJava(two);

    assertThat(first.status()).isEqualTo(202);
    assertThat(second.statusCode()).isEqualTo(200);
    assertThat(message(second)).contains("known: it came before").contains(id(first.text()));
    assertThat(third.statusCode()).isEqualTo(202);
    assertThat(fourth.text()).contains("known: it came before").contains(id(message(third)));
    assertThat(rows.count("upgrade_requests")).isEqualTo(2);
  }

  @Test
  void whatIsQueuedForAnAgentThatWasNeverStartedSaysSo() throws Exception {
    assertThat(onDeno(GitHubDelivery.release("one", RELEASE)).body())
        .contains("\"status\":\"queued\"", "\"agent\":\"not started yet\"");
    rows.agent(EdgeRuntime.AGENT, "1.0.0", "1.0.0");
    try {
      assertThat(onDeno(GitHubDelivery.release("two", RELEASE + " ")).body())
          .contains("\"status\":\"queued\"")
          .doesNotContain("\"agent\"");
    } finally {
      rows.run("delete from selfupgrade.agent_state");
    }
  }

  @Test
  void aReplayHasNoEffect() throws Exception {
    GitHubDelivery delivery = GitHubDelivery.release("first", RELEASE);
    HttpResponse<String> taken = onDeno(delivery);

    HttpResponse<String> sameId = onDeno(delivery);
    HttpResponse<String> sameBody = onDeno(GitHubDelivery.release("second", RELEASE));

    assertThat(taken.statusCode()).isEqualTo(202);
    assertThat(sameId.statusCode()).isEqualTo(200);
    assertThat(sameId.body()).contains("\"status\":\"known\"");
    assertThat(sameBody.statusCode()).isEqualTo(200);
    assertThat(sameBody.body()).contains("\"status\":\"joined\"");
    assertThat(inJava(GitHubDelivery.release("third", RELEASE)).text())
        .as("the digest of the body is the same in Java")
        .isEqualTo(message(sameBody));
    assertThat(rows.count("deliveries")).isEqualTo(1);
    assertThat(
            rows.text(
                "select d.subject || ', ' || r.trigger from selfupgrade.deliveries d"
                    + " join selfupgrade.upgrade_requests r on r.id = d.request"))
        .isEqualTo("release published v1.1.0, WEBHOOK");
  }

  @Test
  void tooManyAreTurnedAway() throws Exception {
    rows.run(
        "with made as (insert into selfupgrade.upgrades (agent, trigger, from_version, phase)"
            + " select ?, 'WEBHOOK', '1.0.0', 'UP_TO_DATE' from generate_series(1, 60)"
            + " returning id), asked as (insert into selfupgrade.upgrade_requests"
            + " (agent, trigger, upgrade) select ?, 'WEBHOOK', id from made returning id)"
            + " insert into selfupgrade.deliveries (agent, delivery, body_digest, subject, request)"
            + " select ?, id::text, repeat('0', 64), '', id from asked",
        EdgeRuntime.AGENT,
        EdgeRuntime.AGENT,
        EdgeRuntime.AGENT);

    HttpResponse<String> answer = onDeno(GitHubDelivery.release("one-more", RELEASE));

    assertThat(answer.statusCode()).isEqualTo(429);
    assertThat(answer.headers().firstValue("retry-after").map(Integer::parseInt).orElseThrow())
        .isBetween(3500, 3600);
    assertThat(message(answer)).contains("turned away: too many deliveries");
    rows.run("delete from selfupgrade.deliveries");
    rows.run("delete from selfupgrade.upgrade_requests");
    rows.run("delete from selfupgrade.upgrades");
  }

  @Test
  void theSignatureOfGitHubsOwnExampleIsGood() throws Exception {
    assertThat(published(PUBLISHED_SIGNATURE).statusCode())
        .as("the signature is good, the body no event")
        .isEqualTo(400);
    assertThat(published(PUBLISHED_SIGNATURE.replace("17", "18")).statusCode()).isEqualTo(401);
  }

  private static HttpResponse<String> published(String signature) throws Exception {
    return functions.send(
        HttpRequest.newBuilder(functions.at("github-webhook"))
            .header("content-type", "application/json")
            .header("x-github-event", "release")
            .header("x-github-delivery", "one")
            .header("x-hub-signature-256", signature)
            .POST(BodyPublishers.ofString("Hello, World!"))
            .build());
  }

  @Test
  void aBodyBeyondTheLimitIsNotRead() throws Exception {
    String head =
        "POST /functions/v1/github-webhook HTTP/1.1\r\nHost: here\r\n"
            + "Content-Type: application/json\r\n";
    String signed = head + "X-Hub-Signature-256: sha256=" + "0".repeat(64) + "\r\n";

    assertThat(RawRequest.head(functions.port(), signed + "Content-Length: 5242881\r\n"))
        .startsWith("HTTP/1.1 413");
    assertThat(RawRequest.endless(functions.port(), signed)).startsWith("HTTP/1.1 413");
    assertThat(RawRequest.endless(functions.port(), head))
        .as("without a signature nothing is read")
        .startsWith("HTTP/1.1 401");
  }

  @Test
  void largeDeliveriesAreTakenUpToTheSameLimits() throws Exception {
    String wide = "{\"x\":\"" + "y".repeat(4 << 20) + "\"," + RELEASE.substring(1);
    String many = "{\"x\":[" + "{\"a\":1},".repeat(200_000) + "0]," + RELEASE.substring(1);
    String more = many.replace("[", "[" + "[],".repeat(300_000));

    assertThat(onDeno(GitHubDelivery.release("wide", wide)).statusCode()).isEqualTo(202);
    assertThat(onDeno(GitHubDelivery.release("many", many)).statusCode()).isEqualTo(202);
    assertThat(onDeno(GitHubDelivery.release("more", more)).statusCode()).isEqualTo(400);
    assertThat(inJava(GitHubDelivery.release("wide", wide)).status()).isEqualTo(200);
    assertThat(inJava(GitHubDelivery.release("many", many)).status()).isEqualTo(200);
    assertThat(inJava(GitHubDelivery.release("more", more)).status()).isEqualTo(400);
  }

  @Test
  void anotherMethodIsRefused() throws Exception {
    HttpRequest get = HttpRequest.newBuilder(functions.at("github-webhook")).build();
    assertThat(functions.send(get).statusCode()).isEqualTo(405);
  }

  private static WebhookAnswer inJava(GitHubDelivery delivery) {
    return JAVA.accept(AGENT, delivery.headers(), delivery.body(), store.deliveries());
  }

  private static HttpResponse<String> onDeno(GitHubDelivery delivery) throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(functions.at("github-webhook"))
            .POST(BodyPublishers.ofByteArray(delivery.body()));
    delivery.headers().forEach((name, each) -> each.forEach(value -> request.header(name, value)));
    return functions.send(request.build());
  }

  /** Returns the sentence of an answer, as it was before it was written as JSON. */
  private static String message(HttpResponse<String> answer) {
    String body = answer.body();
    int start = body.indexOf("\"message\":\"") + "\"message\":\"".length();
    StringBuilder text = new StringBuilder();
    for (int at = start; body.charAt(at) != '"'; at++) {
      if (body.charAt(at) == '\\') {
        at++;
      }
      text.append(body.charAt(at));
    }
    return text.toString();
  }

  private static String id(String text) {
    return text.replaceAll(".*([0-9a-f-]{36}).*", "$1");
  }
}
