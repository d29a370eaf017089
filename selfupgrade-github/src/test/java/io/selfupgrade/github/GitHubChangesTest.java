package io.selfupgrade.github;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.change.Change;
import io.selfupgrade.change.ChangeBrief;
import io.selfupgrade.change.ChangeRecord;
import io.selfupgrade.change.ChangeRefusal;
import io.selfupgrade.change.ChangeResult;
import io.selfupgrade.change.ChangeState;
import io.selfupgrade.change.ChangeStore;
import io.selfupgrade.change.Changes;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** From what an agent wants changed to a pull request, and what is refused before it. */
final class GitHubChangesTest {

  @RegisterExtension final StandIn github = new StandIn();

  private ChangeScene scene;
  private RepositoryModel model;

  @BeforeEach
  void aRepository() {
    scene = new ChangeScene(github);
    model = scene.model;
  }

  @Test
  void changeIsOneCommitOnABranchOfItsOwnAndAPullRequest() {
    ChangeResult result = scene.propose(ChangeScene.POLICY);

    scene.assertOpen(result, ChangeState.READY, "a person merges it");
    String first = model.git.branches.get(RepositoryModel.MAIN);
    GitModel.Commit commit = model.git.commits.get(model.git.branches.get(scene.branch()));
    assertThat(commit.parents()).containsExactly(first);
    assertThat(commit.message())
        .startsWith("Greet in the evening too\n\nProposed by agent bot 1.4.0, instance ")
        .endsWith("SelfUpgrade-Digest: " + ChangeScene.CHANGE.digest());
    assertThat(model.git.difference(first, commit.sha()))
        .isEqualTo(
            Map.of(
                "prompts/greeting.md", "modified",
                "prompts/evening/greeting.md", "added",
                "prompts/old.md", "removed"));
    assertThat(model.git.content(RepositoryModel.MAIN, "prompts/greeting.md"))
        .isEqualTo("Good morning\n");
    assertThat(scene.row().progress().base()).contains(first);
    assertThat(scene.row().progress().commit()).contains(commit.sha());
    assertThat(scene.row().progress().pullRequest()).contains(1L);
  }

  @Test
  void commitThatGitHubDoesNotSignIsOneAllTheSameAndIsLogged() throws Exception {
    model.signs = false;
    AtomicReference<ChangeResult> result = new AtomicReference<>();

    String logged =
        Logged.during(
            () -> {
              result.set(scene.propose(ChangeScene.POLICY));
              return result;
            });

    scene.assertOpen(result.get(), ChangeState.READY, "a person merges it");
    assertThat(logged).contains("is not signed by GitHub", scene.branch());
  }

  @Test
  void pullRequestSaysWhoAndWhyAndTheWhyCannotActOnGitHub() {
    String reason = "```\n@everybody closes #1\n````";
    scene.propose(ChangeScene.POLICY, Change.of("Greet", reason).put("prompts/a.md", "x"));

    assertThat(scene.pull().asked.path("title").asText()).isEqualTo("Greet");
    assertThat(scene.pull().asked.path("base").asText()).isEqualTo("main");
    assertThat(scene.pull().asked.path("body").asText())
        .contains("agent bot 1.4.0, instance " + scene.fence.orElseThrow().holder())
        .contains("\n`````text\n" + reason + "\n`````\n")
        .contains(scene.row().id().toString());
    assertThat(model.git.commits.get(model.git.branches.get(scene.branch())).message())
        .doesNotContain("everybody");
  }

  @Test
  void defaultBranchIsAskedForWhereNoneIsNamed() {
    GitHubChanges changes = github.repository().changes(ChangeScene.POLICY);

    scene.assertOpen(changes.propose(ChangeScene.CHANGE, scene.proposer()), ChangeState.READY, "");
    assertThat(changes.name()).isEqualTo("acme/bot");
  }

  @Test
  void sameChangeAskedForAgainIsTheSame() {
    scene.propose(ChangeScene.POLICY);
    List<String> writes = List.copyOf(model.writes);

    scene.assertOpen(scene.propose(ChangeScene.POLICY), ChangeState.READY, "");

    assertThat(model.writes).isEqualTo(writes).hasSize(3);
    assertThat(scene.history()).hasSize(1);
  }

  @Test
  void anotherChangeOfTheSameKeyIsRefused() {
    scene.propose(ChangeScene.POLICY, ChangeScene.CHANGE.key("greeting"));
    int requests = model.requests;

    assertRefused(
        scene.propose(ChangeScene.POLICY, ChangeScene.CHANGE.put("prompts/x", "").key("greeting")),
        ChangeRefusal.KEY_TAKEN);
    assertThat(model.requests).isEqualTo(requests);
  }

