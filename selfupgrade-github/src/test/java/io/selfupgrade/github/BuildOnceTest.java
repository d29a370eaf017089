package io.selfupgrade.github;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.get;
import static com.github.tomakehurst.wiremock.client.WireMock.urlPathEqualTo;
import static io.selfupgrade.github.BuildScene.NEW;
import static io.selfupgrade.github.BuildScene.PATH;
import static io.selfupgrade.github.BuildScene.RUNS;
import static io.selfupgrade.github.BuildScene.idOf;
import static io.selfupgrade.github.BuildScene.latest;
import static org.assertj.core.api.Assertions.assertThat;

import com.github.tomakehurst.wiremock.http.Fault;
import com.github.tomakehurst.wiremock.verification.LoggedRequest;
import io.selfupgrade.upgrade.ReleaseSource;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A build that ended without success is asked for again: later and later, and not for ever. */
final class BuildOnceTest {

  private static final Duration SECOND = Duration.ofSeconds(1);

  @RegisterExtension final StandIn github = new StandIn();

  private BuildScene scene;

  @BeforeEach
  void aBuildThatWasAskedFor() throws IOException {
    scene = new BuildScene(github);
    look();
    assertThat(scene.dispatches()).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"failure", "cancelled", "timed_out", "startup_failure"})
  void buildThatFailedIsAskedForAgainAfterAPauseThatGrows(String conclusion) throws IOException {
    for (int number = 1; number < BuildTries.MOST; number++) {
      scene.run(6 + number, "completed", conclusion);
      scene.dispatchAnswers(7 + number);
      later(Copies.FRESH.plus(SECOND));
      assertThat(scene.dispatches()).as("the end of try %s is seen", number).hasSize(number);
      later(BuildOnce.PAUSES.get(number - 1).minus(SECOND));
      assertThat(scene.dispatches()).as("before the pause is over").hasSize(number);

      later(Copies.FRESH.plus(SECOND));

      assertThat(scene.dispatches()).as("after it").hasSize(number + 1);
    }
    assertThat(scene.dispatches().stream().map(BuildScene::idOf).distinct())
        .hasSize(BuildTries.MOST);
    assertThat(BuildOnce.PAUSES).isSorted().hasSize(BuildTries.MOST - 1);
  }

  @Test
  void lastTryIsTheLastUntilThereIsAnotherCommit() throws IOException {
    failEach();
    for (int day = 0; day < 10; day++) {
      later(Duration.ofDays(1));
    }
    assertThat(scene.dispatches()).hasSize(BuildTries.MOST);

    String told = told(once().look(Optional.empty(), true));
    assertThat(told)
        .contains("the build of commit " + NEW, "/actions/runs/11", "failure", "as 4 before it")
        .contains("mend it and push another commit", "start release.yml by hand");
    scene.head("c".repeat(40));
    scene.dispatchAnswers(20);
    later(Duration.ofHours(1));
    assertThat(scene.dispatches()).hasSize(BuildTries.MOST + 1);
  }

  @Test
  void whoAsksIsHeardSoonerButNotByTheEndOfTheRunItself() throws IOException {
    ReleaseSource source = scene.source();
    scene.run(7, "completed", "failure");
    scene.dispatchAnswers(8);
    source.expectNews();
    latest(source);
    source.expectNews();
    latest(source);
    assertThat(scene.dispatches()).hasSize(1);

    github.clock().advance(BuildOnce.SHORT_PAUSE);
    latest(source);
    assertThat(scene.dispatches()).as("nobody asks").hasSize(1);
    source.expectNews();
    latest(source);

    assertThat(scene.dispatches()).hasSize(2);
  }

  @ParameterizedTest
  @ValueSource(strings = {"queued", "in_progress", "waiting", "success"})
  void buildThatGoesOnOrSucceededIsNotAskedForAgain(String state) throws IOException {
    boolean over = state.equals("success");
    scene.run(7, over ? "completed" : state, over ? state : "");
    for (int day = 0; day < 5; day++) {
      later(Duration.ofDays(1));
    }

    assertThat(scene.dispatches()).hasSize(1);
    List<LoggedRequest> looks = scene.asked(PATH + "/actions/runs/7");
    assertThat(looks).hasSize(5);
    assertThat(looks.subList(1, 5))
        .allSatisfy(look -> assertThat(look.getHeader("If-None-Match")).startsWith("W/"));
  }

  @Test
  void buildThatAPersonHadRunAgainIsNotAskedForAnew() throws IOException {
    scene.run(7, "completed", "failure");
    later(Duration.ofHours(1));
    scene.run(7, "in_progress", "");
    later(Duration.ofDays(2));
    assertThat(scene.dispatches()).hasSize(1);

    scene.run(7, "completed", "failure");
    scene.dispatchAnswers(8);
    later(Duration.ofHours(1));

    assertThat(scene.dispatches()).hasSize(2);
  }

  @Test
  void runThatIsGoneIsNotAskedForAgain() throws IOException {
    github.on(get(urlPathEqualTo(PATH + "/actions/runs/7")), StandIn.refusal(404, "Not Found"));

    later(Duration.ofDays(2));

    assertThat(scene.dispatches()).hasSize(1);
    assertThat(told(once().look(Optional.empty(), false)))
        .contains("is not there any more", "by hand");
  }

  @Test
  void furtherTryWhoseAnswerWasLostIsLookedForByItsOwnId() throws IOException {
    scene.run(7, "completed", "failure");
    later(Duration.ofHours(1));
    scene.answerDispatch(aResponse().withFault(Fault.CONNECTION_RESET_BY_PEER));
    later(Duration.ofHours(1));
    assertThat(scene.dispatches()).hasSize(2);
    String first = idOf(scene.dispatches().get(0));
    String second = idOf(scene.dispatches().get(1));
    assertThat(second).isNotEqualTo(first);
    scene.run(8, "in_progress", "");
    scene.runs(BuildScene.titled(8, "release " + second), BuildScene.titled(7, "release " + first));

    later(Duration.ofHours(1));
    later(Duration.ofHours(1));

    assertThat(scene.dispatches()).hasSize(2);
    assertThat(scene.asked(RUNS)).hasSize(1);
    assertThat(scene.asked(PATH + "/actions/runs/8")).hasSize(1);
  }

  @Test
  void newsRightAfterALostAnswerAreNoSecondBuild() throws IOException {
    scene.head("c".repeat(40));
    scene.answerDispatch(StandIn.refusal(502, "Bad Gateway"));
    ReleaseSource source = scene.source();
    later(Duration.ofHours(1));
    assertThat(scene.dispatches()).hasSize(2);
    github.on(get(urlPathEqualTo(RUNS)), StandIn.refusal(502, "Bad Gateway"));
    source.expectNews();
    latest(source);
    scene.runs();

    source.expectNews();
    latest(source);

    assertThat(scene.dispatches()).hasSize(2);
  }

  @Test
  void workflowThatNamesNoRunIsGivenUpAndSaysWhy() throws IOException {
    scene.head("c".repeat(40));
    scene.answerDispatch(StandIn.refusal(502, "Bad Gateway"));
    for (int hour = 0; hour < 6; hour++) {
      later(Duration.ofHours(1));
    }

    assertThat(scene.dispatches()).hasSize(1 + 5);
    assertThat(scene.dispatches().stream().skip(1).map(BuildScene::idOf).distinct()).hasSize(1);
  }

  private void failEach() throws IOException {
    for (int number = 1; number <= BuildTries.MOST; number++) {
      scene.run(6 + number, "completed", "failure");
      if (number < BuildTries.MOST) {
        scene.dispatchAnswers(7 + number);
      }
      later(Copies.FRESH.plus(SECOND));
      later(Duration.ofDays(1));
    }
  }

  private void later(Duration time) throws IOException {
    github.clock().advance(time);
    look();
  }

  /** Looks as another process does, which remembers nothing. */
  private void look() throws IOException {
    assertThat(latest(scene.source())).isEqualTo("index of v1.0.0");
  }

  private BuildOnce once() {
    return new BuildOnce(
        github.repository(),
        new Build("release.yml", "main", NEW, "stable"),
        scene.store.sources());
  }

  private static String told(BuildOnce.Standing standing) {
    return standing.told().orElseThrow().text();
  }
}
