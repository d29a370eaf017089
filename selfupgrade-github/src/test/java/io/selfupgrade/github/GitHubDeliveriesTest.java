package io.selfupgrade.github;

import static com.github.tomakehurst.wiremock.client.WireMock.equalTo;
import static com.github.tomakehurst.wiremock.client.WireMock.get;
import static com.github.tomakehurst.wiremock.client.WireMock.post;
import static com.github.tomakehurst.wiremock.client.WireMock.urlPathEqualTo;
import static com.github.tomakehurst.wiremock.client.WireMock.urlPathMatching;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.github.tomakehurst.wiremock.verification.LoggedRequest;
import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Secret;
import io.selfupgrade.github.GitHubException.Kind;
import io.selfupgrade.store.AgentStore;
import io.selfupgrade.testkit.FaultyStore;
import io.selfupgrade.testkit.InMemoryStore;
import io.selfupgrade.upgrade.MissedDeliveries.Redelivered;
import java.net.URI;
import java.security.KeyPairGenerator;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class GitHubDeliveriesTest {

  private static final URI RECEIVER = URI.create("https://bot.example.com/github");
  private static final String HOOKS = "/repos/acme/bot/hooks";
  private static final String DELIVERIES = HOOKS + "/7/deliveries";

  @RegisterExtension final StandIn github = new StandIn();

  @BeforeEach
  void haveTwoWebhooks() {
    github.on(
        get(urlPathEqualTo(HOOKS)),
        StandIn.json(
            Samples.list(hook(6, "https://other.example.com"), hook(7, RECEIVER.toString()))));
    github.on(
        post(urlPathMatching(DELIVERIES + "/\\d+/attempts")), StandIn.json(202, JsonText.object()));
  }

  @Test
  void whatWasNeverReceivedIsAskedForAgainOldestFirst() {
    listed(
        delivery(20, "twice failed", 503, Duration.ofHours(1)),
        delivery(19, "good at the second try", 202, Duration.ofHours(2)),
        delivery(18, "no connection", 0, Duration.ofHours(3)),
        delivery(17, "good at the second try", 503, Duration.ofHours(4)),
        delivery(16, "twice failed", 401, Duration.ofHours(5)),
        delivery(15, "received", 202, Duration.ofHours(6)),
        delivery(14, "too old", 503, Duration.ofHours(73)));

    assertThat(deliveries().redeliver()).isEqualTo(new Redelivered(7, 2, 2));

    assertThat(asked()).containsExactly(18L, 20L);
  }

  @Test
  void failureBeforeManyThatWentWellIsFound() {
    for (int page = 1; page <= 7; page++) {
      List<ObjectNode> listed = new ArrayList<>();
      for (int i = 0; i < 100; i++) {
        int number = 100 * page + i;
        listed.add(delivery(number, "good " + number, 202, Duration.ofMinutes(number)));
      }
      if (page == 7) {
        listed.add(delivery(5, "before all of them", 503, Duration.ofHours(20)));
      }
      var request = get(urlPathEqualTo(DELIVERIES));
      var answer = StandIn.json(Samples.list(listed.toArray(new ObjectNode[0])));
      if (page < 7) {
        String next = github.url() + DELIVERIES + "?per_page=100&cursor=v1_" + (page + 1);
        answer.withHeader("Link", "<" + next + ">; rel=\"next\"");
      }
      github.on(
          page == 1 ? request : request.withQueryParam("cursor", equalTo("v1_" + page)), answer);
    }

    assertThat(deliveries().redeliver()).isEqualTo(new Redelivered(701, 1, 1));

    assertThat(asked()).containsExactly(5L);
  }

  @Test
  void whatIsNotFollowedOrFailsForGoodIsLeft() {
    ObjectNode issue = delivery(30, "an issue", 500, Duration.ofHours(1));
    issue.put("event", "issues");
    List<ObjectNode> listed = new ArrayList<>(List.of(issue));
    for (int attempt = 0; attempt < 5; attempt++) {
      listed.add(delivery(20 + attempt, "always refused", 401, Duration.ofHours(2 + attempt)));
    }
    listed(listed.toArray(new ObjectNode[0]));

    assertThat(deliveries().redeliver()).isEqualTo(new Redelivered(6, 0, 0));

    assertThat(asked()).isEmpty();
  }

  @Test
  void oneThatGitHubNoLongerHasDoesNotKeepTheOthers() {
    listed(
        delivery(20, "a", 503, Duration.ofHours(1)), delivery(19, "b", 503, Duration.ofHours(2)));
    github.on(
        post(urlPathEqualTo(DELIVERIES + "/19/attempts")),
        StandIn.refusal(422, "Delivery is too old"));

    assertThat(deliveries().redeliver()).isEqualTo(new Redelivered(2, 2, 1));
    github.on(
        post(urlPathEqualTo(DELIVERIES + "/19/attempts")), StandIn.refusal(502, "Bad gateway"));

    assertThat(deliveries().redeliver()).as("nobody knows").isEqualTo(new Redelivered(2, 2, 2));
  }

  @Test
  void aReceiverThatNoWebhookHasIsAnErrorThatSaysSo() {
    GitHubDeliveries elsewhere =
        GitHubDeliveries.of(github.repository(), URI.create("https://bot.example.com/hook"));

    assertThatThrownBy(elsewhere::redeliver)
        .isInstanceOfSatisfying(
            GitHubException.class, e -> assertThat(e.kind()).isEqualTo(Kind.NOT_FOUND))
        .hasMessageContaining("receiver at bot.example.com");
  }

  @Test
  void anAppAsksForItsInstallationByItsKey() throws Exception {
    ObjectNode ours = delivery(20, "ours", 503, Duration.ofHours(1));
    ours.put("installation_id", 42);
    ObjectNode others = delivery(19, "others", 503, Duration.ofHours(1));
    others.put("installation_id", 43);
    github.on(
        get(urlPathEqualTo("/app/hook/deliveries")), StandIn.json(Samples.list(ours, others)));
    github.on(
        post(urlPathEqualTo("/app/hook/deliveries/20/attempts")),
        StandIn.json(202, JsonText.object()));
    GitHubRepository byApp = github.repository().app(new GitHubApp("1", 42, key()));

    assertThat(GitHubDeliveries.ofApp(byApp).redeliver()).isEqualTo(new Redelivered(2, 1, 1));

    assertThat(github.requests())
        .hasSize(2)
        .allMatch(
            sent -> sent.getHeader("Authorization").matches("Bearer [\\w-]+\\.[\\w-]+\\.[\\w-]+"));
    assertThatThrownBy(() -> GitHubDeliveries.ofApp(github.repository()))
        .isInstanceOf(IllegalArgumentException.class);
  }

  /** The receiver is away while twenty releases are published; then it asks. */
  @Test
  void noReleaseIsMissedByWhoWasAway() {
    AgentName agent = new AgentName("my-bot");
    GitHubWebhook webhook = GitHubWebhook.of("Codertocat/Hello-World", Secret.of(Payloads.SECRET));
    Map<String, byte[]> bodies = new LinkedHashMap<>();
    List<ObjectNode> failed = new ArrayList<>();
    try (FaultyStore store = FaultyStore.around(new InMemoryStore(github.clock()))) {
      store.open(AgentStore.SchemaMode.APPLY);
      store.goAway();
      for (int number = 0; number < 20; number++) {
        String id = "release-" + number;
        byte[] body =
            GitHubWebhookTest.published().with("release.tag_name", "v1." + number + ".0").body();
        bodies.put(id, body);
        int status =
            webhook
                .accept(agent, Payloads.headers("release", id, body), body, store.deliveries())
                .status();
        failed.add(0, delivery(number, id, status, Duration.ofMinutes(90 - number)));
      }
      listed(failed.toArray(new ObjectNode[0]));
      store.comeBack();

      assertThat(deliveries().redeliver()).isEqualTo(new Redelivered(20, 20, 20));

      List<Integer> received = new ArrayList<>();
      for (long number : asked()) {
        String id = "release-" + number;
        byte[] body = bodies.get(id);
        received.add(
            webhook
                .accept(agent, Payloads.headers("release", id, body), body, store.deliveries())
                .status());
      }
      assertThat(received).hasSize(20).containsOnly(202);
    }
  }

  private GitHubDeliveries deliveries() {
    return GitHubDeliveries.of(github.repository(), RECEIVER);
  }

  private void listed(ObjectNode... newestFirst) {
    github.on(get(urlPathEqualTo(DELIVERIES)), StandIn.json(Samples.list(newestFirst)));
  }

  private List<Long> asked() {
    return github.requests().stream()
        .filter(sent -> sent.getMethod().getName().equals("POST"))
        .map(LoggedRequest::getUrl)
        .map(url -> Long.parseLong(url.split("/", -1)[7]))
        .toList();
  }

  private static JsonNode hook(int id, String url) {
    ObjectNode hook = Samples.of("hook");
    hook.put("id", id);
    hook.set("config", JsonText.object().put("url", url));
    return hook;
  }

  private static ObjectNode delivery(long id, String guid, int status, Duration age) {
    Instant at = StandIn.START.minus(age);
    return Samples.of("hook-delivery-item")
        .put("id", id)
        .put("guid", guid)
        .put("event", "release")
        .put("action", "published")
        .put("status_code", status)
        .put("delivered_at", at.toString());
  }

  private static Secret key() throws Exception {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
    generator.initialize(2048);
    String text =
        Base64.getMimeEncoder()
            .encodeToString(generator.generateKeyPair().getPrivate().getEncoded());
    return Secret.of("-----BEGIN PRIVATE KEY-----\n" + text + "\n-----END PRIVATE KEY-----\n");
  }
}
