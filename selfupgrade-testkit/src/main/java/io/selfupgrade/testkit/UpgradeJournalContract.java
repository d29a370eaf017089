package io.selfupgrade.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.Version;
import io.selfupgrade.store.AgentStore;
import io.selfupgrade.upgrade.FailedVersion;
import io.selfupgrade.upgrade.Reason;
import io.selfupgrade.upgrade.ReasonCode;
import io.selfupgrade.upgrade.StepRecord;
import io.selfupgrade.upgrade.Trigger;
import io.selfupgrade.upgrade.UpgradeJournal;
import io.selfupgrade.upgrade.UpgradeOutcome;
import io.selfupgrade.upgrade.UpgradePhase;
import io.selfupgrade.upgrade.UpgradeRecord;
import io.selfupgrade.upgrade.UpgradeStep;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Obligations of {@link UpgradeJournal}, without those of a trial. */
abstract class UpgradeJournalContract extends StoreContract {

  @Test
  void openCreatesARowInOpen() {
    Fence fence = scene.lead();

    UpgradeRecord row = store.journal().open(fence, Trigger.SCHEDULED, V1).orElseThrow();

    assertThat(row.agent()).isEqualTo(scene.agent);
    assertThat(row.trigger()).isEqualTo(Trigger.SCHEDULED);
    assertThat(row.from()).isEqualTo(V1);
    assertThat(row.target()).isEmpty();
    assertThat(row.phase()).isEqualTo(UpgradePhase.OPEN);
    assertThat(row.decision().reason()).isEmpty();
    assertThat(row.trial()).isEmpty();
    assertThat(row.outcome()).isEmpty();
    assertThat(store.journal().find(row.id())).contains(row);
    assertThat(store.journal().openUpgrade(scene.agent)).contains(row);
    assertThat(store.journal().history(scene.agent, 10)).containsExactly(row);
  }

  @Test
  void openReturnsTheRowThatIsNotFinal() {
    Scene.Upgrading upgrading = scene.upgradeIn(UpgradePhase.STAGED);

    UpgradeRecord joined =
        store.journal().open(upgrading.primary(), Trigger.WEBHOOK, V2).orElseThrow();

    assertThat(joined.id()).isEqualTo(upgrading.upgrade());
    assertThat(joined.trigger()).isEqualTo(Trigger.MANUAL);
    assertThat(joined.from()).isEqualTo(V1);
    assertThat(store.journal().history(scene.agent, 10)).hasSize(1);
  }

  @Test
  void thereIsNeverMoreThanOneRowThatIsNotFinal() {
    Fence fence = scene.lead();
    AgentStore other = secondStore();

    List<UUID> ids =
        inThreads(
            index ->
                (index % 2 == 0 ? store : other)
                    .journal()
                    .open(fence, Trigger.MANUAL, V1)
                    .orElseThrow()
                    .id());

    assertThat(ids.stream().distinct()).hasSize(1);
    assertThat(store.journal().history(scene.agent, 10)).hasSize(1);
  }

  @Test
  void afterAnEndAnotherUpgradeIsOpenedAndHistoryShowsTheNewestFirst() {
    Scene.Upgrading first = scene.upgradeIn(UpgradePhase.UP_TO_DATE);
    stores().passTime(SHORT);
    Scene.Upgrading second = scene.upgradeIn(UpgradePhase.OPEN, first.primary());

    assertThat(store.journal().history(scene.agent, 10))
        .extracting(UpgradeRecord::id)
        .containsExactly(second.upgrade(), first.upgrade());
    assertThat(store.journal().history(scene.agent, 1))
        .extracting(UpgradeRecord::id)
        .containsExactly(second.upgrade());
    assertThat(store.journal().openUpgrade(scene.agent).orElseThrow().id())
        .isEqualTo(second.upgrade());
    assertThat(store.journal().find(UUID.randomUUID())).isEmpty();
  }

