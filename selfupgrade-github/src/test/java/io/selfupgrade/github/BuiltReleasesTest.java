package io.selfupgrade.github;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.get;
import static com.github.tomakehurst.wiremock.client.WireMock.matchingJsonPath;
import static com.github.tomakehurst.wiremock.client.WireMock.notMatching;
import static com.github.tomakehurst.wiremock.client.WireMock.post;
import static com.github.tomakehurst.wiremock.client.WireMock.urlPathEqualTo;
import static io.selfupgrade.github.BuildScene.NEW;
import static io.selfupgrade.github.BuildScene.OLD;
import static io.selfupgrade.github.BuildScene.PATH;
import static io.selfupgrade.github.BuildScene.RUNS;
import static io.selfupgrade.github.BuildScene.atOnce;
import static io.selfupgrade.github.BuildScene.idOf;
import static io.selfupgrade.github.BuildScene.latest;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.github.tomakehurst.wiremock.http.Fault;
import io.selfupgrade.agent.Secret;
import io.selfupgrade.github.GitHubCommitsTest.Commits;
import io.selfupgrade.upgrade.ReleaseSource;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A commit that may be built is asked for once, and what is installed is the signed release. */
final class BuiltReleasesTest {

  @RegisterExtension final StandIn github = new StandIn();

  private BuildScene scene;

  @BeforeEach
  void aCommitThatMayBeBuilt() {
    scene = new BuildScene(github);
  }

  @Test
  void commitThatIsAheadIsBuiltOnceByAllWhoShareAStore() throws Exception {
    List<ReleaseSource> agents = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      agents.add(scene.source());
    }

    for (int hour = 0; hour < 3; hour++) {
      assertThat(atOnce(agents)).containsOnly("index of v1.0.0");
      github.clock().advance(Duration.ofHours(1));
    }

