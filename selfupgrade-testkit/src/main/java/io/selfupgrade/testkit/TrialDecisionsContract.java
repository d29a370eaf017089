package io.selfupgrade.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.Version;
import io.selfupgrade.failover.InstanceRecord;
import io.selfupgrade.failover.Lease;
import io.selfupgrade.store.AgentStore;
import io.selfupgrade.upgrade.Reason;
import io.selfupgrade.upgrade.ReasonCode;
import io.selfupgrade.upgrade.UpgradeJournal;
import io.selfupgrade.upgrade.UpgradeOutcome;
import io.selfupgrade.upgrade.UpgradePhase;
import io.selfupgrade.upgrade.UpgradeRecord;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Obligations of {@link io.selfupgrade.upgrade.TrialDecisions}. */
abstract class TrialDecisionsContract extends StoreContract {

  private static final Reason VERDICT =
      new Reason(ReasonCode.CRITICAL_PATH_FAILED, "answers: no answer within 5 s");
  private static final Reason LATE =
      new Reason(ReasonCode.DEADLINE_PASSED, "probation was not served in time");
  private static final UpgradeJournal.Ending ENDING = new UpgradeJournal.Ending(LATE, true);

  @Test
  void handOverMovesThePhaseAndGivesTheLeaseToTheCandidate() {
    Scene.Upgrading trial = scene.upgradeIn(UpgradePhase.TRIAL);

    Optional<Fence> fence = handOver(trial);

    assertThat(fence).contains(new Fence(scene.agent, trial.candidate(), 2));
    assertThat(lease().fence()).isEqualTo(fence.orElseThrow());
    assertThat(lease().remaining()).isPositive().isLessThanOrEqualTo(LONG);
    assertThat(lease().lockHeld()).isFalse();
    assertThat(store.leadership().renew(trial.old(), LONG, Optional.empty())).isFalse();
    assertThat(row(trial).phase()).isEqualTo(UpgradePhase.HANDED_OVER);
    assertThat(trialOf(trial).candidate()).contains(trial.candidate());
    assertThat(trialOf(trial).epoch()).isEqualTo(2);
    assertThat(trialOf(trial).remaining()).isPositive().isLessThanOrEqualTo(LONG);
    assertThat(store.journal().confirmedVersion(scene.agent)).contains(V1);
  }

  @Test
  void handOverInAnotherPhaseChangesNeitherPhaseNorLease() {
    Scene.Upgrading staged = scene.upgradeIn(UpgradePhase.STAGED);

    assertThat(handOver(staged)).isEmpty();

    assertThat(lease().fence()).isEqualTo(staged.old());
    assertThat(row(staged).phase()).isEqualTo(UpgradePhase.STAGED);
  }

  @Test
  void handOverOfALostFenceChangesNeitherPhaseNorLease() {
    Scene.Upgrading trial = scene.upgradeIn(UpgradePhase.TRIAL);
    Fence next = scene.takeOverFrom(trial.old());

    assertThat(handOver(trial)).isEmpty();

    assertThat(lease().fence()).isEqualTo(next);
    assertThat(row(trial).phase()).isEqualTo(UpgradePhase.TRIAL);
  }

  @Test
  void aLookNeedsNoFenceAndCountsWhileHandedOver() {
    Scene.Upgrading upgrading = scene.upgradeIn(UpgradePhase.HANDED_OVER);
    assertThat(trialOf(upgrading).look()).isEmpty();
    long before = System.nanoTime();

    assertThat(look(upgrading, Optional.empty())).isTrue();

    UpgradeRecord.Look passed = trialOf(upgrading).look().orElseThrow();
    assertThat(passed.passed()).isTrue();
    assertYoungerThanSince(before, passed.age());
    assertThat(look(upgrading, Optional.of(VERDICT))).isTrue();
    assertThat(trialOf(upgrading).look().orElseThrow().failure()).contains(VERDICT);
  }

  @Test
  void aLookOfAnotherVersionDoesNotCount() {
    Scene.Upgrading upgrading = scene.upgradeIn(UpgradePhase.HANDED_OVER);

    assertThat(store.journal().look(upgrading.upgrade(), V2, Optional.of(VERDICT))).isFalse();
    assertThat(
            store.journal().look(upgrading.upgrade(), Version.parse("1.0.1"), Optional.of(VERDICT)))
        .isFalse();

    assertThat(trialOf(upgrading).look()).isEmpty();
  }

