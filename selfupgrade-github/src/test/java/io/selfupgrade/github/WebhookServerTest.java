package io.selfupgrade.github;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.InstanceId;
import io.selfupgrade.agent.Secret;
import io.selfupgrade.agent.Version;
import io.selfupgrade.failover.Acquisition;
import io.selfupgrade.failover.InstanceRecord;
import io.selfupgrade.failover.TakeOver;
import io.selfupgrade.github.Payloads.Payload;
import io.selfupgrade.store.AgentStore;
import io.selfupgrade.testkit.FaultyStore;
import io.selfupgrade.testkit.InMemoryStore;
import io.selfupgrade.testkit.ManualClock;
import io.selfupgrade.upgrade.DeliveryStore;
import io.selfupgrade.upgrade.Trigger;
import io.selfupgrade.upgrade.UpgradePhase;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Deliveries over HTTP to the receiver of the documentation. */
class WebhookServerTest {

  private static final AgentName AGENT = new AgentName("my-bot");

  private final ManualClock clock = ManualClock.at(Instant.parse("2026-11-01T00:00:00Z"));
  private final FaultyStore store = FaultyStore.around(new InMemoryStore(clock));
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private WebhookServer server;

  @BeforeEach
  void start() throws IOException {
    store.open(AgentStore.SchemaMode.APPLY);
    server =
        new WebhookServer(
            GitHubWebhook.of("Codertocat/Hello-World", Secret.of(Payloads.SECRET))
                .limit(new DeliveryStore.Rule(Duration.ofMinutes(10), 2, Duration.ofHours(1))),
            store);
  }

  @AfterEach
  void stop() {
    server.close();
    store.close();
  }

  @Test
  void aReleaseThatIsPublishedQueuesOneRequestHoweverOftenItIsDelivered() throws Exception {
    HttpResponse<String> first = deliver("1", GitHubWebhookTest.published());

    assertThat(first.statusCode()).isEqualTo(202);
    assertThat(first.body()).startsWith("queued as request ");
    assertThat(store.journal().waitingRequest(AGENT)).contains(Trigger.WEBHOOK);
    assertThat(deliver("1", GitHubWebhookTest.published()).statusCode()).isEqualTo(200);
    assertThat(deliver("2", GitHubWebhookTest.published()).body()).startsWith("joined request ");
  }

  @Test
  void theSameDeliveryManyTimesAtOnceIsOneRequest() throws Exception {
    List<CompletableFuture<HttpResponse<String>>> answers = new ArrayList<>();
    for (int i = 0; i < 32; i++) {
      answers.add(
          client.sendAsync(
              request("1", GitHubWebhookTest.published()), HttpResponse.BodyHandlers.ofString()));
    }
    List<Integer> statuses = new ArrayList<>();
    for (CompletableFuture<HttpResponse<String>> answer : answers) {
      statuses.add(answer.get(30, TimeUnit.SECONDS).statusCode());
    }

    assertThat(statuses).filteredOn(status -> status == 202).hasSize(1);
    assertThat(statuses).filteredOn(status -> status == 200).hasSize(31);
  }

  @Test
  void whatIsRefusedOrIgnoredDoesNotReachTheStore() throws Exception {
    long before = store.calls();
    Payload ping =
        Payloads.all().stream()
            .filter(each -> each.event().equals("ping"))
            .findFirst()
            .orElseThrow();

    assertThat(deliver("1", ping).statusCode()).isEqualTo(200);
    assertThat(deliver("2", Payloads.first("release", "deleted")).statusCode()).isEqualTo(200);
    assertThat(deliver("3", Payloads.first("push", "")).statusCode()).isEqualTo(200);
    byte[] body = GitHubWebhookTest.published().body();
    assertThat(
            send(Payloads.headers("release", "4", "sha256=" + "0".repeat(64)), body).statusCode())
        .isEqualTo(401);
    byte[] large = new byte[6 << 20];
    assertThat(send(Payloads.headers("release", "5", large), large).statusCode()).isEqualTo(413);

    assertThat(store.calls()).isEqualTo(before);
    assertThat(store.journal().waitingRequest(AGENT)).isEmpty();
  }

  @Test
  void whileTheStoreIsAwayTheAnswerIsThatItFailedAndAnotherDeliveryCounts() throws Exception {
    store.goAway();

    assertThat(deliver("1", GitHubWebhookTest.published()).statusCode()).isEqualTo(503);

    store.comeBack();
    assertThat(deliver("1", GitHubWebhookTest.published()).statusCode()).isEqualTo(202);
  }

  @Test
  void tooManyAreTurnedAwayUnlessALookIsComingAnyway() throws Exception {
    Payload release = GitHubWebhookTest.published();
    for (int number = 1; number <= 2; number++) {
      String id = String.valueOf(number);
      assertThat(deliver(id, release.with("release.body", id)).statusCode()).isEqualTo(202);
    }
    assertThat(deliver("3", release.with("release.body", "3")).statusCode()).isEqualTo(200);
    answerWhatWaits();

    HttpResponse<String> away = deliver("4", release.with("release.body", "4"));

    assertThat(away.statusCode()).isEqualTo(429);
    assertThat(away.body()).contains("room again in 3600 s");
  }

  /** As a primary does that looks and finds nothing. */
  private void answerWhatWaits() {
    Version version = Version.parse("1.0.0");
    InstanceRecord instance =
        new InstanceRecord(
            InstanceId.random(), AGENT, version, "b".repeat(64), Optional.empty(), false, "here");
    store.instances().register(instance);
    Fence fence =
        ((Acquisition.Acquired)
                store.leadership().acquire(instance, new TakeOver.Expired(), Duration.ofMinutes(1)))
            .fence();
    UUID upgrade = store.journal().open(fence, Trigger.WEBHOOK, version).orElseThrow().id();
    assertThat(store.journal().answerRequests(fence, upgrade)).isTrue();
    store.journal().move(fence, upgrade, UpgradePhase.OPEN, UpgradePhase.UP_TO_DATE);
  }

  private HttpResponse<String> deliver(String id, Payload payload) throws Exception {
    return client.send(request(id, payload), HttpResponse.BodyHandlers.ofString());
  }

  private HttpRequest request(String id, Payload payload) {
    byte[] body = payload.body();
    return request(Payloads.headers(payload.event(), id, body), body);
  }

  private HttpResponse<String> send(Map<String, List<String>> headers, byte[] body)
      throws Exception {
    return client.send(request(headers, body), HttpResponse.BodyHandlers.ofString());
  }

  private HttpRequest request(Map<String, List<String>> headers, byte[] body) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + "/github"))
            .timeout(Duration.ofSeconds(30))
            .POST(HttpRequest.BodyPublishers.ofByteArray(body));
    headers.forEach((name, values) -> values.forEach(value -> request.header(name, value)));
    return request.build();
  }
}
