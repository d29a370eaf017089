package io.selfupgrade.github;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.get;
import static com.github.tomakehurst.wiremock.client.WireMock.post;
import static com.github.tomakehurst.wiremock.client.WireMock.urlPathEqualTo;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.selfupgrade.github.RunProgress.Away;
import io.selfupgrade.github.RunProgress.Queued;
import io.selfupgrade.github.RunProgress.Running;
import io.selfupgrade.github.RunProgress.WaitingForApproval;
import io.selfupgrade.upgrade.Deployment;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Following a run: what is told on the way, how it ends, and what it costs. */
final class RunFollowerTest {

  private static final String RUN = Actions.RUNS + Actions.first();
  private static final String LOGS = Actions.REPO + "/actions/jobs/77/logs";

  @RegisterExtension final StandIn github = new StandIn();

  private final List<RunProgress> told = new ArrayList<>();
  private Actions actions;

  @BeforeEach
  void play() {
    actions = new Actions(github);
    actions.noJobs();
  }

  @Test
  void aRunIsToldFromTheQueueToItsEnd() throws InterruptedException {
    holdBy("production");
    actions.run("queued", "");
    actions
        .then(() -> actions.run("waiting", ""))
        .then(() -> running("Check what is asked for"))
        .then(() -> actions.job("in_progress", "", "Ask the platform"))
        .then(() -> actions.run("completed", "success"));

    RunResult result = follow(actions.workflow());

    assertThat(result).isInstanceOf(RunResult.Succeeded.class);
    assertThat(told)
        .extracting(each -> (Object) each.getClass())
        .containsExactly(Queued.class, WaitingForApproval.class, Running.class, Running.class);
    WaitingForApproval held = (WaitingForApproval) told.get(1);
    assertThat(held.environments()).containsExactly("production");
    assertThat(held.run().page()).isEqualTo(URI.create(actions.page("runs/" + Actions.first())));
    RunJob job = ((Running) told.get(3)).jobs().get(0);
    assertThat(job.summary()).isEqualTo("deploy, step Ask the platform: in_progress");
  }

  @Test
  void theRunOfADeploymentIsFoundWhenItAppears() throws InterruptedException {
    Deployment deployment = Actions.deployment("1.4.0");
    actions.hide();
    actions.workflow().deploy(deployment);
    actions.run("completed", "success");
    actions.then(() -> {}).then(actions::list);

    RunResult result = actions.workflow().follow(deployment, told::add);

    assertThat(result).isInstanceOf(RunResult.Succeeded.class);
  }

  @Test
  void aDeploymentWithoutARunIsUnknownAndSaysWhy() throws InterruptedException {
    RunResult result = actions.workflow().follow(Actions.deployment("1.4.0"), told::add);

    assertThat(result).isInstanceOf(RunResult.Unknown.class);
    assertThat(result.summary()).contains("run-name");
    assertThat(sum(actions.pauses())).isEqualTo(Duration.ofMinutes(2));
  }

  @Test
  void aFailureHasItsJobItsStepAndTheEndOfTheLog() throws InterruptedException {
    actions.run("completed", "failure");
    actions.job("completed", "failure", "Wait until that version answers");
    actions.log(
        "2026-11-23T07:01:00Z waiting\r\n\u001b[31m##[error]expected 1.4.0\u001b[0m\u202e\n");

    RunResult result = follow(actions.workflow());

    RunResult.Failed failed = (RunResult.Failed) result;
    assertThat(failed.conclusion()).isEqualTo("failure");
    assertThat(failed.job()).hasValueSatisfying(job -> assertThat(job.id()).isEqualTo(77));
    assertThat(failed.logTail()).isEqualTo("2026-11-23T07:01:00Z waiting\n##[error]expected 1.4.0");
    assertThat(failed.summary())
        .contains("deploy, step Wait until that version answers: failure")
        .contains(actions.page("runs/" + Actions.first() + "/job/77"));
    assertThat(
            github
                .storage()
                .getAllServeEvents()
                .get(0)
                .getRequest()
                .containsHeader("Authorization"))
        .isFalse();
  }

  @ParameterizedTest
  @ValueSource(ints = {403, 404, 410, 500})
  void aLogThatCannotBeHadHidesNoFailure(int status) throws InterruptedException {
    actions.run("completed", "failure");
    actions.job("completed", "failure", "Ask the platform");
    github.on(get(urlPathEqualTo(LOGS)), StandIn.refusal(status, "no"));

    RunResult.Failed failed = (RunResult.Failed) follow(actions.workflow());

    assertThat(failed.job()).isPresent();
    assertThat(failed.logTail()).isEmpty();
  }

