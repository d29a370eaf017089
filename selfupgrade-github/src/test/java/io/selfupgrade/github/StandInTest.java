package io.selfupgrade.github;

import static com.github.tomakehurst.wiremock.client.WireMock.get;
import static com.github.tomakehurst.wiremock.client.WireMock.post;
import static com.github.tomakehurst.wiremock.client.WireMock.urlPathEqualTo;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** The stand-in for GitHub fails a test whose requests or answers GitHub does not know. */
final class StandInTest {

  private static final String PATH = "/repos/acme/bot";
  private static final String DISPATCH = PATH + "/actions/workflows/deploy.yml/dispatches";

  @Test
  void answerThatLacksAFieldOrHasOneTooMany() {
    ObjectNode lacking = Samples.of("full-repository");
    lacking.remove("id");
    assertMisfit("id", github -> read(github, lacking));
    assertMisfit(
        "invented", github -> read(github, Samples.of("full-repository").put("invented", 1)));
    assertMisfit("id", github -> read(github, Samples.of("full-repository").put("id", "one")));
  }

  @Test
  void requestThatGitHubDoesNotKnow() {
    assertMisfit(
        "nonsense",
        github -> {
          github.on(get(urlPathEqualTo(PATH)), StandIn.json(Samples.of("full-repository")));
          github.repository().client().send(ApiRequest.get(PATH).query("nonsense", 1));
        });
    assertMisfit(
        "ref",
        github -> {
          github.on(
              post(urlPathEqualTo(DISPATCH)),
              StandIn.json(Samples.of("workflow-dispatch-response")));
          github.repository().client().send(ApiRequest.post(DISPATCH, JsonText.object()));
        });
    assertMisfit(
        "path",
        github -> {
          github.on(get(urlPathEqualTo("/nowhere")), StandIn.json(JsonText.object()));
          github.repository().client().send(ApiRequest.get("/nowhere"));
        });
  }

  @Test
  void requestThatNobodyStubbed() {
    assertMisfit(
        "nobody stubbed GET " + PATH,
        github -> github.repository().client().find(ApiRequest.get(PATH)));
  }

  @Test
  void graphQlIsLeftToTheTest() {
    StandIn github = new StandIn();
    github.beforeEach(null);
    github.on(
        post(urlPathEqualTo("/graphql")),
        StandIn.json(JsonText.object().set("data", JsonText.object().put("a", 1))));

    github.repository().client().graphql("{a}", JsonText.object(), false);

    github.afterEach(null);
    assertThat(github.requests()).hasSize(1);
  }

  private static void read(StandIn github, ObjectNode answer) {
    github.on(get(urlPathEqualTo(PATH)), StandIn.json(answer));
    github.repository().client().send(ApiRequest.get(PATH));
  }

  private static void assertMisfit(String named, Consumer<StandIn> test) {
    StandIn github = new StandIn();
    github.beforeEach(null);
    test.accept(github);
    assertThatThrownBy(() -> github.afterEach(null))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining(named);
  }
}