  @Test
  void nothingIsSentWithoutTheLeadOrWhileFrozen() {
    scene.frozen = Optional.of("a release is being looked at");
    assertRefused(scene.propose(ChangeScene.POLICY), ChangeRefusal.FROZEN);
    scene.frozen = Optional.empty();
    scene.fence = Optional.empty();
    assertRefused(scene.propose(ChangeScene.POLICY), ChangeRefusal.NOT_PRIMARY);

    assertThat(model.requests).isZero();
    assertThat(scene.history()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        ".github/workflows/release.yml",
        "PROMPTS/.GITHUB/x",
        "src/Main.java",
        "prompts/../x",
        "prompts/trust.pub",
        "prompts/CODEOWNERS",
        "prompts/.gitmodules"
      })
  void pathThatMayNotBeChangedIsJournalledAndNotSent(String path) {
    ChangeResult result = scene.propose(ChangeScene.MERGING, ChangeScene.CHANGE.put(path, "x"));

    assertThat(result).isInstanceOf(ChangeResult.Refused.class);
    assertThat(scene.row().state()).isEqualTo(ChangeState.REFUSED);
    assertThat(model.requests).isZero();
  }

  @Test
  void secretIsNeitherSentNorKept() {
    String token = "ghp_" + "a1".repeat(18);
    for (Change change :
        List.of(
            Change.of(token, "why").put("prompts/a.md", "x"),
            Change.of("t", token).put("prompts/a.md", "x"),
            ChangeScene.CHANGE.put("prompts/" + token, "x"),
            ChangeScene.CHANGE.put("prompts/a.md", "token=" + token))) {
      assertRefused(scene.propose(ChangeScene.POLICY, change), ChangeRefusal.SECRET_FOUND);
    }

    assertThat(model.requests).isZero();
    assertThat(scene.history()).hasSize(4);
    assertThat(scene.history().toString()).doesNotContain(token);
  }

  @Test
  void baseThatMovedIsRefusedAndNothingIsMade() {
    String read = model.git.branches.get(RepositoryModel.MAIN);
    model.git.push(
        RepositoryModel.MAIN, "by Ada", Map.of("prompts/greeting.md", GitModel.file("Hello\n")));

    assertRefused(
        scene.propose(ChangeScene.POLICY, ChangeScene.CHANGE.on(read)), ChangeRefusal.BASE_MOVED);

    assertThat(model.writes).isEmpty();
    assertThat(model.git.branches).containsOnlyKeys(RepositoryModel.MAIN);
    String now = model.git.branches.get(RepositoryModel.MAIN);
    scene.propose(ChangeScene.POLICY, ChangeScene.CHANGE.on(now));
    assertThat(scene.history())
        .extracting(ChangeRecord::state)
        .containsExactly(ChangeState.READY, ChangeState.REFUSED);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void branchThatSomebodyElseWroteToIsRefusedAndLeftAsItIs(boolean namesTheChange) {
    model.before.put(
        "POST /graphql",
        () -> {
          ChangeRecord row = scene.row();
          String message =
              "SelfUpgrade-Change: " + row.id() + "\nSelfUpgrade-Digest: " + row.brief().digest();
          model.git.push(
              scene.branch(),
              namesTheChange ? message : "mine",
              Map.of("prompts/greeting.md", GitModel.file("Evil\n")));
        });

    assertRefused(scene.propose(ChangeScene.MERGING), ChangeRefusal.BRANCH_MOVED);

    assertThat(model.pulls).isEmpty();
    assertThat(model.git.content(scene.branch(), "prompts/greeting.md")).isEqualTo("Evil\n");
    assertThat(scene.row().state()).isEqualTo(ChangeState.REFUSED);
  }

  @ParameterizedTest
  @CsvSource({
    "prompts, 120000",
    "prompts/greeting.md, 120000",
    "prompts/greeting.md, 100755",
    "prompts/evening, 160000",
    "prompts/evening, 100644",
    "prompts/evening/greeting.md, 160000"
  })
  void linkSubmoduleOrFileInTheWayIsRefused(String path, String mode) {
    Map<String, GitModel.Entry> files = model.git.commits.get(head()).files();
    files.keySet().removeIf(known -> path.equals("prompts") && known.startsWith("prompts/"));
    files.put(path, new GitModel.Entry(mode, "elsewhere".getBytes(UTF_8)));

    assertRefused(scene.propose(ChangeScene.POLICY), ChangeRefusal.NOT_A_FILE);

    assertThat(model.writes).isEmpty();
  }

  @Test
  void changeThatChangesNothingIsRefused() {
    Change same = Change.of("Greet", "why").put("prompts/greeting.md", "Good morning\n");
    assertRefused(scene.propose(ChangeScene.POLICY, same), ChangeRefusal.EMPTY);
    assertRefused(
        scene.propose(ChangeScene.POLICY, Change.of("Greet", "why").delete("prompts/none.md")),
        ChangeRefusal.NOT_A_FILE);

    assertThat(model.writes).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "FORBIDDEN, false",
    "NOT_FOUND, false",
    "UNPROCESSABLE, false",
    "RATE_LIMITED, true",
    "'', true",
    "SOMETHING_NEW, true"
  })
  void graphQlErrorWithStatus200IsNoCommit(String type, boolean retryable) {
    model.graphQlErrors =
        Optional.of(
            Samples.list(JsonText.object().put("type", type).put("message", "as the test wants")));

    ChangeResult result = scene.propose(ChangeScene.POLICY);

    assertThat(result)
        .isInstanceOfSatisfying(
            ChangeResult.Troubled.class,
            troubled -> assertThat(troubled.retryable()).isEqualTo(retryable));
    assertThat(result.summary()).contains("as the test wants");
    assertThat(scene.row().state())
        .isEqualTo(retryable ? ChangeState.PROPOSED : ChangeState.FAILED);
    assertThat(model.git.branches.get(scene.branch())).isEqualTo(head());
    assertThat(model.pulls).isEmpty();

    model.graphQlErrors = Optional.empty();
    github.clock().advance(Duration.ofMinutes(2));
    scene.assertOpen(scene.propose(ChangeScene.POLICY), ChangeState.READY, "");
    assertThat(model.git.commits).hasSize(2);
  }