  @Test
  void aLookInAnotherPhaseDoesNotCount() {
    for (UpgradePhase phase :
        List.of(UpgradePhase.TRIAL, UpgradePhase.CONFIRMED, UpgradePhase.ROLLING_BACK)) {
      Scene.Upgrading upgrading = new Scene(store).upgradeIn(phase);
      assertThat(look(upgrading, Optional.of(VERDICT))).as(phase.name()).isFalse();
    }
  }

  @Test
  void goBackOnAFailedLookTakesTheLeaseAndKeepsTheReasonOfTheLook() {
    Scene.Upgrading upgrading = scene.upgradeIn(UpgradePhase.HANDED_OVER);
    assertThat(look(upgrading, Optional.of(VERDICT))).isTrue();

    Optional<Fence> fence = goBack(upgrading);

    assertThat(fence).contains(new Fence(scene.agent, upgrading.old().holder(), 3));
    assertThat(lease().fence()).isEqualTo(fence.orElseThrow());
    assertThat(lease().expired()).isFalse();
    assertThat(row(upgrading).phase()).isEqualTo(UpgradePhase.ROLLING_BACK);
    assertThat(row(upgrading).decision().reason()).contains(VERDICT);
    assertThat(store.leadership().renew(upgrading.primary(), LONG, Optional.empty())).isFalse();
  }

  @Test
  void goBackOnAPassedDeadlineKeepsTheReasonThatIsGiven() {
    Scene.Upgrading upgrading = handedOver(LONG, SHORT);
    passShort();
    assertThat(trialOf(upgrading).remaining()).isNegative();

    assertThat(goBack(upgrading)).isPresent();

    assertThat(row(upgrading).phase()).isEqualTo(UpgradePhase.ROLLING_BACK);
    assertThat(row(upgrading).decision().reason()).contains(LATE);
    assertThat(row(upgrading).decision().retryable()).isTrue();
  }

  @Test
  void goBackWithoutAFailedLookAndBeforeTheDeadlineChangesNothing() {
    Scene.Upgrading upgrading = scene.upgradeIn(UpgradePhase.HANDED_OVER);

    assertThat(goBack(upgrading)).isEmpty();
    assertThat(look(upgrading, Optional.empty())).isTrue();
    assertThat(goBack(upgrading)).isEmpty();

    assertThat(lease().fence()).isEqualTo(upgrading.primary());
    assertThat(row(upgrading).phase()).isEqualTo(UpgradePhase.HANDED_OVER);
  }

  @Test
  void goBackOfAnotherVersionChangesNothing() {
    Scene.Upgrading upgrading = scene.upgradeIn(UpgradePhase.HANDED_OVER);
    assertThat(look(upgrading, Optional.of(VERDICT))).isTrue();

    assertThat(
            store.journal().goBack(upgrading.upgrade(), V2, upgrading.old().holder(), LONG, ENDING))
        .isEmpty();

    assertThat(lease().fence()).isEqualTo(upgrading.primary());
    assertThat(row(upgrading).phase()).isEqualTo(UpgradePhase.HANDED_OVER);
  }

  @Test
  void goingBackEndsAsRolledBack() {
    Scene.Upgrading upgrading = scene.upgradeIn(UpgradePhase.HANDED_OVER);
    assertThat(look(upgrading, Optional.of(VERDICT))).isTrue();
    Fence fence = goBack(upgrading).orElseThrow();

    assertThat(
            store
                .journal()
                .move(
                    fence,
                    upgrading.upgrade(),
                    UpgradePhase.ROLLING_BACK,
                    UpgradePhase.ROLLED_BACK,
                    Optional.of(new UpgradeJournal.Ending(VERDICT, false))))
        .isTrue();

    assertThat(row(upgrading).outcome()).contains(new UpgradeOutcome.RolledBack(VERDICT, false));
    assertThat(store.journal().confirmedVersion(scene.agent)).contains(V1);
  }

  @Test
  void aMoveWithoutAReasonKeepsTheOneThatIsThere() {
    Scene.Upgrading upgrading = scene.upgradeIn(UpgradePhase.HANDED_OVER);
    assertThat(look(upgrading, Optional.of(VERDICT))).isTrue();
    Fence fence = goBack(upgrading).orElseThrow();

    assertThat(
            store
                .journal()
                .move(
                    fence,
                    upgrading.upgrade(),
                    UpgradePhase.ROLLING_BACK,
                    UpgradePhase.ROLLED_BACK))
        .isTrue();

    assertThat(row(upgrading).outcome())
        .contains(new UpgradeOutcome.RolledBack(VERDICT, ENDING.retryable()));
  }

