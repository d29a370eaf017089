package io.selfupgrade.core.upgrade;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.core.release.RefusalException;
import io.selfupgrade.core.upgrade.UpgradeScene.Parts;
import io.selfupgrade.upgrade.Proof;
import io.selfupgrade.upgrade.ReasonCode;
import io.selfupgrade.upgrade.StepResult;
import io.selfupgrade.upgrade.UpgradeOutcome;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A freeze before each forward step; that of hand-over and confirmation is in the contract. */
class FreezeTest {

  @TempDir Path root;
  private UpgradeScene scene;
  private Parts parts;

  @BeforeEach
  void publish() throws Exception {
    scene = new UpgradeScene(root);
    scene.publish("1.1.0");
    parts = scene.parts();
  }

  @Test
  void nothingIsChecked() {
    freezeByRow();

    assertFrozen(parts.check());
  }

  @Test
  void nothingIsDownloaded() throws Exception {
    Proof.Available available = UpgradeScene.proof(parts.check());
    freezeByFile();

    assertFrozen(parts.pipeline().pull(available));
    assertThat(scene.home.resolve("staging")).isEmptyDirectory();
  }

  @Test
  void nothingOfAReleaseIsTried() {
    Proof.Staged staged = staged();
    freezeByRow();

    assertFrozen(parts.pipeline().validate(staged));
  }

  @Test
  void noBackupIsTaken() {
    Proof.Validated validated = UpgradeScene.proof(parts.pipeline().validate(staged()));
    freezeByRow();

    assertFrozen(parts.pipeline().backup(validated));
    assertThat(scene.store.snapshots().list(UpgradeScene.AGENT)).isEmpty();
  }

  @Test
  void nothingIsInstalled() throws Exception {
    Proof.Validated validated = UpgradeScene.proof(parts.pipeline().validate(staged()));
    Proof.Prepared prepared = UpgradeScene.proof(parts.pipeline().backup(validated));
    freezeByFile();

    assertFrozen(parts.pipeline().deploy(prepared));
    assertThat(scene.home.resolve("versions/1.1.0")).doesNotExist();
    assertThat(scene.side.drained).isZero();
  }

  @Test
  void aFlagThatIsNoFileCountsToo() throws Exception {
    Files.createDirectory(scene.home.resolve("frozen"));

    assertFrozen(parts.check());
  }

  @Test
  void theEndOfAFreezeLetsTheSameReleaseBeInstalled() throws RefusalException {
    freezeByRow();
    assertFrozen(parts.check());
    scene.store.journal().unfreeze(UpgradeScene.AGENT);

    assertThat(parts.pipeline().look()).isPresent();
    assertThat(scene.store.journal().failedVersions(UpgradeScene.AGENT)).isEmpty();
  }

  private Proof.Staged staged() {
    return UpgradeScene.proof(parts.pipeline().pull(UpgradeScene.proof(parts.check())));
  }

  private void freezeByRow() {
    scene.store.journal().freeze(UpgradeScene.AGENT, "holidays");
  }

  private void freezeByFile() throws Exception {
    Files.writeString(scene.home.resolve("frozen"), "holidays\n");
  }

  private static void assertFrozen(StepResult<?> result) {
    assertThat(UpgradeScene.reasonOf(result).code()).isEqualTo(ReasonCode.FROZEN);
    UpgradeOutcome outcome = ((StepResult.Ended<?>) result).outcome();
    assertThat(outcome).isInstanceOf(UpgradeOutcome.Aborted.class);
    assertThat(((UpgradeOutcome.Aborted) outcome).retryable()).isTrue();
  }
}
