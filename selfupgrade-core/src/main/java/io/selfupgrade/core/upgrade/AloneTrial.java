package io.selfupgrade.core.upgrade;

import io.selfupgrade.agent.Fence;
import io.selfupgrade.core.local.LauncherLink;
import io.selfupgrade.launcher.Candidate;
import io.selfupgrade.launcher.RequestKind;
import io.selfupgrade.upgrade.Reason;
import io.selfupgrade.upgrade.ReasonCode;
import io.selfupgrade.upgrade.UpgradeRecord;
import io.selfupgrade.upgrade.UpgradeRecord.Look;
import java.util.Optional;

/**
 * A candidate's part of the way back when it runs in the place of the old version.
 *
 * <p>Nobody looks at it from outside then. It writes down the failure in the old version's stead,
 * after which it can never be confirmed, and gives its place back; the old version takes the lead
 * when it is started again, as it would from a dead candidate.
 */
final class AloneTrial {

  private final Situation situation;

  AloneTrial(Situation situation) {
    this.situation = situation;
  }

  /** Goes back if something failed; returns whether it did. */
  boolean turnBack(Fence fence, UpgradeRecord upgrade) {
    Optional<LauncherLink> link = situation.link().filter(found -> isAlone(found, upgrade));
    Optional<Reason> failure = link.isEmpty() ? Optional.empty() : failureOf(upgrade);
    if (failure.isEmpty()) {
      return false;
    }
    if (situation.journal().look(upgrade.id(), upgrade.from(), failure)) {
      link.get().announce(RequestKind.DROPPED, upgrade.id(), fence.epoch());
    }
    return true;
  }

  private static boolean isAlone(LauncherLink link, UpgradeRecord upgrade) {
    return link.candidate()
        .filter(Candidate::alone)
        .filter(found -> found.upgrade().equals(upgrade.id()))
        .isPresent();
  }

  private Optional<Reason> failureOf(UpgradeRecord upgrade) {
    Optional<UpgradeRecord.Trial> trial = upgrade.trial();
    Optional<Reason> written =
        trial
            .flatMap(UpgradeRecord.Trial::look)
            .flatMap(Look::failure)
            .or(() -> trial.flatMap(UpgradeRecord.Trial::selfCheck).flatMap(Look::failure));
    return written.or(
        () ->
            situation
                .frozen()
                .map(why -> new Reason(ReasonCode.FROZEN, "frozen during probation: " + why)));
  }
}
