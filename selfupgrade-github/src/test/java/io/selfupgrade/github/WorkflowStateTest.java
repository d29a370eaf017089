package io.selfupgrade.github;

import static com.github.tomakehurst.wiremock.client.WireMock.get;
import static com.github.tomakehurst.wiremock.client.WireMock.post;
import static com.github.tomakehurst.wiremock.client.WireMock.urlPathEqualTo;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.selfupgrade.upgrade.DeployState;
import io.selfupgrade.upgrade.Deployment;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How a deployment stands, as an upgrade is told that asks from time to time. */
final class WorkflowStateTest {

  private static final String RUN = Actions.RUNS + Actions.first();
  private static final String LIST = Actions.WORKFLOW + "/runs";
  private static final String RECORDS = Actions.REPO + "/deployments";
  private static final String STATUSES = RECORDS + "/9/statuses";

  @RegisterExtension final StandIn github = new StandIn();

  private final Deployment deployment = Actions.deployment("1.4.0");
  private Actions actions;
  private GitHubWorkflow workflow;

  @BeforeEach
  void play() {
    actions = new Actions(github);
    actions.noJobs();
    workflow = actions.workflow();
  }

  @Test
  void aRunIsToldFromTheQueueToItsEnd() {
    workflow.deploy(deployment);
    assertThat(state()).isInstanceOf(DeployState.Queued.class);
    holdBy("production");
    actions.run("waiting", "");
    assertThat(state().summary())
        .contains("the rules of production", actions.page("runs/" + Actions.first()));
    actions.run("in_progress", "");
    actions.job("in_progress", "", "Ask the platform");
    DeployState.Running running = (DeployState.Running) state();
    assertThat(running.jobs()).containsExactly("deploy, step Ask the platform: in_progress");
    actions.run("completed", "success");

    assertThat(state())
        .isEqualTo(
            new DeployState.Succeeded(
                "run 4000 (" + actions.page("runs/" + Actions.first()) + ")"));
  }

  @Test
  void aFailureHasItsJobItsStepAndTheEndOfTheLog() {
    workflow.deploy(deployment);
    actions.run("completed", "failure");
    actions.job("completed", "failure", "Wait until that version answers");
    actions.log("waiting\nexpected 1.4.0\n");

    DeployState.Failed failed = (DeployState.Failed) state();

    assertThat(failed.job()).contains("deploy, step Wait until that version answers: failure");
    assertThat(failed.logTail()).isEqualTo("waiting\nexpected 1.4.0");
    assertThat(failed.detail()).contains("run 4000 ended as failure", "/job/77");
    int requests = github.requests().size();
    assertThat(state()).isEqualTo(failed);
    assertThat(github.requests()).as("what is over is not asked for again").hasSize(requests);
  }

  @ParameterizedTest
  @CsvSource({
    "success, Succeeded",
    "failure, Failed",
    "timed_out, Failed",
    "skipped, Failed",
    "startup_failure, Failed",
    "cancelled, Failed",
    "action_required, WaitingForApproval"
  })
  void aConclusionOfGitHubIsAStateOfOurs(String conclusion, String state) {
    workflow.deploy(deployment);
    actions.run("completed", conclusion);

    assertThat(state().getClass().getSimpleName()).isEqualTo(state);
  }

  @Test
  void whatHasNotChangedCostsConditionalRequestsAndNoSearch() {
    workflow.deploy(deployment);
    actions.run("in_progress", "");
    actions.job("in_progress", "", "Ask the platform");
    DeployState first = state();
    int searches = actions.requests("GET", LIST).size();

    for (int i = 0; i < 5; i++) {
      assertThat(state()).isEqualTo(first);
    }

    assertThat(actions.requests("GET", LIST)).hasSize(searches);
    assertThat(actions.requests("GET", RUN))
        .hasSize(6)
        .filteredOn(request -> !request.containsHeader("If-None-Match"))
        .hasSize(1);
    assertThat(actions.requests("GET", RUN + "/jobs"))
        .filteredOn(request -> !request.containsHeader("If-None-Match"))
        .hasSize(1);
  }

  @Test
  void anotherProcessFindsTheRunAndIsToldTheSame() {
    workflow.deploy(deployment);
    actions.run("completed", "success");

    assertThat(actions.workflow().state(deployment)).isEqualTo(state());

    assertThat(actions.dispatched()).isEqualTo(1);
  }

  @Test
  void aRunThatIsNotInTheListYetIsNotKnownAndLookedForAgain() {
    actions.hide();
    workflow.deploy(deployment);
    assertThat(state().summary()).contains(deployment.id().toString(), "in its title");

    actions.list();

    assertThat(state()).isInstanceOf(DeployState.Queued.class);
  }

  @Test
  void gitHubThatIsAwayIsNoEnd() {
    workflow.deploy(deployment);
    actions.run("in_progress", "");
    DeployState before = state();
    github.on(get(urlPathEqualTo(RUN)), StandIn.refusal(503, "Unavailable"));

    assertThatThrownBy(this::state)
        .isInstanceOfSatisfying(GitHubException.class, e -> assertThat(e.retryable()).isTrue());

    actions.run("in_progress", "");
    assertThat(state()).isEqualTo(before);
  }

  @Test
  void aRunThatAPersonStartsAgainIsFollowedAgainByWhoHasNotSeenItsEnd() {
    workflow.deploy(deployment);
    actions.run("in_progress", "");
    state();
    actions.run("queued", "");

    assertThat(state()).isInstanceOf(DeployState.Queued.class);
  }

  @Test
  void whatIsSeenIsRecordedOnceWhereThatIsAskedFor() {
    workflow = workflow.recordingDeployments();
    ObjectNode record = Samples.of("deployment").put("id", 9);
    record.putObject("payload");
    github.on(get(urlPathEqualTo(RECORDS)), StandIn.json(Samples.list()));
    github.on(post(urlPathEqualTo(RECORDS)), StandIn.json(201, record));
    github.on(post(urlPathEqualTo(STATUSES)), StandIn.json(201, Samples.of("deployment-status")));
    workflow.deploy(deployment);
    state();
    assertThat(actions.posted(RECORDS)).as("nothing runs yet").isEmpty();
    actions.run("in_progress", "");
    state();
    state();
    record.putObject("payload").put("selfupgrade_deployment", deployment.id().toString());
    github.on(get(urlPathEqualTo(RECORDS)), StandIn.json(Samples.list(record)));
    actions.run("completed", "success");
    state();
    state();

    assertThat(actions.posted(RECORDS)).hasSize(1);
    assertThat(actions.posted(STATUSES))
        .extracting(status -> status.path("state").asText())
        .containsExactly("in_progress", "success");
  }

  @Test
  void withoutTheWishNothingIsRecorded() {
    workflow.deploy(deployment);
    actions.run("completed", "success");

    state();

    assertThat(actions.requests("GET", RECORDS)).isEmpty();
  }

  private DeployState state() {
    return workflow.state(deployment);
  }

  private void holdBy(String environment) {
    ObjectNode pending = Samples.of("pending-deployment");
    pending.putObject("environment").put("name", environment);
    github.on(
        get(urlPathEqualTo(RUN + "/pending_deployments")), StandIn.json(Samples.list(pending)));
  }
}
