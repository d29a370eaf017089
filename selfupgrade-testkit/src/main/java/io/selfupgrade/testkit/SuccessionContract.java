package io.selfupgrade.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.agent.Fence;
import io.selfupgrade.failover.Acquisition;
import io.selfupgrade.failover.InstanceRecord;
import io.selfupgrade.failover.TakeOver;
import io.selfupgrade.upgrade.UpgradeJournal;
import io.selfupgrade.upgrade.UpgradePhase;
import io.selfupgrade.upgrade.UpgradeRecord;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Obligations of {@code LeadershipStore.acquire} while an upgrade is open. */
abstract class SuccessionContract extends StoreContract {

  private static final TakeOver EXPIRED = new TakeOver.Expired();

  @TestFactory
  Stream<DynamicTest> beforeTheHandOverACandidateLeadsOnlyByTransferAndAnotherInstanceMay() {
    return Stream.of(
            UpgradePhase.OPEN,
            UpgradePhase.STAGED,
            UpgradePhase.AWAITING_APPROVAL,
            UpgradePhase.TRIAL)
        .map(phase -> DynamicTest.dynamicTest(phase.name(), () -> checkBeforeTheHandOver(phase)));
  }

  private void checkBeforeTheHandOver(UpgradePhase phase) {
    Scene own = new Scene(store);
    Scene.Upgrading upgrading = own.upgradeIn(phase);
    assertThat(store.leadership().release(upgrading.primary())).isTrue();

    Scene.denied(store.leadership().acquire(own.candidateOf(upgrading.upgrade()), EXPIRED, SHORT));

    Acquisition.Acquired other =
        Scene.granted(store.leadership().acquire(own.instance(V1), EXPIRED, LONG));
    assertThat(other.goingBack()).isEmpty();
    assertThat(other.fence().epoch()).isEqualTo(2);
    assertThat(phaseOf(upgrading.upgrade())).isEqualTo(phase);
  }

  @Test
  void aCandidateOfAPlatformGoesOnAloneOneTtlAfterTheOldOneIsGone() {
    Scene.Upgrading upgrading =
        scene.upgradeIn(UpgradePhase.TRIAL, scene.lead(scene.instance(V1), SHORT), SHORT, LONG);
    InstanceRecord launched = scene.candidateOf(upgrading.upgrade());
    InstanceRecord deployed = scene.deployedCandidateOf(upgrading.upgrade());
    passShort();

    Scene.denied(store.leadership().acquire(deployed, EXPIRED, LONG));
    Scene.denied(store.leadership().acquire(launched, EXPIRED, SHORT));

    Acquisition.Acquired acquired =
        Scene.granted(store.leadership().acquire(deployed, EXPIRED, SHORT));
    assertThat(acquired.goingBack()).isEmpty();
    assertThat(phaseOf(upgrading.upgrade())).isEqualTo(UpgradePhase.TRIAL);
    Fence own =
        store
            .journal()
            .handOver(acquired.fence(), upgrading.upgrade(), deployed.id(), LONG, LONG)
            .orElseThrow();
    assertThat(own).isEqualTo(new Fence(scene.agent, deployed.id(), acquired.fence().epoch() + 1));
    assertThat(phaseOf(upgrading.upgrade())).isEqualTo(UpgradePhase.HANDED_OVER);
  }

  @Test
  void afterTheHandOverARestartedCandidateLeadsAtOnce() {
    Scene.Upgrading upgrading = handedOverShortly();
    passShort();
    InstanceRecord restarted = scene.candidateOf(upgrading.upgrade());

    Acquisition.Acquired acquired =
        Scene.granted(store.leadership().acquire(restarted, EXPIRED, LONG));

    assertThat(acquired.goingBack()).isEmpty();
    assertThat(acquired.fence().epoch()).isEqualTo(3);
    assertThat(phaseOf(upgrading.upgrade())).isEqualTo(UpgradePhase.HANDED_OVER);
  }

