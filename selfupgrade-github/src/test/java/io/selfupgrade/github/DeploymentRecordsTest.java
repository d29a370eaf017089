package io.selfupgrade.github;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.get;
import static com.github.tomakehurst.wiremock.client.WireMock.post;
import static com.github.tomakehurst.wiremock.client.WireMock.urlPathEqualTo;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.github.tomakehurst.wiremock.client.ResponseDefinitionBuilder;
import com.github.tomakehurst.wiremock.http.Fault;
import io.selfupgrade.upgrade.Deployment;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What GitHub's pages show of deployments, and that it never decides about one. */
final class DeploymentRecordsTest {

  private static final String RECORDS = Actions.REPO + "/deployments";
  private static final String STATUSES = RECORDS + "/9/statuses";

  @RegisterExtension final StandIn github = new StandIn();

  private final Deployment deployment = Actions.deployment("1.4.0");
  private Actions actions;

  @BeforeEach
  void play() {
    actions = new Actions(github);
    actions.noJobs();
    actions.workflow().deploy(deployment);
    recorded();
    github.on(post(urlPathEqualTo(RECORDS)), StandIn.json(201, record().put("id", 9)));
    github.on(post(urlPathEqualTo(STATUSES)), StandIn.json(201, Samples.of("deployment-status")));
  }

  @Test
  void aRecordIsMadeWhenTheRunBeginsAndHasItsEnd() throws InterruptedException {
    actions.run("in_progress", "");
    actions.then(this::recordedAsText).then(() -> actions.run("completed", "success"));

    RunResult result = follow(actions.workflow().ref("v{version}").environment("staging"));

    assertThat(result).isInstanceOf(RunResult.Succeeded.class);
    JsonNode made = actions.posted(RECORDS).get(0);
    assertThat(made.path("ref").asText()).isEqualTo("v1.4.0");
    assertThat(made.path("environment").asText()).isEqualTo("staging");
    assertThat(made.path("auto_merge").isBoolean()).isTrue();
    assertThat(made.path("auto_merge").asBoolean()).isFalse();
    assertThat(made.path("required_contexts").isArray()).isTrue();
    assertThat(made.path("payload").path("selfupgrade_deployment").asText())
        .isEqualTo(deployment.id().toString());
    assertThat(actions.posted(RECORDS)).hasSize(1);
    assertThat(actions.posted(STATUSES))
        .extracting(status -> status.path("state").asText())
        .containsExactly("in_progress", "success");
    assertThat(actions.posted(STATUSES))
        .extracting(status -> status.path("log_url").asText())
        .containsOnly(actions.page("runs/" + Actions.first()));
  }

  @ParameterizedTest
  @CsvSource({
    "success, success",
    "failure, failure",
    "timed_out, failure",
    "action_required, failure",
    "cancelled, inactive"
  })
  void anEndIsAState(String conclusion, String state) throws InterruptedException {
    actions.run("completed", conclusion);

    follow(actions.workflow());

    assertThat(actions.posted(STATUSES))
        .extracting(status -> status.path("state").asText())
        .containsExactly(state);
  }

  @Test
  void aRecordThatIsThereIsUsed() throws InterruptedException {
    ObjectNode mine = record();
    mine.putObject("payload").put("selfupgrade_deployment", deployment.id().toString());
    recorded(record().put("id", 8), mine.put("id", 9));
    actions.run("completed", "success");

    follow(actions.workflow());

    assertThat(actions.posted(RECORDS)).isEmpty();
    assertThat(actions.posted(STATUSES)).hasSize(1);
  }

  @Test
  void withoutTheWishNothingIsRecorded() throws InterruptedException {
    actions.run("completed", "success");

    actions.workflow().follow(deployment, progress -> {});

    assertThat(actions.requests("GET", RECORDS)).isEmpty();
    assertThat(actions.posted(RECORDS)).isEmpty();
  }

  static List<Arguments> troubles() {
    return Stream.of(
            StandIn.json(202, JsonText.object().put("message", "Auto-merged main into topic")),
            StandIn.refusal(403, "Resource not accessible by integration"),
            StandIn.refusal(404, "Not Found"),
            StandIn.refusal(409, "Conflict: Commit status checks failed for main."),
            StandIn.refusal(422, "No ref found for: main"),
            StandIn.refusal(429, "secondary rate limit").withHeader("Retry-After", "60"),
            StandIn.refusal(500, "Server Error"),
            aResponse().withFault(Fault.EMPTY_RESPONSE))
        .map(Arguments::of)
        .toList();
  }

  @ParameterizedTest
  @MethodSource("troubles")
  void aRecordThatCannotBeMadeFailsNoDeployment(ResponseDefinitionBuilder answer)
      throws InterruptedException {
    github.on(post(urlPathEqualTo(RECORDS)), answer);
    actions.run("completed", "success");

    assertThat(follow(actions.workflow())).isInstanceOf(RunResult.Succeeded.class);

    assertThat(actions.posted(RECORDS)).hasSize(1);
    assertThat(actions.posted(STATUSES)).isEmpty();
  }

  private RunResult follow(GitHubWorkflow workflow) throws InterruptedException {
    return workflow.recordingDeployments().follow(deployment, progress -> {});
  }

  /** GitHub returns a payload that was an object as a text, at times. */
  private void recordedAsText() {
    String text = "{\"selfupgrade_deployment\": \"" + deployment.id() + "\"}";
    recorded(record().put("id", 9).put("payload", text));
  }

  private void recorded(JsonNode... records) {
    github.on(get(urlPathEqualTo(RECORDS)), StandIn.json(Samples.list(records)));
  }

  private static ObjectNode record() {
    ObjectNode record = Samples.of("deployment");
    record.putObject("payload");
    return record;
  }
}