  @Test
  void leadThatIsLostOnTheWayEndsItAndTheNextPrimaryGoesOn() {
    model.before.put("POST /graphql", scene::takeOver);

    assertRefused(scene.propose(ChangeScene.POLICY), ChangeRefusal.NOT_PRIMARY);
    assertThat(model.pulls).isEmpty();
    assertThat(scene.row().state()).isEqualTo(ChangeState.PROPOSED);

    scene.assertOpen(scene.propose(ChangeScene.POLICY), ChangeState.READY, "");
    assertThat(model.git.commits).hasSize(2);
  }

  @Test
  void freezeOnTheWayStopsBeforeTheNextWriteAndItGoesOnAfterIt() {
    model.before.put("POST /graphql", () -> scene.frozen = Optional.of("wait"));

    assertRefused(scene.propose(ChangeScene.POLICY), ChangeRefusal.FROZEN);
    assertThat(model.pulls).isEmpty();

    scene.frozen = Optional.empty();
    scene.assertOpen(scene.propose(ChangeScene.POLICY), ChangeState.READY, "");
  }

  @Test
  void changeIsFollowedWithoutItsFiles() {
    scene.propose(ChangeScene.MERGING);
    scene.pass();

    ChangeResult result = scene.changes(ChangeScene.MERGING).follow(scene.row(), scene.proposer());

    assertThat(result).as(result.summary()).isInstanceOf(ChangeResult.Merged.class);
    scene.assertMergedOnce();
    ChangeResult again = scene.changes(ChangeScene.MERGING).follow(scene.row(), scene.proposer());
    assertThat(again).isEqualTo(result);
  }

  @Test
  void agentOfTheDocumentationProposes() {
    Changes door =
        new Changes() {
          @Override
          public ChangeResult propose(Change change) {
            return scene.propose(ChangeScene.POLICY, change);
          }

          @Override
          public ChangeResult follow(String key) {
            throw new AssertionError("nobody follows " + key);
          }

          @Override
          public List<ChangeRecord> history(int limit) {
            return scene.history();
          }
        };

    ChangeResult result = ProposingAgent.greetInTheEvening(door, head(), "Good day\n");

    scene.assertOpen(result, ChangeState.READY, "");
    assertThat(ProposingAgent.repository().name()).isEqualTo("acme/my-bot");
  }

  @Test
  void changeWithoutItsCommitCannotBeFollowed() {
    ChangeStore journal = scene.store.changes();
    ChangeRecord begun =
        journal
            .begin(scene.fence.orElseThrow(), ChangeBrief.of("acme/bot", ChangeScene.CHANGE))
            .orElseThrow();

    assertRefused(
        scene.changes(ChangeScene.MERGING).follow(begun, scene.proposer()),
        ChangeRefusal.INCOMPLETE);
    assertThat(model.requests).isZero();
    assertThat(scene.row()).isEqualTo(begun);
  }

  private String head() {
    return model.git.branches.get(RepositoryModel.MAIN);
  }

  private static void assertRefused(ChangeResult result, ChangeRefusal code) {
    assertThat(result)
        .as(result.summary())
        .isInstanceOfSatisfying(
            ChangeResult.Refused.class, refused -> assertThat(refused.code()).isEqualTo(code));
  }
}
