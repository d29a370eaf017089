package io.selfupgrade.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.Version;
import io.selfupgrade.upgrade.PolicyStore;
import io.selfupgrade.upgrade.PolicyStore.SeenIndex;
import io.selfupgrade.upgrade.PolicyStore.Verdict;
import io.selfupgrade.upgrade.SignedDocument;
import io.selfupgrade.upgrade.UpgradeJournal;
import io.selfupgrade.upgrade.UpgradePhase;
import io.selfupgrade.upgrade.UpgradeRecord;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Obligations of {@link PolicyStore}. */
abstract class PolicyStoreContract extends StoreContract {

  private static final Verdict YES = new Verdict(true, "ada", "read it");
  private static final Verdict NO = new Verdict(false, "bob", "not on a Friday");

  private PolicyStore policies() {
    return store.policies();
  }

  @Test
  void theTimeIsTheStoresAndGoesOn() {
    Instant before = policies().now();

    stores().passTime(SHORT);

    assertThat(policies().now()).isAfterOrEqualTo(before.plus(SHORT));
  }

  @Test
  void aSerialNeverDecreasesAndEachGoodLookRenewsTheTime() {
    policies().saw(scene.agent, "stable", 7);
    Instant first = policies().seen(scene.agent, "stable").orElseThrow().at();
    stores().passTime(SHORT);

    policies().saw(scene.agent, "stable", 5);

    SeenIndex seen = policies().seen(scene.agent, "stable").orElseThrow();
    assertThat(seen.serial()).isEqualTo(7);
    assertThat(seen.at()).isAfterOrEqualTo(first.plus(SHORT));
    policies().saw(scene.agent, "stable", 9);
    assertThat(policies().seen(scene.agent, "stable").orElseThrow().serial()).isEqualTo(9);
  }

  @Test
  void eachChannelOfEachAgentHasItsOwn() {
    policies().saw(scene.agent, "stable", 7);

    assertThat(policies().seen(scene.agent, "beta")).isEmpty();
    assertThat(policies().seen(new Scene(store).agent, "stable")).isEmpty();
  }

  @Test
  void theFloorIsTheLastConfirmedVersionAndNotAnAdoptedOne() {
    Fence fence = scene.lead();
    assertThat(policies().floor(scene.agent)).isEmpty();
    assertThat(store.journal().adopt(fence, Version.parse("0.5.0"))).isTrue();
    assertThat(policies().floor(scene.agent)).isEmpty();

    Scene.Upgrading upgrading = scene.upgradeIn(UpgradePhase.CONFIRMED, fence);

    assertThat(policies().floor(scene.agent)).contains(V2);
    assertThat(store.journal().adopt(upgrading.primary(), V1)).isTrue();
    assertThat(policies().floor(scene.agent)).contains(V2);
  }

  @Test
  void aVersionThatIsTurnedBackFromDoesNotRaiseTheFloor() {
    scene.upgradeIn(UpgradePhase.ROLLED_BACK);

    assertThat(policies().floor(scene.agent)).isEmpty();
  }

  @Test
  void theFirstWordOnAnUpgradeThatWaitsCounts() {
    UUID upgrade = scene.upgradeIn(UpgradePhase.AWAITING_APPROVAL).upgrade();
    assertThat(policies().verdict(upgrade)).isEmpty();

    assertThat(policies().decide(upgrade, Scene.TARGET.manifestSha256(), YES)).isTrue();
    assertThat(policies().decide(upgrade, Scene.TARGET.manifestSha256(), NO)).isFalse();

    assertThat(secondStore().policies().verdict(upgrade)).contains(YES);
  }

  @Test
  void aWordIsBoundToTheManifestAndToAnUpgradeThatWaits() {
    Scene.Upgrading waits = scene.upgradeIn(UpgradePhase.AWAITING_APPROVAL);
    UUID staged = new Scene(store).upgradeIn(UpgradePhase.STAGED).upgrade();

    assertThat(policies().decide(waits.upgrade(), "d".repeat(64), YES)).isFalse();
    assertThat(policies().decide(staged, Scene.TARGET.manifestSha256(), YES)).isFalse();
    assertThat(policies().decide(UUID.randomUUID(), Scene.TARGET.manifestSha256(), YES)).isFalse();
    assertThat(policies().verdict(waits.upgrade())).isEmpty();

    store
        .journal()
        .move(
            waits.primary(), waits.upgrade(), UpgradePhase.AWAITING_APPROVAL, UpgradePhase.ABORTED);
    assertThat(policies().decide(waits.upgrade(), Scene.TARGET.manifestSha256(), YES)).isFalse();
  }