  @Test
  void theHistoryOfABuildHoldsItsUpgradesOnly() {
    Scene.Upgrading first = scene.upgradeIn(UpgradePhase.ABORTED);
    UUID other =
        store
            .journal()
            .open(first.primary(), Trigger.MANUAL, V1)
            .map(UpgradeRecord::id)
            .orElseThrow();
    store.journal().move(first.primary(), other, UpgradePhase.OPEN, UpgradePhase.UP_TO_DATE);
    Scene.Upgrading last = scene.upgradeIn(UpgradePhase.ABORTED, first.primary());

    assertThat(store.journal().historyOf(scene.agent, Scene.TARGET.manifestSha256(), 10))
        .extracting(UpgradeRecord::id)
        .containsExactly(last.upgrade(), first.upgrade());
    assertThat(store.journal().historyOf(scene.agent, Scene.TARGET.manifestSha256(), 1)).hasSize(1);
    assertThat(store.journal().historyOf(scene.agent, "d".repeat(64), 10)).isEmpty();
  }

  @Test
  void theTargetIsNamedWhileOpen() {
    Scene.Upgrading upgrading = scene.upgradeIn(UpgradePhase.STAGED);
    UpgradeRecord.Target other = new UpgradeRecord.Target(Version.parse("3.0.0"), "c".repeat(64));

    assertThat(row(upgrading).target()).contains(Scene.TARGET);
    assertThat(store.journal().target(upgrading.primary(), upgrading.upgrade(), other)).isFalse();
    assertThat(row(upgrading).target()).contains(Scene.TARGET);
  }

  @TestFactory
  Stream<DynamicTest> moveRefusesWhatIsNotAllowed() {
    return Arrays.stream(UpgradePhase.values())
        .map(from -> DynamicTest.dynamicTest("from " + from, () -> checkRefusedMoves(from)));
  }

  private void checkRefusedMoves(UpgradePhase from) {
    Scene.Upgrading upgrading = new Scene(store).upgradeIn(from);
    UpgradeRecord.Decision before = row(upgrading).decision();
    assertThat(before.phase()).isEqualTo(from);
    for (UpgradePhase to : UpgradePhase.values()) {
      boolean decidedWithTheLease = to == UpgradePhase.HANDED_OVER || to == UpgradePhase.CONFIRMED;
      if (!from.canMoveTo(to) || decidedWithTheLease) {
        assertThat(store.journal().move(upgrading.primary(), upgrading.upgrade(), from, to))
            .as("move from %s to %s", from, to)
            .isFalse();
      }
    }
    assertThat(row(upgrading).decision()).isEqualTo(before);
  }

  @Test
  void moveRefusesARowThatIsInAnotherPhase() {
    Scene.Upgrading upgrading = scene.upgradeIn(UpgradePhase.TRIAL);

    assertThat(
            store
                .journal()
                .move(
                    upgrading.primary(),
                    upgrading.upgrade(),
                    UpgradePhase.STAGED,
                    UpgradePhase.ABORTED))
        .isFalse();
    assertThat(row(upgrading).phase()).isEqualTo(UpgradePhase.TRIAL);
  }

  @Test
  void ofManyMovesOneDecides() {
    Scene.Upgrading upgrading = scene.upgradeIn(UpgradePhase.STAGED);
    AgentStore other = secondStore();
    UpgradePhase[] wanted = {UpgradePhase.TRIAL, UpgradePhase.REFUSED, UpgradePhase.ABORTED};

    List<Optional<UpgradePhase>> moved =
        inThreads(
            index -> {
              UpgradePhase to = wanted[index % wanted.length];
              boolean decided =
                  (index % 2 == 0 ? store : other)
                      .journal()
                      .move(upgrading.primary(), upgrading.upgrade(), UpgradePhase.STAGED, to);
              return decided ? Optional.of(to) : Optional.empty();
            });

    List<UpgradePhase> decisions = moved.stream().flatMap(Optional::stream).toList();
    assertThat(decisions).containsExactly(row(upgrading).phase());
  }

  @Test
  void theEndKeepsItsReason() {
    Scene.Upgrading upgrading = scene.upgradeIn(UpgradePhase.STAGED);
    Reason reason = new Reason(ReasonCode.SMOKE_FAILED, "exit code 3, expected 0");

    assertThat(
            store
                .journal()
                .move(
                    upgrading.primary(),
                    upgrading.upgrade(),
                    UpgradePhase.STAGED,
                    UpgradePhase.REFUSED,
                    Optional.of(new UpgradeJournal.Ending(reason, false))))
        .isTrue();

    UpgradeRecord row = row(upgrading);
    assertThat(row.decision().reason()).contains(reason);
    assertThat(row.decision().retryable()).isFalse();
    assertThat(row.outcome()).contains(new UpgradeOutcome.Refused(reason));
    assertThat(store.journal().openUpgrade(scene.agent)).isEmpty();
  }

