package io.selfupgrade.core.upgrade;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.agent.Version;
import io.selfupgrade.core.upgrade.UpgradeScene.Parts;
import io.selfupgrade.upgrade.PolicyStore.WantedRollback;
import io.selfupgrade.upgrade.Proof;
import io.selfupgrade.upgrade.Reason;
import io.selfupgrade.upgrade.ReasonCode;
import io.selfupgrade.upgrade.StateVersions;
import io.selfupgrade.upgrade.StepRecord;
import io.selfupgrade.upgrade.StepResult;
import io.selfupgrade.upgrade.Trigger;
import io.selfupgrade.upgrade.UpgradePhase;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Going back on purpose, from 1.0.0; the whole way is in {@code UpgradeProcessTest}. */
class RollbackTargetTest {

  @TempDir Path root;
  private UpgradeScene scene;
  private Parts parts;

  @BeforeEach
  void makeScene() throws Exception {
    scene = new UpgradeScene(root);
    parts = scene.parts();
  }

  @Test
  void anOlderConfirmedVersionGoesThroughTheSameStepsFromItsSlot() throws Exception {
    scene.confirm(scene.install("0.9.0"));
    // Neither a stale index nor an old release keeps anybody from going back.
    scene.clock.advance(Duration.ofDays(3));

    Proof.Staged staged = UpgradeScene.proof(back("0.9.0"));

    assertThat(staged.directory()).isEqualTo(scene.home.resolve("versions/0.9.0"));
    assertThat(parts.newest().phase()).isEqualTo(UpgradePhase.STAGED);
    assertThat(parts.newest().trigger()).isEqualTo(Trigger.ROLLBACK);
    assertThat(scene.store.journal().steps(staged.upgrade()))
        .extracting(StepRecord::detail)
        .contains("ada wants to go back to 0.9.0");
    assertThat(scene.store.policies().waitingRollback(UpgradeScene.AGENT)).isEmpty();
    Proof.Validated validated = UpgradeScene.proof(parts.pipeline().validate(staged));
    UpgradeScene.proof(parts.pipeline().backup(validated));
  }

  @Test
  void aNewerVersionIsNotGoneBackTo() {
    Reason reason = refused("1.0.0");

    assertThat(reason.code()).isEqualTo(ReasonCode.NOT_OLDER);
    assertThat(reason.message()).contains("1.0.0 is not older than the running 1.0.0", "upgrade()");
  }

  @Test
  void aVersionWhoseSlotIsGoneIsNamed() {
    Reason reason = refused("0.8.0");

    assertThat(reason.code()).isEqualTo(ReasonCode.NOT_INSTALLED);
    assertThat(reason.message()).contains("0.8.0", "publish a newer version with the old code");
  }

  @Test
  void aDamagedSlotIsNotStarted() throws Exception {
    scene.confirm(scene.install("0.9.0"));
    Path jar = scene.home.resolve("versions/0.9.0/bot-0.9.0.jar");
    jar.getParent().toFile().setWritable(true);
    jar.toFile().setWritable(true);
    Files.writeString(jar, "something else");

    assertThat(refused("0.9.0").code()).isEqualTo(ReasonCode.NOT_INSTALLED);
  }

  @Test
  void aVersionThatWasNeverConfirmedIsRefused() throws Exception {
    scene.install("0.9.0");

    Reason reason = refused("0.9.0");

    assertThat(reason.code()).isEqualTo(ReasonCode.NEVER_CONFIRMED);
    assertThat(reason.message()).contains("0.9.0 was never confirmed here", "history()");
  }

  @Test
  void aVersionThatCannotReadTheStateIsRefused() throws Exception {
    scene.confirm(scene.install("0.9.0", recipe -> recipe.state(new StateVersions(2, 2, 2))));

    assertThat(refused("0.9.0").code()).isEqualTo(ReasonCode.STATE_INCOMPATIBLE);
  }

  private StepResult<Proof.Staged> back(String version) {
    scene.store.policies().askRollback(UpgradeScene.AGENT, Version.parse(version), "ada");
    WantedRollback wish = scene.store.policies().waitingRollback(UpgradeScene.AGENT).orElseThrow();
    return parts.pipeline().rollback(wish);
  }

  private Reason refused(String version) {
    return UpgradeScene.reasonOf(back(version));
  }
}
