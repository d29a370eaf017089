package io.selfupgrade.core.upgrade;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.agent.Fence;
import io.selfupgrade.core.release.RefusalException;
import io.selfupgrade.upgrade.Reason;
import io.selfupgrade.upgrade.ReasonCode;
import io.selfupgrade.upgrade.StepRecord.Event;
import io.selfupgrade.upgrade.UpgradeJournal.Ending;
import io.selfupgrade.upgrade.UpgradeOutcome;
import io.selfupgrade.upgrade.UpgradePhase;
import io.selfupgrade.upgrade.UpgradeRecord;
import io.selfupgrade.upgrade.UpgradeStep;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** Ends an upgrade that does not reach the hand-over, and lists versions as failed. */
final class Ender {

  private static final int HISTORY = 1000;

  private final Situation situation;

  Ender(Situation situation) {
    this.situation = situation;
  }

  UpgradeOutcome refuse(Fence fence, UUID upgrade, UpgradeStep step, Reason reason) {
    return end(fence, upgrade, step, UpgradePhase.REFUSED, new Ending(reason, false));
  }

  UpgradeOutcome refuse(Fence fence, UUID upgrade, UpgradeStep step, RefusalException refusal) {
    return refuse(fence, upgrade, step, refusal.reason());
  }

  UpgradeOutcome abort(Fence fence, UUID upgrade, UpgradeStep step, Ending ending) {
    return end(fence, upgrade, step, UpgradePhase.ABORTED, ending);
  }

  UpgradeOutcome abort(Fence fence, UUID upgrade, UpgradeStep step, AdapterException trouble) {
    ReasonCode code =
        trouble.port().equals("ReleaseSource") ? ReasonCode.SOURCE_UNAVAILABLE : ReasonCode.TROUBLE;
    return abort(fence, upgrade, step, new Ending(new Reason(code, text(trouble)), true));
  }

  /** Lists a build as failed, in the journal and where the launcher sees it. */
  void listFailed(Fence fence, UpgradeRecord.Target target, Reason reason) {
    situation.journal().listFailed(fence, target.version(), target.manifestSha256(), reason);
    situation.link().ifPresent(link -> link.noteFailed(target.version(), reason.toString()));
  }

  /** Tells whether one more inconclusive end lists the build. */
  boolean isLastTry(UpgradeRecord.Target target) {
    return RetryRule.inconclusiveEnds(endsOf(target.manifestSha256())) + 1
        >= RetryRule.LISTED_AFTER;
  }

  /** Returns the earlier upgrades to a build, newest first. */
  List<UpgradeRecord> endsOf(String manifestSha256) {
    return situation.journal().historyOf(situation.agent(), manifestSha256, HISTORY);
  }

  static String text(Throwable trouble) {
    return trouble.getMessage() == null ? trouble.toString() : trouble.getMessage();
  }

  private UpgradeOutcome end(
      Fence fence, UUID upgrade, UpgradeStep step, UpgradePhase to, Ending ending) {
    situation.log().record(fence, upgrade, step, Event.FAILED, ending.reason().toString());
    UpgradeRecord now = situation.journal().find(upgrade).orElseThrow();
    boolean moved =
        !now.phase().isFinal()
            && situation.journal().move(fence, upgrade, now.phase(), to, Optional.of(ending));
    UpgradeRecord after =
        moved || now.phase().isFinal() ? situation.journal().find(upgrade).orElseThrow() : now;
    return after
        .outcome()
        .orElseGet(
            () ->
                new UpgradeOutcome.Aborted(
                    new Reason(ReasonCode.NEW_PRIMARY, "another primary decides this upgrade now"),
                    true));
  }
}