  @Test
  void jobsThatMayNotBeSeenHideNoFailure() throws InterruptedException {
    actions.run("completed", "startup_failure");
    github.on(get(urlPathEqualTo(RUN + "/jobs")), StandIn.refusal(403, "no"));

    RunResult.Failed failed = (RunResult.Failed) follow(actions.workflow());

    assertThat(failed.conclusion()).isEqualTo("startup_failure");
    assertThat(failed.job()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "success, Succeeded",
    "failure, Failed",
    "timed_out, Failed",
    "skipped, Failed",
    "neutral, Failed",
    "stale, Failed",
    "startup_failure, Failed",
    "anything_new, Failed",
    "cancelled, Cancelled",
    "action_required, ActionRequired"
  })
  void aConclusionOfGitHubIsAnEndOfOurs(String conclusion, String end) throws InterruptedException {
    actions.run("completed", conclusion);

    RunResult result = follow(actions.workflow());

    assertThat(result.getClass().getSimpleName()).isEqualTo(end);
    assertThat(result.summary()).contains(actions.page("runs/" + Actions.first()));
  }

  @ParameterizedTest
  @CsvSource({
    "queued, Queued",
    "requested, Queued",
    "pending, Queued",
    "waiting, WaitingForApproval",
    "in_progress, Running",
    "anything_new, Running"
  })
  void aStatusOfGitHubIsAProgressOfOurs(String status, String progress)
      throws InterruptedException {
    holdBy("production");
    actions.run(status, "");

    RunResult result = follow(actions.workflow().limit(Duration.ofSeconds(1)));

    assertThat(result).isInstanceOf(RunResult.TimedOut.class);
    assertThat(told).hasSize(1);
    assertThat(told.get(0).getClass().getSimpleName()).isEqualTo(progress);
    assertThat(told.get(0).summary()).contains(String.valueOf(Actions.first()));
  }

  @Test
  void whereNothingChangesRequestsAreConditionalAndGetRarer() throws InterruptedException {
    actions.run("in_progress", "");
    actions.job("in_progress", "", "Ask the platform");

    RunResult result = follow(actions.workflow().limit(Duration.ofMinutes(10)));

    assertThat(result).isEqualTo(timedOut(Duration.ofMinutes(10), false));
    assertThat(told).hasSize(1);
    assertThat(sum(actions.pauses())).isEqualTo(Duration.ofMinutes(10));
    assertThat(actions.pauses().get(0)).isEqualTo(Duration.ofSeconds(5));
    assertThat(actions.pauses().get(10)).isEqualTo(Duration.ofSeconds(30));
    assertThat(actions.requests("GET", RUN))
        .hasSizeLessThan(30)
        .filteredOn(request -> !request.containsHeader("If-None-Match"))
        .hasSize(1);
    assertThat(actions.requests("GET", RUN + "/jobs"))
        .filteredOn(request -> !request.containsHeader("If-None-Match"))
        .hasSize(1);
  }

  @Test
  void atTheLimitARunIsCancelledIfThatIsAskedFor() throws InterruptedException {
    actions.run("in_progress", "");
    github.on(post(urlPathEqualTo(RUN + "/cancel")), StandIn.json(202, JsonText.object()));
    actions.then(() -> {}).then(() -> {}).then(() -> actions.run("completed", "cancelled"));
    Duration limit = Duration.ofSeconds(6);

    RunResult result = follow(actions.workflow().limit(limit).cancellingAtLimit());

    assertThat(result).isEqualTo(timedOut(limit, true));
    assertThat(actions.requests("POST", RUN + "/cancel")).hasSize(1);
  }

  @Test
  void aRunThatDoesNotHeedItsCancellationMayGoOn() throws InterruptedException {
    actions.run("in_progress", "");
    github.on(post(urlPathEqualTo(RUN + "/cancel")), StandIn.json(202, JsonText.object()));
    Duration limit = Duration.ofSeconds(6);

    RunResult result = follow(actions.workflow().limit(limit).cancellingAtLimit());

    assertThat(result).isEqualTo(timedOut(limit, false));
    assertThat(result.summary()).contains("may still go on");
  }

  @Test
  void aRunThatEndsBeforeItIsCancelledHasItsOwnEnd() throws InterruptedException {
    actions.run("in_progress", "");
    github.on(
        post(urlPathEqualTo(RUN + "/cancel")),
        StandIn.refusal(409, "Cannot cancel a workflow run that is completed."));
    Duration limit = Duration.ofSeconds(3);
    actions.then(() -> {}).then(() -> actions.run("completed", "success"));

    RunResult result = follow(actions.workflow().limit(limit).cancellingAtLimit());

    assertThat(result).isInstanceOf(RunResult.Succeeded.class);
  }

  @Test
  void whileGitHubIsAwayNothingIsSaidOfTheRunButThat() throws InterruptedException {
    actions.run("in_progress", "");
    actions
        .then(() -> github.on(get(urlPathEqualTo(RUN)), StandIn.refusal(503, "Unavailable")))
        .then(() -> {})
        .then(() -> actions.run("completed", "success"));

    RunResult result = follow(actions.workflow());

    assertThat(result).isInstanceOf(RunResult.Succeeded.class);
    assertThat(told).hasSize(2);
    assertThat(told.get(1)).isInstanceOf(Away.class);
    assertThat(told.get(1).summary()).contains("503");
  }

