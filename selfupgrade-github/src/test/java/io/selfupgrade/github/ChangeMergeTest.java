package io.selfupgrade.github;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.selfupgrade.change.ChangeRecord;
import io.selfupgrade.change.ChangeResult;
import io.selfupgrade.change.ChangeState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What becomes of an open pull request: merged by policy, or left to a person. */
final class ChangeMergeTest {

  @RegisterExtension final StandIn github = new StandIn();

  private ChangeScene scene;
  private RepositoryModel model;

  @BeforeEach
  void aRepository() {
    scene = new ChangeScene(github);
    model = scene.model;
  }

  @Test
  void changeIsMergedOnceItsChecksHavePassed() {
    scene.pass();

    ChangeResult result = scene.propose(ChangeScene.MERGING);

    assertThat(result).as(result.summary()).isInstanceOf(ChangeResult.Merged.class);
    scene.assertMergedOnce();
    String message = model.git.commits.get(scene.pull().merged).message();
    assertThat(message)
        .startsWith("Greet in the evening too (#1)\n\n")
        .contains("SelfUpgrade-Change: " + scene.row().id());
    JsonNode merge =
        github.requests().stream()
            .filter(request -> request.getUrl().endsWith("/merge"))
            .map(request -> JsonText.read("a request", request.getBody()))
            .findFirst()
            .orElseThrow();
    assertThat(merge.path("sha").asText()).isEqualTo(scene.row().progress().commit().orElseThrow());
    assertThat(merge.path("merge_method").asText()).isEqualTo("squash");

    int requests = model.requests;
    assertThat(scene.propose(ChangeScene.MERGING)).isEqualTo(result);
    assertThat(model.requests).as("what has ended is not asked for").isEqualTo(requests);
  }

  @Test
  void nothingIsMergedWithoutARuleForIt() {
    scene.pass();

    scene.assertOpen(
        scene.propose(ChangeScene.POLICY), ChangeState.READY, "by the policy a person merges it");
  }

  @ParameterizedTest
  @CsvSource({
    "completed, failure, FAILED, build (failure)",
    "completed, cancelled, FAILED, build (cancelled)",
    "completed, skipped, FAILED, build (skipped)",
    "completed, neutral, FAILED, build (neutral)",
    "completed, '', FAILED, build (no conclusion)",
    "in_progress, '', WAITING, under way: build",
    "queued, '', WAITING, under way: build",
    "waiting, '', WAITING, under way: build"
  })
  void requiredCheckRunMustHavePassed(
      String status, String conclusion, ChangeState state, String note) {
    scene.pass();
    model.run("build", status, conclusion);

    scene.assertOpen(scene.propose(ChangeScene.MERGING), state, note);
  }

  @ParameterizedTest
  @CsvSource({
    "failure, FAILED, answers (failure)",
    "error, FAILED, answers (error)",
    "pending, WAITING, under way: answers"
  })
  void requiredStatusMustHavePassed(String state, ChangeState expected, String note) {
    scene.pass();
    model.status("answers", state);

    scene.assertOpen(scene.propose(ChangeScene.MERGING), expected, note);
  }

  @Test
  void requiredCheckThatIsMissingIsWaitedFor() {
    model.run("build", "completed", "success");

    scene.assertOpen(scene.propose(ChangeScene.MERGING), ChangeState.WAITING, "not there: answers");
  }

  @Test
  void checkThatFailedAndIsNotRequiredIsInTheWayToo() {
    scene.pass();
    model.run("lint", "completed", "failure");
    scene.assertOpen(scene.propose(ChangeScene.MERGING), ChangeState.FAILED, "lint (failure)");

    model.run("lint", "completed", "skipped");
    assertThat(scene.propose(ChangeScene.MERGING)).isInstanceOf(ChangeResult.Merged.class);
    scene.assertMergedOnce();
  }

  @Test
  void lateChecksAreWaitedForWithinTheLimitAndEachStepIsTold() {
    List<ChangeState> told = new ArrayList<>();
    List<Duration> pauses = new ArrayList<>();
    GitHubChanges changes =
        scene
            .changes(ChangeScene.MERGING)
            .waitAtMost(Duration.ofMinutes(1))
            .onProgress(record -> told.add(record.state()))
            .pausing(
                time -> {
                  pauses.add(time);
                  if (pauses.size() == 3) {
                    scene.pass();
                  }
                });

    ChangeResult result = changes.propose(ChangeScene.CHANGE, scene.proposer());

    assertThat(result).isInstanceOf(ChangeResult.Merged.class);
    assertThat(pauses).hasSize(3);
    assertThat(told).startsWith(ChangeState.PROPOSED).endsWith(ChangeState.MERGED);
    assertThat(Set.copyOf(told))
        .containsExactlyInAnyOrder(ChangeState.PROPOSED, ChangeState.WAITING, ChangeState.MERGED);
  }

  @Test
  void checksThatAreTooLateLeaveItWaiting() {
    List<Duration> pauses = new ArrayList<>();
    GitHubChanges changes =
        scene.changes(ChangeScene.MERGING).waitAtMost(Duration.ofSeconds(50)).pausing(pauses::add);

    scene.assertOpen(
        changes.propose(ChangeScene.CHANGE, scene.proposer()), ChangeState.WAITING, "not there");
    assertThat(pauses).as("looks every 15 s").hasSize(3);

    scene.pass();
    assertThat(scene.propose(ChangeScene.MERGING)).isInstanceOf(ChangeResult.Merged.class);
    scene.assertMergedOnce();
  }