  @Test
  void afterTheHandOverAnotherInstanceWaitsOneMoreTtlAndThenGoesBack() {
    Scene.Upgrading upgrading = handedOverShortly();
    passShort();
    InstanceRecord old = scene.instance(V1);

    Scene.denied(store.leadership().acquire(old, EXPIRED, LONG));
    assertThat(phaseOf(upgrading.upgrade())).isEqualTo(UpgradePhase.HANDED_OVER);

    Acquisition.Acquired acquired = Scene.granted(store.leadership().acquire(old, EXPIRED, SHORT));
    assertThat(acquired.goingBack()).contains(upgrading.upgrade());
    assertThat(acquired.fence()).isEqualTo(new Fence(scene.agent, old.id(), 3));
    assertThat(phaseOf(upgrading.upgrade())).isEqualTo(UpgradePhase.ROLLING_BACK);
    assertThat(store.journal().find(upgrading.upgrade()).orElseThrow().decision().reason())
        .isPresent();
  }

  @Test
  void afterTheHandOverAnotherInstanceGoesBackAtOnceWhenTheCandidateIsAttestedDead() {
    Scene.Upgrading upgrading = scene.upgradeIn(UpgradePhase.HANDED_OVER);
    TakeOver way = new TakeOver.Attested(upgrading.candidate(), upgrading.primary().epoch());

    Acquisition.Acquired acquired =
        Scene.granted(store.leadership().acquire(scene.instance(V1), way, LONG));

    assertThat(acquired.goingBack()).contains(upgrading.upgrade());
    assertThat(phaseOf(upgrading.upgrade())).isEqualTo(UpgradePhase.ROLLING_BACK);
    assertThat(store.journal().confirm(upgrading.primary(), upgrading.upgrade(), LONG)).isFalse();
  }

  @Test
  void goingBackByTakingOverKeepsTheReasonOfAFailedLook() {
    Scene.Upgrading upgrading = scene.upgradeIn(UpgradePhase.HANDED_OVER);
    assertThat(store.journal().look(upgrading.upgrade(), V1, Optional.of(Scene.REASON))).isTrue();
    TakeOver way = new TakeOver.Attested(upgrading.candidate(), upgrading.primary().epoch());

    Scene.granted(store.leadership().acquire(scene.instance(V1), way, LONG));

    UpgradeRecord.Decision decision =
        store.journal().find(upgrading.upgrade()).orElseThrow().decision();
    assertThat(decision.reason()).contains(Scene.REASON);
  }

  @Test
  void anEndedUpgradeDoesNotCount() {
    Scene.Upgrading upgrading = scene.upgradeIn(UpgradePhase.CONFIRMED);
    assertThat(store.leadership().release(upgrading.primary())).isTrue();

    Scene.denied(store.leadership().acquire(scene.instance(V1), EXPIRED, LONG));
    Acquisition.Acquired acquired =
        Scene.granted(store.leadership().acquire(scene.instance(V2), EXPIRED, LONG));

    assertThat(acquired.goingBack()).isEmpty();
    assertThat(phaseOf(upgrading.upgrade())).isEqualTo(UpgradePhase.CONFIRMED);
  }

  @Test
  void aResumedTrialForgetsWhatWasFoundOnTheProcessBeforeExceptAFailedLook() {
    Scene.Upgrading upgrading = scene.upgradeIn(UpgradePhase.HANDED_OVER);
    UpgradeJournal journal = store.journal();
    UUID upgrade = upgrading.upgrade();
    assertThat(journal.selfCheck(upgrading.primary(), upgrade, Optional.empty())).isTrue();
    assertThat(journal.look(upgrade, V1, Optional.empty())).isTrue();

    assertThat(journal.resume(upgrading.primary(), upgrade, LONG)).isTrue();

    assertThat(trialOf(upgrade).look()).isEmpty();
    assertThat(trialOf(upgrade).selfCheck()).isEmpty();
    assertThat(journal.look(upgrade, V1, Optional.of(Scene.REASON))).isTrue();
    assertThat(journal.resume(upgrading.primary(), upgrade, LONG)).isTrue();
    assertThat(trialOf(upgrade).look().orElseThrow().failure()).contains(Scene.REASON);
  }

  private UpgradeRecord.Trial trialOf(UUID upgrade) {
    return store.journal().find(upgrade).orElseThrow().trial().orElseThrow();
  }

  private Scene.Upgrading handedOverShortly() {
    return scene.upgradeIn(UpgradePhase.HANDED_OVER, scene.lead(), SHORT, LONG);
  }

  private UpgradePhase phaseOf(UUID upgrade) {
    return store.journal().find(upgrade).orElseThrow().phase();
  }
}
