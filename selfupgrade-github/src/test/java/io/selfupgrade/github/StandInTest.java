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
  void mutationThatTheSchemaDoesNotKnow() {
    String good =
        "mutation($input: CreateCommitOnBranchInput!) { createCommitOnBranch(input: $input) {"
            + " commit { oid } } }";
    ObjectNode input = JsonText.object().put("expectedHeadOid", "a".repeat(40));
    input.putObject("branch").put("branchName", "main");
    input.putObject("message").put("headline", "One");
    assertMisfit(
        "no field invented", github -> mutate(github, good, input.deepCopy().put("invented", 1)));
    assertMisfit(
        "no GitObjectID",
        github -> mutate(github, good, input.deepCopy().put("expectedHeadOid", "main")));
    assertMisfit(
        "message is missing", github -> mutate(github, good, input.deepCopy().without("message")));
    assertMisfit(
        "Commit has no field sha", github -> mutate(github, good.replace("oid", "oid sha"), input));
    assertMisfit(
        "no signature of Commit",
        github -> mutate(github, good.replace("oid", "oid signature { isValid }"), input));
    assertMisfit(
        "declared as Input!",
        github -> mutate(github, good.replace("CreateCommitOnBranchInput", "Input"), input));

    StandIn github = new StandIn();
    github.beforeEach(null);
    mutate(github, good, input);
    github.afterEach(null);
  }

  private static void mutate(StandIn github, String mutation, ObjectNode input) {
    ObjectNode answer = JsonText.object();
    answer.putObject("data").putObject("createCommitOnBranch").putObject("commit").put("oid", "a");
    github.on(post(urlPathEqualTo("/graphql")), StandIn.json(answer));
    ObjectNode variables = JsonText.object();
    variables.set("input", input);
    github.repository().client().graphql(mutation, variables, true);
  }

  @Test
  void queryOfGraphQlIsLeftToTheTest() {
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
