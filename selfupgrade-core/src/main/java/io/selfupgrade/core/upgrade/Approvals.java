package io.selfupgrade.core.upgrade;

import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.Version;
import io.selfupgrade.core.release.RefusalException;
import io.selfupgrade.upgrade.Approval;
import io.selfupgrade.upgrade.PolicyStore;
import io.selfupgrade.upgrade.Proof;
import io.selfupgrade.upgrade.Reason;
import io.selfupgrade.upgrade.ReasonCode;
import io.selfupgrade.upgrade.StepRecord.Event;
import io.selfupgrade.upgrade.Trigger;
import io.selfupgrade.upgrade.UpgradeJournal.Ending;
import io.selfupgrade.upgrade.UpgradePhase;
import io.selfupgrade.upgrade.UpgradeRecord;
import io.selfupgrade.upgrade.UpgradeStep;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;

/**
 * Waiting for a person's word on a validated release.
 *
 * <p>The word is a row, tied to the upgrade and by it to one build: it outlives this process and
 * this primary. It counts for as long as the upgrade may wait, and not for a newer release.
 */
final class Approvals {

  private final Situation situation;
  private final ReleaseFinder finder;
  private final Ender ender;

  Approvals(Situation situation, ReleaseFinder finder, Ender ender) {
    this.situation = situation;
    this.finder = finder;
    this.ender = ender;
  }

  /** Lets a validated release wait, if a person is to be asked. */
  void ask(Fence fence, Proof.Staged proof) {
    if (!asks(proof.upgrade())) {
      return;
    }
    if (!situation
        .journal()
        .move(fence, proof.upgrade(), UpgradePhase.STAGED, UpgradePhase.AWAITING_APPROVAL)) {
      throw Pipeline.leadLost();
    }
    situation
        .log()
        .record(
            fence,
            proof.upgrade(),
            UpgradeStep.VALIDATE,
            Event.PROGRESS,
            proof.release().version()
                + " of build "
                + proof.release().id().manifestSha256()
                + " waits for approval, at most "
                + situation.settings().policy().approvalTime()
                + ": call upgrades().approve(...) or reject(...)");
  }

  /** Tells whether a person is asked about an upgrade; whoever wants to go back has decided. */
  boolean asks(UUID upgrade) {
    return situation.settings().policy().approval() == Approval.REQUIRED
        && situation.journal().find(upgrade).orElseThrow().trigger() != Trigger.ROLLBACK;
  }

  /** Tells whether an upgrade that is in that phase may go on to BACKUP. */
  boolean allows(UpgradeRecord upgrade) {
    return upgrade.phase() == UpgradePhase.STAGED
        || (upgrade.phase() == UpgradePhase.AWAITING_APPROVAL
            && !expired(upgrade)
            && verdict(upgrade.id()).map(PolicyStore.Verdict::approved).orElse(false));
  }

  /**
   * Sees to an upgrade that waits: ends it if it was rejected or nobody answered.
   *
   * @return whether it was approved and may go on now
   */
  boolean settle(Fence fence, UpgradeRecord upgrade) {
    if (expired(upgrade)) {
      Duration time = situation.settings().policy().approvalTime();
      refuse(
          fence,
          upgrade,
          ReasonCode.APPROVAL_EXPIRED,
          "it was not approved and begun within " + time + "; call upgrade() to ask again");
      return false;
    }
    Optional<PolicyStore.Verdict> verdict = verdict(upgrade.id());
    if (verdict.isPresent() && !verdict.get().approved()) {
      String why = verdict.get().why();
      refuse(
          fence,
          upgrade,
          ReasonCode.REJECTED,
          verdict.get().by()
              + " rejected it"
              + (why.isEmpty() ? "" : ": " + why)
              + "; publish another version, or call upgrade() to ask again");
      return false;
    }
    return verdict.isPresent() && situation.frozen().isEmpty();
  }

  /**
   * Ends an upgrade that waits if a newer release is published.
   *
   * @return whether it was ended
   */
  boolean supersede(Fence fence, UpgradeRecord upgrade) throws RefusalException {
    Version target = upgrade.target().orElseThrow().version();
    Optional<Version> newest = finder.newest();
    if (newest.isEmpty() || !newest.get().newerThan(target)) {
      return false;
    }
    Reason reason =
        new Reason(
            ReasonCode.SUPERSEDED,
            newest.get() + " was published while " + target + " waited for approval");
    ender.abort(fence, upgrade.id(), UpgradeStep.VALIDATE, new Ending(reason, false));
    return true;
  }

  /** Records whose word lets an upgrade go on. */
  void recordApproval(Fence fence, UpgradeRecord upgrade) {
    verdict(upgrade.id())
        .ifPresent(
            word ->
                situation
                    .log()
                    .record(
                        fence,
                        upgrade.id(),
                        UpgradeStep.VALIDATE,
                        Event.PASSED,
                        "approved by " + word.by()));
  }

  private Optional<PolicyStore.Verdict> verdict(UUID upgrade) {
    return situation.store().policies().verdict(upgrade);
  }

  private boolean expired(UpgradeRecord upgrade) {
    Instant end = upgrade.decision().at().plus(situation.settings().policy().approvalTime());
    return end.isBefore(situation.store().policies().now());
  }

  private void refuse(Fence fence, UpgradeRecord upgrade, ReasonCode code, String message) {
    ender.refuse(fence, upgrade.id(), UpgradeStep.VALIDATE, new Reason(code, message));
  }
}