  @Test
  void whoAskedForChangesIsHeardUntilItIsTakenBack() {
    scene.pass();
    model.review("ada", "APPROVED");
    model.review("ada", "CHANGES_REQUESTED");
    model.review("ada", "COMMENTED");
    model.review("grace", "APPROVED");
    scene.assertOpen(
        scene.propose(ChangeScene.MERGING), ChangeState.READY, "ada asked for changes");

    model.review("ada", "APPROVED");
    assertThat(scene.propose(ChangeScene.MERGING)).isInstanceOf(ChangeResult.Merged.class);
    scene.assertMergedOnce();
  }

  @Test
  void branchThatSomebodyWroteToIsNotMergedAndNotDeleted() {
    scene.propose(ChangeScene.MERGING);
    model.git.push(scene.branch(), "more", Map.of("prompts/x.md", GitModel.file("x")));
    scene.pass();

    scene.assertOpen(
        scene.propose(ChangeScene.MERGING), ChangeState.READY, "somebody else has written");

    scene.pull().state = "closed";
    assertThat(scene.propose(ChangeScene.MERGING)).isInstanceOf(ChangeResult.Closed.class);
    assertThat(model.git.branches).containsKey(scene.branch());
  }

  @Test
  void branchThatIsWrittenToRightBeforeTheMergeIsNotMerged() {
    scene.pass();
    model.before.put(
        "PUT /pulls/1/merge",
        () -> model.git.push(scene.branch(), "", Map.of("prompts/x.md", GitModel.file("x"))));

    scene.assertOpen(
        scene.propose(ChangeScene.MERGING), ChangeState.READY, "Head branch was modified");
    assertThat(model.git.content(RepositoryModel.MAIN, "prompts/x.md")).isEqualTo("(none)");
  }

  @Test
  void pullRequestThatGoesElsewhereOrIsADraftIsAPersons() {
    scene.pass();
    model.before.put("GET /pulls/1", () -> scene.pull().into = "release");
    scene.assertOpen(
        scene.propose(ChangeScene.MERGING), ChangeState.READY, "into another branch now");

    scene.pull().into = RepositoryModel.MAIN;
    scene.pull().draft = true;
    scene.assertOpen(scene.propose(ChangeScene.MERGING), ChangeState.READY, "a draft");
  }

  @ParameterizedTest
  @ValueSource(strings = {".github/workflows/release.yml", "src/Main.java", "prompts/a.pem"})
  void realFilesOfThePullRequestAreJudgedBeforeItIsMerged(String path) {
    scene.pass();
    model.alsoChanged = Optional.of(path);

    scene.assertOpen(
        scene.propose(ChangeScene.MERGING), ChangeState.READY, "the policy does not let it");
  }

  @Test
  void linkAmongTheRealFilesIsNotMerged() {
    scene.propose(ChangeScene.MERGING);
    scene.pass();
    String commit = scene.row().progress().commit().orElseThrow();
    model
        .git
        .commits
        .get(commit)
        .files()
        .computeIfPresent("prompts/greeting.md", (path, entry) -> entry.asLink());

    scene.assertOpen(scene.propose(ChangeScene.MERGING), ChangeState.READY, "is not a plain file");
  }

  @ParameterizedTest
  @CsvSource({
    "405, At least 1 approving review is required",
    "409, Head branch was modified",
    "403, Resource not accessible by integration",
    "422, Validation failed"
  })
  void whatGitHubDoesNotMergeIsLeftToAPersonAndMergedLaterIfItMayBe(int status, String message) {
    scene.pass();
    model.mergeAnswer = Optional.of(StandIn.refusal(status, message));

    scene.assertOpen(scene.propose(ChangeScene.MERGING), ChangeState.READY, message);

    model.mergeAnswer = Optional.empty();
    assertThat(scene.propose(ChangeScene.MERGING)).isInstanceOf(ChangeResult.Merged.class);
    scene.assertMergedOnce();
  }

  @Test
  void nothingIsMergedWhileFrozen() {
    scene.propose(ChangeScene.MERGING);
    scene.pass();
    scene.frozen = Optional.of("hold it");

    assertThat(scene.propose(ChangeScene.MERGING).summary()).contains("FROZEN", "hold it");
    assertThat(scene.pull().state).isEqualTo("open");

    scene.frozen = Optional.empty();
    model.before.put("GET /pulls/1/files", () -> scene.frozen = Optional.of("hold it"));
    assertThat(scene.propose(ChangeScene.MERGING).summary()).contains("FROZEN");
    assertThat(scene.pull().state).isEqualTo("open");
  }

  @Test
  void whatAPersonMergedIsMerged() {
    scene.propose(ChangeScene.POLICY);
    scene.pull().merge(model, "merged by Ada");

    ChangeResult result = scene.propose(ChangeScene.POLICY);

    assertThat(result).isInstanceOf(ChangeResult.Merged.class);
    scene.assertMergedOnce();
  }

  @Test
  void whatAPersonClosedStaysClosedAndItsBranchIsGone() {
    scene.propose(ChangeScene.POLICY);
    scene.pull().state = "closed";

    assertThat(scene.propose(ChangeScene.POLICY)).isInstanceOf(ChangeResult.Closed.class);

    assertThat(model.git.branches).containsOnlyKeys(RepositoryModel.MAIN);
    ChangeRecord row = scene.row();
    assertThat(row.state()).isEqualTo(ChangeState.CLOSED);
    int requests = model.requests;
    assertThat(scene.propose(ChangeScene.POLICY)).isInstanceOf(ChangeResult.Closed.class);
    assertThat(model.requests).as("a person said no, once").isEqualTo(requests);
    assertThat(scene.row()).isEqualTo(row);
  }
}
