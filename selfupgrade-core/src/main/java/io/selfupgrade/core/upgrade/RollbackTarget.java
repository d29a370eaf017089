package io.selfupgrade.core.upgrade;

import io.selfupgrade.agent.Version;
import io.selfupgrade.core.local.LauncherLink;
import io.selfupgrade.core.release.RefusalException;
import io.selfupgrade.launcher.Slot;
import io.selfupgrade.launcher.SlotDamagedException;
import io.selfupgrade.upgrade.ReasonCode;
import io.selfupgrade.upgrade.Release;
import io.selfupgrade.upgrade.UpgradePhase;
import io.selfupgrade.upgrade.UpgradeRecord;
import java.nio.file.Path;

/**
 * Judges a version that a person wants to go back to: older, confirmed before, installed and whole.
 *
 * <p>Expiry, minimum age, floor and keys are not asked: they judge new installs, this one was
 * verified when it was installed and its digests are checked again.
 */
final class RollbackTarget {

  private static final int HISTORY = 1000;

  private final Situation situation;
  private final Acceptance acceptance;

  RollbackTarget(Situation situation, Acceptance acceptance) {
    this.situation = situation;
    this.acceptance = acceptance;
  }

  /** Returns the installed release of the version. */
  Release judge(Version to) throws RefusalException {
    if (!situation.version().newerThan(to)) {
      throw new RefusalException(
          ReasonCode.NOT_OLDER,
          to + " is not older than the running " + situation.version() + ": use upgrade()");
    }
    LauncherLink link = Applier.requireLauncher(situation);
    Path slot = link.home().slot(to.toString());
    try {
      Slot.verified(slot, to.toString());
    } catch (SlotDamagedException e) {
      throw new RefusalException(
          ReasonCode.NOT_INSTALLED,
          to
              + " cannot be gone back to: "
              + e.getMessage()
              + "; publish a newer version with the old code instead",
          e);
    }
    Release release = Acceptance.read(slot);
    requireConfirmedBefore(release);
    acceptance.judgeInstalled(release, link);
    return release;
  }

  private void requireConfirmedBefore(Release release) throws RefusalException {
    boolean confirmed =
        situation.journal().history(situation.agent(), HISTORY).stream()
            .filter(row -> row.phase() == UpgradePhase.CONFIRMED)
            .anyMatch(row -> wentTo(row, release) || row.from().equals(release.version()));
    if (!confirmed) {
      throw new RefusalException(
          ReasonCode.NEVER_CONFIRMED,
          release.version()
              + " was never confirmed here: go back to a version that was, see history()");
    }
  }

  private static boolean wentTo(UpgradeRecord row, Release release) {
    return row.target()
        .filter(target -> target.manifestSha256().equals(release.id().manifestSha256()))
        .isPresent();
  }
}