  @Test
  void gitHubAwayUntilTheLimitIsUnknown() throws InterruptedException {
    actions.run("in_progress", "");
    actions.then(() -> github.on(get(urlPathEqualTo(RUN)), aResponse().withStatus(502)));

    RunResult result = follow(actions.workflow());

    assertThat(result).isInstanceOf(RunResult.Unknown.class);
    assertThat(((RunResult.Unknown) result).run()).isPresent();
    assertThat(result.summary()).contains("PT30M").contains("502");
    assertThat(sum(actions.pauses())).isEqualTo(Duration.ofMinutes(30));
  }

  @Test
  void aLimitOfRequestsIsWaitedFor() throws InterruptedException {
    github.on(
        get(urlPathEqualTo(RUN)),
        StandIn.refusal(403, "secondary rate limit").withHeader("Retry-After", "600"));
    actions.then(() -> actions.run("completed", "success"));

    RunResult result = follow(actions.workflow());

    assertThat(result).isInstanceOf(RunResult.Succeeded.class);
    assertThat(actions.pauses()).hasSize(1);
    assertThat(actions.pauses().get(0)).isGreaterThanOrEqualTo(Duration.ofMinutes(10));
    assertThat(actions.requests("GET", RUN)).hasSize(2);
  }

  @Test
  void aRunThatIsNotThereYetIsWaitedForAndOneThatIsGoneIsNot() throws InterruptedException {
    github.on(get(urlPathEqualTo(RUN)), StandIn.refusal(404, "Not Found"));
    actions
        .then(() -> actions.run("queued", ""))
        .then(() -> github.on(get(urlPathEqualTo(RUN)), StandIn.refusal(404, "Not Found")));

    RunResult result = follow(actions.workflow());

    assertThat(result).isInstanceOf(RunResult.Unknown.class);
    assertThat(told)
        .extracting(each -> (Object) each.getClass())
        .containsExactly(Away.class, Queued.class);
    assertThat(actions.pauses()).hasSize(2);
  }

  @Test
  void aTokenThatIsRevokedEndsTheFollowing() throws InterruptedException {
    github.on(get(urlPathEqualTo(RUN)), StandIn.refusal(401, "Bad credentials"));

    RunResult result = follow(actions.workflow());

    assertThat(result.summary()).contains("make a new one");
    assertThat(actions.pauses()).isEmpty();
  }

  @Test
  void whoIsInterruptedFollowsNoLonger() {
    actions.run("in_progress", "");
    actions.then(() -> Thread.currentThread().interrupt());

    assertThatExceptionOfType(InterruptedException.class)
        .isThrownBy(() -> follow(actions.workflow()));

    assertThat(Thread.interrupted()).isFalse();
    assertThat(actions.requests("POST", RUN + "/cancel")).isEmpty();
  }

  @Test
  void whatAListenerThrowsEndsTheFollowing() {
    actions.run("in_progress", "");
    GitHubException thrown =
        new GitHubException(GitHubException.Kind.UNAVAILABLE, "the listener's own", null);

    assertThatExceptionOfType(GitHubException.class)
        .isThrownBy(
            () ->
                actions
                    .workflow()
                    .follow(
                        Actions.first(),
                        progress -> {
                          throw thrown;
                        }))
        .isSameAs(thrown);
  }

  @Test
  void theKindsOfEndAndProgressAreThese() {
    assertThat(names(RunResult.class))
        .containsExactlyInAnyOrder(
            "Succeeded", "Failed", "Cancelled", "TimedOut", "ActionRequired", "Unknown");
    assertThat(names(RunProgress.class))
        .containsExactlyInAnyOrder("Queued", "WaitingForApproval", "Running", "Away");
  }

  private RunResult follow(GitHubWorkflow workflow) throws InterruptedException {
    return workflow.follow(Actions.first(), told::add);
  }

  private void running(String step) {
    actions.run("in_progress", "");
    actions.job("in_progress", "", step);
  }

  private void holdBy(String environment) {
    ObjectNode pending = Samples.of("pending-deployment");
    pending.putObject("environment").put("name", environment);
    github.on(
        get(urlPathEqualTo(RUN + "/pending_deployments")), StandIn.json(Samples.list(pending)));
  }

  private RunResult timedOut(Duration limit, boolean cancelled) {
    URI page = URI.create(actions.page("runs/" + Actions.first()));
    return new RunResult.TimedOut(
        new GitHubRun(Actions.first(), 1, "deploy 1.4.0", page), limit, cancelled);
  }

  private static Set<String> names(Class<?> closed) {
    return Arrays.stream(closed.getPermittedSubclasses())
        .map(Class::getSimpleName)
        .collect(Collectors.toSet());
  }

  private static Duration sum(List<Duration> all) {
    return all.stream().reduce(Duration.ZERO, Duration::plus);
  }
}