  @Test
  void aFrozenAgentHandsNothingOverAndConfirmsNothing() {
    Scene.Upgrading trial = scene.upgradeIn(UpgradePhase.TRIAL);
    store.journal().freeze(scene.agent, "as the test wants it");
    assertThat(
            store.journal().handOver(trial.old(), trial.upgrade(), trial.candidate(), LONG, LONG))
        .isEmpty();
    store.journal().unfreeze(scene.agent);
    Fence given =
        store
            .journal()
            .handOver(trial.old(), trial.upgrade(), trial.candidate(), LONG, LONG)
            .orElseThrow();
    store.journal().look(trial.upgrade(), V1, Optional.empty());

    store.journal().freeze(scene.agent, "as the test wants it");
    assertThat(store.journal().confirm(given, trial.upgrade(), LONG)).isFalse();
    store.journal().unfreeze(scene.agent);
    assertThat(store.journal().confirm(given, trial.upgrade(), LONG)).isTrue();
  }

  @Test
  void aWishToGoBackWaitsUntilAPrimaryAnswersItOnce() {
    Scene.Upgrading open = scene.upgradeIn(UpgradePhase.OPEN);
    UUID first = policies().askRollback(scene.agent, V1, "ada");
    UUID second = policies().askRollback(scene.agent, V2, "bob");
    Fence stale = new Fence(scene.agent, open.old().holder(), open.old().epoch() + 1);

    assertThat(policies().waitingRollback(scene.agent))
        .contains(new PolicyStore.WantedRollback(first, V1, "ada"));
    assertThat(policies().answerRollback(stale, first, open.upgrade())).isFalse();
    assertThat(policies().answerRollback(open.old(), first, open.upgrade())).isTrue();
    assertThat(policies().answerRollback(open.old(), first, open.upgrade())).isFalse();
    assertThat(policies().waitingRollback(scene.agent).orElseThrow().id()).isEqualTo(second);
    assertThat(policies().waitingRollback(new Scene(store).agent)).isEmpty();
  }

  @Test
  void aRevokedKeyStaysRevokedByTheVersionThatDidItFirst() {
    String one = "1".repeat(32);
    String two = "2".repeat(32);
    policies().revoke(scene.agent, Set.of(one), V1);
    policies().revoke(scene.agent, Set.of(one, two), V2);
    policies().revoke(scene.agent, Set.of(), V2);

    assertThat(policies().revokedKeys(scene.agent))
        .isEqualTo(Map.of(one, V1.toString(), two, V2.toString()));
    assertThat(policies().revokedKeys(new Scene(store).agent)).isEmpty();
  }

  @Test
  void manifestsThatChangeKeysAreKeptByteForByteAndInTheirOrder() {
    byte[] first = {0, 9, 10, 13, 39, 92, -1, -128};
    byte[] second = {1};
    byte[] signatures = {2, 0, -2};
    policies().noteKeyChange(scene.agent, new SignedDocument(first, signatures));
    policies().noteKeyChange(scene.agent, new SignedDocument(second, new byte[0]));
    policies().noteKeyChange(scene.agent, new SignedDocument(first, second));

    List<SignedDocument> kept = secondStore().policies().keyChanges(scene.agent);

    assertThat(kept).extracting(SignedDocument::document).containsExactly(first, second);
    assertThat(kept)
        .extracting(SignedDocument::signatures)
        .containsExactly(signatures, new byte[0]);
    assertThat(policies().keyChanges(new Scene(store).agent)).isEmpty();
  }

  @Test
  void forgiveLetsWhatWasTriedBeforeCountNoMore() {
    Scene.Upgrading upgrading = scene.upgradeIn(UpgradePhase.TRIAL);
    UpgradeJournal journal = store.journal();
    UpgradeRecord.Target target =
        journal.find(upgrading.upgrade()).orElseThrow().target().orElseThrow();
    journal.listFailed(upgrading.old(), target.version(), target.manifestSha256(), Scene.REASON);
    journal.move(
        upgrading.old(),
        upgrading.upgrade(),
        UpgradePhase.TRIAL,
        UpgradePhase.ABORTED,
        Optional.of(new UpgradeJournal.Ending(Scene.REASON, true)));
    assertThat(journal.historyOf(scene.agent, target.manifestSha256(), 9)).hasSize(1);
    stores().passTime(SHORT);

    assertThat(journal.forgive(scene.agent, target.version())).isTrue();

    assertThat(journal.historyOf(scene.agent, target.manifestSha256(), 9)).isEmpty();
    assertThat(journal.history(scene.agent, 9)).hasSize(1);
  }

  @Test
  void freeConnectionsAreANumberOrUnlimited() {
    policies().freeConnections().ifPresent(free -> assertThat(free).isPositive());
  }
}
