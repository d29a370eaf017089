package io.selfupgrade.core.upgrade;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.InstanceId;
import io.selfupgrade.core.upgrade.UpgradeScene.Parts;
import io.selfupgrade.failover.InstanceRecord;
import io.selfupgrade.upgrade.Approval;
import io.selfupgrade.upgrade.PolicyStore.Verdict;
import io.selfupgrade.upgrade.Proof;
import io.selfupgrade.upgrade.Reason;
import io.selfupgrade.upgrade.ReasonCode;
import io.selfupgrade.upgrade.StepRecord;
import io.selfupgrade.upgrade.Switch;
import io.selfupgrade.upgrade.UpgradeOutcome;
import io.selfupgrade.upgrade.UpgradePhase;
import io.selfupgrade.upgrade.UpgradeRecord;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ApprovalsTest {

  private static final Policy ASKING =
      new Policy(
          "stable",
          Duration.ZERO,
          Duration.ofDays(30),
          Set.of(),
          Approval.REQUIRED,
          Duration.ofDays(3),
          Switch.BESIDE);

  @TempDir Path root;
  private UpgradeScene scene;
  private Parts parts;
  private Proof.Validated validated;

  @BeforeEach
  void validateARelease() throws Exception {
    scene = new UpgradeScene(root);
    scene.publish("1.1.0");
    parts = scene.parts(ASKING);
    Proof.Available available = UpgradeScene.proof(parts.check());
    Proof.Staged staged = UpgradeScene.proof(parts.pipeline().pull(available));
    validated = UpgradeScene.proof(parts.pipeline().validate(staged));
  }

  @Test
  void aValidatedReleaseWaitsAndNothingIsBackedUpBeforeTheWord() {
    assertThat(waiting().phase()).isEqualTo(UpgradePhase.AWAITING_APPROVAL);
    assertThat(settle()).isFalse();
    assertThatThrownBy(() -> parts.pipeline().backup(validated))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("waits for approval")
        .hasMessageContaining(waiting().id().toString());
    assertThat(scene.store.snapshots().list(UpgradeScene.AGENT)).isEmpty();
  }

  @Test
  void theWordLetsItGoOnWithABackupAfterIt() throws Exception {
    decide(true);

    assertThat(settle()).isTrue();
    Proof.Validated approved = UpgradeScene.proof(parts.pipeline().approved(waiting()));
    assertThat(approved).isEqualTo(validated);
    UpgradeScene.proof(parts.pipeline().backup(approved));
    assertThat(scene.store.snapshots().list(UpgradeScene.AGENT)).hasSize(1);
    assertThat(scene.store.journal().steps(waiting().id()))
        .extracting(StepRecord::detail)
        .anyMatch("approved by ada"::equals);
  }

  @Test
  void theWordOutlivesThePrimaryAndTheStagedFiles() throws Exception {
    decide(true);
    Fence before = scene.side.fence;
    scene.store.instances().stopped(before.holder());
    scene.side.fence =
        scene.takeOver(
            new InstanceRecord(
                InstanceId.random(),
                UpgradeScene.AGENT,
                scene.self.version(),
                scene.self.build(),
                Optional.empty(),
                true,
                "here"),
            before);
    assertThat(waiting().phase().isAbortedByNewPrimary()).isFalse();
    deleteTree(validated.directory());
    parts = scene.parts(ASKING);

    assertThat(settle()).isTrue();
    Proof.Validated approved = UpgradeScene.proof(parts.pipeline().approved(waiting()));
    assertThat(approved.directory().resolve("release.json")).isRegularFile();
    UpgradeScene.proof(parts.pipeline().backup(approved));
  }

  @Test
  void aRejectedReleaseIsRefusedInThePersonsWords() {
    decide(false);

    assertThat(settle()).isFalse();
    Reason reason = UpgradeScene.reasonOf(outcome());
    assertThat(reason.code()).isEqualTo(ReasonCode.REJECTED);
    assertThat(reason.message()).contains("ada rejected it: too late for that");
    assertThat(scene.store.journal().failedVersions(UpgradeScene.AGENT)).isEmpty();
  }

  @Test
  void aWordThatDoesNotComeInTimeOrIsNotActedUponExpires() {
    scene.clock.advance(Duration.ofDays(3));
    assertThat(settle()).isFalse();
    assertThat(waiting().phase()).isEqualTo(UpgradePhase.AWAITING_APPROVAL);
    decide(true);
    scene.clock.advance(Duration.ofSeconds(1));

    assertThat(settle()).isFalse();
    Reason reason = UpgradeScene.reasonOf(outcome());
    assertThat(reason.code()).isEqualTo(ReasonCode.APPROVAL_EXPIRED);
    assertThat(reason.message()).contains("PT72H", "upgrade()");
  }

  @Test
  void aNewerReleaseTakesItsPlaceEvenAfterTheWord() throws Exception {
    decide(true);
    scene.publish("1.2.0");

    Reason reason = UpgradeScene.reasonOf(parts.pipeline().approved(waiting()));

    assertThat(reason.code()).isEqualTo(ReasonCode.SUPERSEDED);
    assertThat(reason.message()).contains("1.2.0 was published while 1.1.0 waited");
    assertThat(outcome()).isInstanceOf(UpgradeOutcome.Aborted.class);
    assertThat(UpgradeScene.proof(parts.check()).release().version()).hasToString("1.2.0");
  }

  @Test
  void aFreezeHoldsAnApprovedReleaseAndItsEndLetsItGoOn() {
    decide(true);
    scene.store.journal().freeze(UpgradeScene.AGENT, "holidays");
    assertThat(settle()).isFalse();
    assertThat(waiting().phase()).isEqualTo(UpgradePhase.AWAITING_APPROVAL);

    scene.store.journal().unfreeze(UpgradeScene.AGENT);

    assertThat(settle()).isTrue();
  }

  private UpgradeRecord waiting() {
    return parts.newest();
  }

  private UpgradeOutcome outcome() {
    return parts.newest().outcome().orElseThrow();
  }

  private boolean settle() {
    return parts.pipeline().approvals().settle(scene.side.fence, waiting());
  }

  private void decide(boolean approved) {
    assertThat(
            scene
                .store
                .policies()
                .decide(
                    waiting().id(),
                    waiting().target().orElseThrow().manifestSha256(),
                    new Verdict(approved, "ada", "too late for that")))
        .isTrue();
  }

  private static void deleteTree(Path directory) throws Exception {
    try (var files = Files.walk(directory)) {
      for (Path file : files.sorted((one, other) -> other.compareTo(one)).toList()) {
        file.toFile().setWritable(true);
        if (file.getParent() != null) {
          file.getParent().toFile().setWritable(true);
        }
        Files.delete(file);
      }
    }
  }
}