    assertThat(scene.dispatches()).hasSize(1);
    JsonNode body = JsonText.read("a dispatch", scene.dispatches().get(0).getBody());
    assertThat(body.path("ref").asText()).isEqualTo("main");
    assertThat(body.path("return_run_details").asBoolean()).isTrue();
    assertThat(body.path("inputs").path("upgrade").asText()).hasSize(36);
    assertThat(body.path("inputs").path("channel").asText()).isEqualTo("stable");
    assertThat(body.path("inputs").path("commit").asText()).hasSize(40);
  }

  @Test
  void agentsOfDifferentCredentialsAskForOneBuildToo() throws Exception {
    List<ReleaseSource> agents = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      agents.add(scene.source(github.repository().token(Secret.of("token-" + i))));
    }

    assertThat(atOnce(agents)).containsOnly("index of v1.0.0");

    assertThat(scene.dispatches()).hasSize(1);
  }

  @Test
  void newsOfManyAtOnceAreOneBuild() throws Exception {
    List<ReleaseSource> agents = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      ReleaseSource agent = scene.source();
      agent.expectNews();
      agents.add(agent);
    }

    assertThat(atOnce(agents)).containsOnly("index of v1.0.0");

    assertThat(scene.dispatches()).hasSize(1);
  }

  @Test
  void serverThatDoesNotKnowRunDetailsIsAskedWithoutThem() throws IOException {
    github.answersWrongly(BuildScene.DISPATCHES);
    github.on(
        post(urlPathEqualTo(BuildScene.DISPATCHES))
            .withRequestBody(matchingJsonPath("$.return_run_details")),
        StandIn.refusal(422, "Invalid request. \"return_run_details\" is not a permitted key."));
    github.on(
        post(urlPathEqualTo(BuildScene.DISPATCHES))
            .withRequestBody(notMatching(".*return_run_details.*")),
        aResponse().withStatus(204));
    latest(scene.source());
    String id = idOf(scene.dispatches().get(1));
    scene.runs(BuildScene.titled(7, "release " + id));
    github.clock().advance(Duration.ofHours(1));

    latest(scene.source());

    assertThat(scene.dispatches()).hasSize(2);
    assertThat(scene.asked(PATH + "/actions/runs/7")).hasSize(1);
  }

  @Test
  void signedReleaseThatFollowsIsWhatIsInstalled() throws IOException {
    ReleaseSource source = scene.source();
    assertThat(latest(source)).isEqualTo("index of v1.0.0");
    scene.publish("v1.1.0", NEW);
    github.clock().advance(Duration.ofHours(1));

    assertThat(latest(source)).isEqualTo("index of v1.1.0");
    assertThat(scene.dispatches()).hasSize(1);
  }

  @Test
  void nextCommitIsBuiltAnew() throws IOException {
    latest(scene.source());
    scene.head("c".repeat(40));
    github.clock().advance(Duration.ofHours(1));

    latest(scene.source());

    assertThat(scene.dispatches()).hasSize(2);
  }

  @Test
  void answerThatWasLostIsLookedForByTheRunsName() throws IOException {
    scene.answerDispatch(aResponse().withFault(Fault.CONNECTION_RESET_BY_PEER));
    latest(scene.source());
    String id = idOf(scene.dispatches().get(0));
    scene.runs(BuildScene.titled(7, "release 1.1.0 stable " + id));
    github.clock().advance(Duration.ofHours(1));

    latest(scene.source());
    github.clock().advance(Duration.ofHours(1));
    latest(scene.source());

    assertThat(scene.dispatches()).hasSize(1);
    assertThat(scene.asked(RUNS)).hasSize(1);
  }

  @Test
  void whatNeverCameIsAskedForAgainUnderTheSameIdAndNotEarly() throws IOException {
    scene.answerDispatch(StandIn.refusal(502, "Bad Gateway"));
    latest(scene.source());
    github.clock().advance(Copies.FRESH.plusSeconds(1));
    latest(scene.source());
    assertThat(scene.dispatches()).hasSize(1);
    github.clock().advance(BuildTurn.TO_APPEAR);

    latest(scene.source());

    assertThat(scene.dispatches()).hasSize(2);
    assertThat(idOf(scene.dispatches().get(1))).isEqualTo(idOf(scene.dispatches().get(0)));
  }

  @Test
  void nothingIsBuiltOfWhatIsNotAcceptable() throws IOException {
    Commits.checks(github, NEW, "ci=pending", "");
    ReleaseSource source = scene.source();
    latest(source);
    Commits.checks(github, NEW, "ci=success", "");
    assertThat(scene.dispatches()).isEmpty();

    github.clock().advance(Copies.FRESH.plusSeconds(1));
    latest(source);
    assertThat(scene.dispatches()).hasSize(1);
  }

  @Test
  void newsOfTheBranchAndOfItsChecksAreLookedForAtOnce() throws IOException {
    ReleaseSource source = scene.source();
    Commits.head(github, OLD);
    latest(source);
    Commits.head(github, NEW);
    Commits.checks(github, NEW, "ci=pending", "");
    source.expectNews();
    latest(source);
    Commits.checks(github, NEW, "ci=success", "");
    latest(source);
    assertThat(scene.dispatches()).isEmpty();

    source.expectNews();
    latest(source);

    assertThat(scene.dispatches()).hasSize(1);
  }

  @Test
  void branchThatWasRewrittenIsNotBuilt() throws IOException {
    Commits.compared(github, OLD, NEW, "diverged");

    assertThat(latest(scene.source())).isEqualTo("index of v1.0.0");
    assertThat(scene.dispatches()).isEmpty();
  }

  @Test
  void troubleWithTheBranchOrTheWorkflowIsNotInTheWayOfReleases() throws IOException {
    github.on(
        get(urlPathEqualTo(PATH + "/commits/heads%2Fmain")), StandIn.refusal(404, "Not Found"));
    assertThat(latest(scene.source())).isEqualTo("index of v1.0.0");

    Commits.head(github, NEW);
    scene.answerDispatch(
        StandIn.refusal(422, "Workflow does not have 'workflow_dispatch' trigger"));
    assertThat(latest(scene.source())).isEqualTo("index of v1.0.0");
    assertThat(scene.dispatches()).hasSize(1);
  }

  @Test
  void withoutAnyReleaseTheHeadIsBuilt() throws IOException {
    scene.publisher.delete("v1.0.0");
    scene.publisher.answer();

    ReleaseSource source = scene.source();
    source.seek("stable");

    assertThat(source.latest("stable", BuildScene.LIMIT)).isEmpty();
    assertThat(scene.dispatches()).hasSize(1);
  }

  @Test
  void whoOnlyReadsAsksForNoBuild() throws IOException {
    scene.source().latest("stable", BuildScene.LIMIT);

    assertThat(scene.dispatches()).isEmpty();
  }

  @Test
  void newerApiTellsTheRunUnasked() throws IOException {
    GitHubRepository repository = github.repository().apiVersion("2026-03-10");

    latest(scene.source(repository));
    github.clock().advance(Duration.ofHours(1));
    latest(scene.source(repository));

    assertThat(scene.dispatches()).hasSize(1);
    assertThat(scene.asked(PATH + "/actions/runs/7")).as("the run that it told of").hasSize(1);
    assertThat(scene.asked(RUNS)).as("none is looked for").isEmpty();

    assertThat(scene.dispatches().get(0).getBodyAsString()).doesNotContain("return_run_details");
    assertThat(scene.dispatches().get(0).getHeader("X-GitHub-Api-Version")).isEqualTo("2026-03-10");
  }
}
