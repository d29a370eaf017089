package io.selfupgrade.github;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.change.ChangeRecord;
import io.selfupgrade.change.ChangeState;
import io.selfupgrade.supabase.TestDatabase;
import io.selfupgrade.testkit.Eventually;
import io.selfupgrade.upgrade.UpgradePhase;
import io.selfupgrade.upgrade.UpgradeRecord;
import io.selfupgrade.upgrade.UpgradeStep;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * From a change that an agent proposes to itself to the version that it upgrades to: agents in JVMs
 * of their own, under the real launcher and on a real Postgres. The repository stands in for
 * GitHub; what its workflow does the release tool does here.
 */
class ChangeUpgradeTest {

  @RegisterExtension final StandIn github = new StandIn();
  @RegisterExtension final TestDatabase database = TestDatabase.fresh();

  @TempDir Path directory;

  private final ReleasingModel model = new ReleasingModel();
  private final Publisher publisher = new Publisher(github);

  @Test
  void whatTheAgentProposedIsMergedReleasedAndRun() throws Exception {
    try (UpgradingScene scene = scene("merging")) {
      awaitChange(scene, ChangeState.WAITING);
      pass();
      ChangeRecord change = awaitChange(scene, ChangeState.MERGED);
      String merged = change.progress().merged().orElseThrow();
      assertThat(model.head()).isEqualTo(merged);

      assertThat(scene.look().phase()).isEqualTo(UpgradePhase.UP_TO_DATE);
      assertThat(model.dispatched).hasSize(1);
      assertThat(model.inputs()).containsEntry("commit", merged).containsEntry("channel", "stable");
      assertThat(UUID.fromString(model.inputs().get("upgrade"))).isNotNull();

      Path release =
          scene.sign("1.1.0", model.inputs().get("commit"), UpgradingAgent.class, "merging");
      scene.publish(publisher, release, merged);
      model.built = true;
      UpgradeRecord upgrade = scene.look();

      assertThat(upgrade.phase())
          .as(() -> upgrade.decision() + "\n" + said(scene))
          .isEqualTo(UpgradePhase.CONFIRMED);
      assertThat(upgrade.from()).hasToString("1.0.0");
      assertThat(upgrade.target().orElseThrow().version()).hasToString("1.1.0");
      assertThat(scene.steps(upgrade, UpgradeStep.CHECK))
          .contains("made of commit " + merged)
          .contains("change " + change.id() + " (pull request 1 of acme/bot)");
      scene.awaitConfirmed("1.1.0");
      scene.awaitLeader("1.1.0");
      assertThat(scene.home().resolve("versions/1.1.0/release.json")).content().contains(merged);
      assertThat(changes(scene)).as("the new version proposes nothing anew").hasSize(1);
    }
  }

  @Test
  void whatThePolicyDoesNotMergeLeadsToNoReleaseAndTheAgentGoesOn() throws Exception {
    try (UpgradingScene scene = scene("greedy")) {
      String head = model.head();
      pass();
      ChangeRecord change = awaitChange(scene, ChangeState.READY);
      ChangeRecord forbidden = awaitChange(scene, ChangeState.REFUSED);

      assertThat(change.note()).contains("by the policy a person merges it");
      assertThat(forbidden.note()).contains(".github/workflows/release.yml");
      UpgradeRecord look = scene.look();

      assertThat(look.phase()).as(() -> said(scene)).isEqualTo(UpgradePhase.UP_TO_DATE);
      assertThat(model.head()).isEqualTo(head);
      assertThat(model.dispatched).isEmpty();
      assertThat(model.repository.writes)
          .containsExactly("POST /git/refs", "POST /graphql", "POST /pulls");
      int asked = model.repository.requests;
      Eventually.holds(
          "the agent goes on", UpgradingScene.SOON, () -> model.repository.requests > asked + 4);
      scene.awaitLeader("1.0.0");
      assertThat(scene.current()).isEqualTo("1.0.0\n");
      assertThat(scene.store().journal().history(UpgradingScene.AGENT, 100))
          .extracting(UpgradeRecord::phase)
          .containsOnly(UpgradePhase.UP_TO_DATE);
    }
  }

  /** Starts version 1.0.0, which is made of the branch's head and published. */
  private UpgradingScene scene(String... args) throws Exception {
    github.serve(model);
    UpgradingScene scene = new UpgradingScene(directory, database.jdbcUrl(), github.url());
    Path first = scene.sign("1.0.0", model.head(), UpgradingAgent.class, args);
    scene.publish(publisher, first, model.head());
    scene.start(first);
    return scene;
  }

  /** Lets the checks pass that the policy and the build ask for. */
  private void pass() {
    synchronized (model.repository) {
      model.repository.run("build", "completed", "success");
      model.repository.status("answers", "success");
    }
  }

  private ChangeRecord awaitChange(UpgradingScene scene, ChangeState state) {
    return Eventually.present(
        "the change is " + state,
        UpgradingScene.SOON,
        () -> changes(scene).stream().filter(change -> change.state() == state).findFirst());
  }

  private static List<ChangeRecord> changes(UpgradingScene scene) {
    return scene.store().changes().history(UpgradingScene.AGENT, 10);
  }

  private static String said(UpgradingScene scene) {
    try {
      return scene.output();
    } catch (IOException e) {
      return e.toString();
    }
  }
}