  @Test
  void aTrialIsThereFromTheStartOfTheCandidate() {
    assertThat(row(scene.upgradeIn(UpgradePhase.STAGED)).trial()).isEmpty();

    UpgradeRecord.Trial trial =
        row(new Scene(store).upgradeIn(UpgradePhase.TRIAL)).trial().orElseThrow();

    assertThat(trial.candidate()).isEmpty();
    assertThat(trial.epoch()).isZero();
    assertThat(trial.remaining()).isZero();
    assertThat(trial.look()).isEmpty();
    assertThat(trial.selfCheck()).isEmpty();
  }

  @Test
  void stepsAreKeptInTheirOrderWithTheStoresTime() {
    Scene.Upgrading upgrading = scene.upgradeIn(UpgradePhase.OPEN);
    Fence fence = upgrading.primary();
    for (int i = 0; i < 20; i++) {
      assertThat(store.journal().record(fence, upgrading.upgrade(), Scene.step(fence, "step " + i)))
          .isTrue();
    }

    List<StepRecord> steps = store.journal().steps(upgrading.upgrade());

    assertThat(steps).hasSize(20).allMatch(step -> step.at().isPresent());
    for (int i = 0; i < steps.size(); i++) {
      StepRecord step = steps.get(i);
      assertThat(step.detail()).isEqualTo("step " + i);
      assertThat(step.step()).isEqualTo(UpgradeStep.CHECK);
      assertThat(step.event()).isEqualTo(StepRecord.Event.PROGRESS);
      assertThat(step.instance()).isEqualTo(fence.holder());
      assertThat(step.epoch()).isEqualTo(fence.epoch());
    }
    List<Instant> times = steps.stream().map(step -> step.at().orElseThrow()).toList();
    assertThat(times).isSorted();
  }

  @Test
  void anEntryOfTheLaunchersJournalIsCopiedOnce() {
    Scene.Upgrading upgrading = scene.upgradeIn(UpgradePhase.OPEN);
    Fence fence = upgrading.primary();
    UpgradeJournal journal = store.journal();
    UUID upgrade = upgrading.upgrade();
    String launcher = UUID.randomUUID().toString();

    assertThat(journal.copyLauncherEntry(fence, upgrade, launcher, 1, entry(fence, "one")))
        .isTrue();
    assertThat(journal.copyLauncherEntry(fence, upgrade, launcher, 1, entry(fence, "again")))
        .isFalse();
    assertThat(journal.copyLauncherEntry(fence, upgrade, launcher, 2, entry(fence, "two")))
        .isTrue();
    assertThat(journal.copyLauncherEntry(fence, upgrade, launcher + "b", 1, entry(fence, "three")))
        .isTrue();

    assertThat(journal.steps(upgrade))
        .extracting(StepRecord::detail)
        .containsExactly("one", "two", "three");
  }

  @Test
  void aRequestIsTakenOnceAndTiedToTheUpgradeThatAnswersIt() {
    UpgradeJournal journal = store.journal();
    UUID first = journal.request(scene.agent, Trigger.WEBHOOK);
    stores().passTime(SHORT);
    UUID second = journal.request(scene.agent, Trigger.MANUAL);
    assertThat(journal.waitingRequest(scene.agent)).contains(Trigger.WEBHOOK);
    assertThat(journal.answerOf(first)).isEmpty();
    Fence fence = scene.lead();
    UUID upgrade = journal.open(fence, Trigger.WEBHOOK, V1).orElseThrow().id();

    assertThat(journal.answerRequests(fence, upgrade)).isTrue();

    assertThat(journal.waitingRequest(scene.agent)).isEmpty();
    assertThat(journal.answerOf(first)).contains(upgrade);
    assertThat(journal.answerOf(second)).contains(upgrade);
    assertThat(journal.answerRequests(fence, upgrade)).isFalse();
    UUID later = journal.request(scene.agent, Trigger.MANUAL);
    assertThat(journal.answerOf(later)).isEmpty();
    assertThat(journal.answerOf(first)).contains(upgrade);
  }