  @Test
  void confirmMovesThePhaseAndWritesTheConfirmedVersion() {
    Scene.Upgrading upgrading = scene.upgradeIn(UpgradePhase.HANDED_OVER);
    assertThat(look(upgrading, Optional.empty())).isTrue();

    assertThat(confirm(upgrading, LONG)).isTrue();

    assertThat(row(upgrading).phase()).isEqualTo(UpgradePhase.CONFIRMED);
    assertThat(row(upgrading).outcome()).contains(new UpgradeOutcome.Upgraded(V1, V2));
    assertThat(store.journal().confirmedVersion(scene.agent)).contains(V2);
    assertThat(confirm(upgrading, LONG)).isFalse();
  }

  @Test
  void confirmWithoutALookIsRefusedWhileTheOldVersionIsAlive() {
    Scene.Upgrading upgrading = scene.upgradeIn(UpgradePhase.HANDED_OVER);

    assertNotConfirmed(upgrading, LONG);
  }

  @Test
  void confirmAfterAFailedLookIsRefusedAlsoOnceTheOldVersionHasStopped() {
    Scene.Upgrading upgrading = scene.upgradeIn(UpgradePhase.HANDED_OVER);
    assertThat(look(upgrading, Optional.of(VERDICT))).isTrue();
    assertNotConfirmed(upgrading, LONG);
    store.instances().stopped(upgrading.old().holder());

    assertNotConfirmed(upgrading, LONG);
  }

  @Test
  void confirmWithAnOldLookIsRefusedWhileTheOldVersionIsAlive() {
    Duration ttl = SHORT.multipliedBy(4);
    boolean confirmed =
        Eventually.present(
            "the old version was alive when the store decided", LONG, () -> confirmLate(ttl));

    assertThat(confirmed).isFalse();
  }

  /** Confirms with a look older than the ttl; empty if the heartbeat has become older too. */
  private Optional<Boolean> confirmLate(Duration ttl) {
    Scene.Upgrading upgrading = new Scene(store).upgradeIn(UpgradePhase.HANDED_OVER);
    assertThat(look(upgrading, Optional.empty())).isTrue();
    stores().passTime(ttl.plus(SHORT));
    assertThat(store.instances().heartbeat(upgrading.old().holder())).isTrue();
    boolean confirmed = confirm(upgrading, ttl);
    boolean alive = store.instances().find(upgrading.old().holder()).orElseThrow().aliveWithin(ttl);
    return alive ? Optional.of(confirmed) : Optional.empty();
  }

  @Test
  void confirmNeedsNoLookOnceTheOldVersionHasStopped() {
    Scene.Upgrading upgrading = scene.upgradeIn(UpgradePhase.HANDED_OVER);
    store.instances().stopped(upgrading.old().holder());

    assertThat(confirm(upgrading, LONG)).isTrue();
  }

  @Test
  void confirmNeedsNoLookOnceTheOldVersionIsSilentForOneTtl() {
    Scene.Upgrading upgrading = scene.upgradeIn(UpgradePhase.HANDED_OVER);
    assertNotConfirmed(upgrading, LONG);
    passShort();

    assertThat(confirm(upgrading, SHORT)).isTrue();
  }

  @Test
  void confirmAfterTheDeadlineIsRefused() {
    Scene.Upgrading upgrading = handedOver(LONG, SHORT);
    assertThat(look(upgrading, Optional.empty())).isTrue();
    passShort();

    assertNotConfirmed(upgrading, LONG);
  }

  @Test
  void confirmOfALostFenceIsRefused() {
    Scene.Upgrading upgrading = scene.upgradeIn(UpgradePhase.HANDED_OVER);
    assertThat(look(upgrading, Optional.empty())).isTrue();
    Scene.Upgrading byTheOld =
        new Scene.Upgrading(
            upgrading.upgrade(), upgrading.old(), upgrading.candidate(), upgrading.old());

    assertNotConfirmed(byTheOld, LONG);
  }

  @Test
  void ofConfirmingAndGoingBackOneDecides() {
    Scene.Upgrading upgrading = scene.upgradeIn(UpgradePhase.HANDED_OVER);
    store.instances().stopped(upgrading.old().holder());
    assertThat(look(upgrading, Optional.of(VERDICT))).isTrue();
    AgentStore other = secondStore();

    List<Boolean> decided =
        inThreads(
            index ->
                index % 2 == 0
                    ? store.journal().confirm(upgrading.primary(), upgrading.upgrade(), LONG)
                    : other
                        .journal()
                        .goBack(upgrading.upgrade(), V1, upgrading.old().holder(), LONG, ENDING)
                        .isPresent());

    assertThat(decided).filteredOn(Boolean::booleanValue).hasSize(1);
    boolean confirmed = row(upgrading).phase() == UpgradePhase.CONFIRMED;
    assertThat(lease().fence().epoch()).isEqualTo(confirmed ? 2 : 3);
    assertThat(store.journal().confirmedVersion(scene.agent)).contains(confirmed ? V2 : V1);
  }

