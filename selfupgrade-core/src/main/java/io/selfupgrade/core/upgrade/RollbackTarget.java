package io.selfupgrade.core.upgrade;

import io.selfupgrade.agent.Version;
import io.selfupgrade.core.release.RefusalException;
import io.selfupgrade.upgrade.ReasonCode;
import io.selfupgrade.upgrade.Release;
import io.selfupgrade.upgrade.UpgradePhase;
import io.selfupgrade.upgrade.UpgradeRecord;

/**
 * Judges a version that a person wants to go back to: older, confirmed before, installed and whole.
 *
 * <p>Expiry, minimum age, floor and keys are not asked: they judge new installs, this one was
 * verified when it was installed and its digests are checked again.
 */
final class RollbackTarget {

  private static final int HISTORY = 1000;

  private final Situation situation;
  private final Installer installer;
  private final Acceptance acceptance;

  RollbackTarget(Situation situation, Installer installer, Acceptance acceptance) {
    this.situation = situation;
    this.installer = installer;
    this.acceptance = acceptance;
  }

  /** Returns the release of the version, as it was confirmed. */
  Release judge(Version to) throws RefusalException {
    if (!situation.version().newerThan(to)) {
      throw new RefusalException(
          ReasonCode.NOT_OLDER,
          to + " is not older than the running " + situation.version() + ": use upgrade()");
    }
    Release release = installer.older(to);
    requireConfirmedBefore(release);
    acceptance.judgeInstalled(release);
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
