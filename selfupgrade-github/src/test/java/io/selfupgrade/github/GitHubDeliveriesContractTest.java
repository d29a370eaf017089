package io.selfupgrade.github;

import static com.github.tomakehurst.wiremock.client.WireMock.get;
import static com.github.tomakehurst.wiremock.client.WireMock.post;
import static com.github.tomakehurst.wiremock.client.WireMock.urlPathEqualTo;
import static com.github.tomakehurst.wiremock.client.WireMock.urlPathMatching;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.selfupgrade.agent.Secret;
import io.selfupgrade.testkit.MissedDeliveriesContract;
import io.selfupgrade.upgrade.MissedDeliveries;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.RegisterExtension;

/** GitHub's deliveries keep the contract of those that were missed. */
final class GitHubDeliveriesContractTest extends MissedDeliveriesContract {

  private static final String HOOKS = Actions.REPO + "/hooks";
  private static final String DELIVERIES = HOOKS + "/7/deliveries";
  private static final String RECEIVER = "https://bot.example.com/github";

  @RegisterExtension final StandIn github = new StandIn();

  @BeforeEach
  void haveAWebhook() {
    ObjectNode hook = Samples.of("hook").put("id", 7);
    hook.set("config", JsonText.object().put("url", RECEIVER));
    github.on(get(urlPathEqualTo(HOOKS)), StandIn.json(Samples.list(hook)));
    github.on(
        post(urlPathMatching(DELIVERIES + "/\\d+/attempts")), StandIn.json(202, JsonText.object()));
  }

  @Override
  protected MissedDeliveries missed() {
    GitHubRepository repository = github.repository().token(Secret.of(Actions.TOKEN));
    return GitHubDeliveries.of(repository, URI.create(RECEIVER));
  }

  @Override
  protected void sender(int received, int failed) {
    List<JsonNode> all = new ArrayList<>();
    for (int number = 0; number < received + failed; number++) {
      all.add(
          Samples.of("hook-delivery-item")
              .put("id", 100 - number)
              .put("guid", "delivery-" + number)
              .put("event", "release")
              .put("action", "published")
              .put("status_code", number < received ? 202 : 503)
              .put("delivered_at", StandIn.START.minusSeconds(60L * (number + 1)).toString()));
    }
    github.on(
        get(urlPathEqualTo(DELIVERIES)), StandIn.json(Samples.list(all.toArray(new JsonNode[0]))));
  }

  @Override
  protected void senderIsAway() {
    github.on(get(urlPathEqualTo(HOOKS)), StandIn.refusal(503, "Unavailable"));
  }

  @Override
  protected int askedAgain() {
    return (int)
        github.requests().stream()
            .filter(sent -> sent.getMethod().getName().equals("POST"))
            .count();
  }

  @Override
  protected List<String> secrets() {
    return List.of(Actions.TOKEN);
  }
}