  @Test
  void aCandidateThatLeadsAgainContinuesItsTrialByResume() {
    Scene.Upgrading upgrading = handedOver(SHORT, SHORT);
    passShort();
    InstanceRecord restarted = scene.candidateOf(upgrading.upgrade());
    Fence fence = scene.lead(restarted, LONG);

    assertThat(store.journal().resume(fence, upgrading.upgrade(), LONG)).isTrue();

    assertThat(trialOf(upgrading).candidate()).contains(restarted.id());
    assertThat(trialOf(upgrading).epoch()).isEqualTo(3);
    assertThat(trialOf(upgrading).remaining()).isPositive().isLessThanOrEqualTo(LONG);
    assertThat(goBack(upgrading)).isEmpty();
    assertThat(look(upgrading, Optional.empty())).isTrue();
    assertThat(store.journal().confirm(fence, upgrading.upgrade(), LONG)).isTrue();
  }

  @Test
  void resumeAndSelfCheckCountOnlyWhileHandedOver() {
    for (UpgradePhase phase :
        List.of(UpgradePhase.TRIAL, UpgradePhase.CONFIRMED, UpgradePhase.ROLLING_BACK)) {
      Scene.Upgrading upgrading = new Scene(store).upgradeIn(phase);
      assertThat(store.journal().resume(upgrading.primary(), upgrading.upgrade(), LONG))
          .as("resume in %s", phase)
          .isFalse();
      assertThat(
              store.journal().selfCheck(upgrading.primary(), upgrading.upgrade(), Optional.empty()))
          .as("self-check in %s", phase)
          .isFalse();
    }
  }

  @Test
  void aSelfCheckIsWhatTheCandidateFound() {
    Scene.Upgrading upgrading = scene.upgradeIn(UpgradePhase.HANDED_OVER);
    UpgradeJournal journal = store.journal();

    assertThat(journal.selfCheck(upgrading.primary(), upgrading.upgrade(), Optional.empty()))
        .isTrue();
    assertThat(trialOf(upgrading).selfCheck().orElseThrow().passed()).isTrue();
    assertThat(journal.selfCheck(upgrading.primary(), upgrading.upgrade(), Optional.of(VERDICT)))
        .isTrue();

    assertThat(trialOf(upgrading).selfCheck().orElseThrow().failure()).contains(VERDICT);
    assertThat(trialOf(upgrading).look()).isEmpty();
  }

  private void assertNotConfirmed(Scene.Upgrading upgrading, Duration ttl) {
    assertThat(confirm(upgrading, ttl)).isFalse();
    assertThat(row(upgrading).phase()).isEqualTo(UpgradePhase.HANDED_OVER);
    assertThat(store.journal().confirmedVersion(scene.agent)).contains(V1);
  }

  private Scene.Upgrading handedOver(Duration ttl, Duration limit) {
    return scene.upgradeIn(UpgradePhase.HANDED_OVER, scene.lead(), ttl, limit);
  }

  private Optional<Fence> handOver(Scene.Upgrading trial) {
    return store.journal().handOver(trial.old(), trial.upgrade(), trial.candidate(), LONG, LONG);
  }

  private boolean look(Scene.Upgrading upgrading, Optional<Reason> failure) {
    return store.journal().look(upgrading.upgrade(), V1, failure);
  }

  private Optional<Fence> goBack(Scene.Upgrading upgrading) {
    return store.journal().goBack(upgrading.upgrade(), V1, upgrading.old().holder(), LONG, ENDING);
  }

  private boolean confirm(Scene.Upgrading upgrading, Duration ttl) {
    return store.journal().confirm(upgrading.primary(), upgrading.upgrade(), ttl);
  }

  private Lease lease() {
    return store.leadership().read(scene.agent).orElseThrow();
  }

  private UpgradeRecord row(Scene.Upgrading upgrading) {
    return store.journal().find(upgrading.upgrade()).orElseThrow();
  }

  private UpgradeRecord.Trial trialOf(Scene.Upgrading upgrading) {
    return row(upgrading).trial().orElseThrow();
  }
}