  @Test
  void requestsOfAnotherAgentAreNotTaken() {
    Scene other = new Scene(store);
    UUID theirs = store.journal().request(other.agent, Trigger.MANUAL);
    Scene.Upgrading upgrading = scene.upgradeIn(UpgradePhase.OPEN);

    assertThat(store.journal().waitingRequest(scene.agent)).isEmpty();
    assertThat(store.journal().answerRequests(upgrading.primary(), upgrading.upgrade())).isFalse();
    assertThat(store.journal().answerOf(theirs)).isEmpty();
  }

  @Test
  void aVersionIsListedAsFailedByVersionAndManifestOnce() {
    Fence fence = scene.lead();
    UpgradeJournal journal = store.journal();
    Reason reason = new Reason(ReasonCode.CRITICAL_PATH_FAILED, "no answer");

    assertThat(journal.listFailed(fence, V2, "c".repeat(64), reason)).isTrue();
    journal.listFailed(fence, V2, "c".repeat(64), reason);
    stores().passTime(SHORT);
    assertThat(journal.listFailed(fence, V2, "d".repeat(64), Scene.REASON)).isTrue();

    assertThat(journal.failedVersions(scene.agent))
        .extracting(FailedVersion::version, FailedVersion::manifestSha256, FailedVersion::reason)
        .containsExactly(
            tuple(V2, "d".repeat(64), Scene.REASON), tuple(V2, "c".repeat(64), reason));
  }

  @Test
  void forgiveTakesAllBuildsOfAVersionOffTheList() {
    Fence fence = scene.lead();
    UpgradeJournal journal = store.journal();
    journal.listFailed(fence, V2, "c".repeat(64), Scene.REASON);
    journal.listFailed(fence, V2, "d".repeat(64), Scene.REASON);
    journal.listFailed(fence, V1, "e".repeat(64), Scene.REASON);

    assertThat(journal.forgive(scene.agent, V2)).isTrue();
    assertThat(journal.forgive(scene.agent, V2)).isFalse();

    assertThat(journal.failedVersions(scene.agent))
        .extracting(FailedVersion::version)
        .containsExactly(V1);
  }

  @Test
  void freezeAndUnfreezeNeedNoFenceAndAreIdempotent() {
    UpgradeJournal journal = store.journal();
    journal.unfreeze(scene.agent);
    assertThat(journal.frozen(scene.agent)).isEmpty();

    assertThat(journal.frozenSince(scene.agent)).isEmpty();

    journal.freeze(scene.agent, "release party");
    Optional<Instant> since = journal.frozenSince(scene.agent);
    journal.freeze(scene.agent, "release party");
    assertThat(journal.frozen(scene.agent)).contains("release party");
    assertThat(since).isPresent();
    assertThat(journal.frozenSince(scene.agent)).isEqualTo(since);
    assertThat(journal.frozen(new Scene(store).agent)).isEmpty();

    journal.unfreeze(scene.agent);
    journal.unfreeze(scene.agent);
    assertThat(journal.frozen(scene.agent)).isEmpty();
  }

  @Test
  void anotherVersionIsAdoptedOnlyWhileNoUpgradeIsOpen() {
    Scene.Upgrading upgrading = scene.upgradeIn(UpgradePhase.STAGED);
    Fence fence = upgrading.primary();
    UpgradeJournal journal = store.journal();
    assertThat(journal.adopt(fence, V2)).isFalse();
    assertThat(journal.confirmedVersion(scene.agent)).contains(V1);
    assertThat(journal.move(fence, upgrading.upgrade(), UpgradePhase.STAGED, UpgradePhase.ABORTED))
        .isTrue();

    assertThat(journal.adopt(fence, V2)).isTrue();

    assertThat(journal.confirmedVersion(scene.agent)).contains(V2);
    assertThat(journal.openUpgrade(scene.agent)).isEmpty();
  }

  private UpgradeRecord row(Scene.Upgrading upgrading) {
    return store.journal().find(upgrading.upgrade()).orElseThrow();
  }

  private static StepRecord entry(Fence fence, String detail) {
    return new StepRecord(
        UpgradeStep.APPLY,
        StepRecord.Event.LAUNCHER,
        detail,
        fence.holder(),
        fence.epoch(),
        Optional.empty());
  }
}
