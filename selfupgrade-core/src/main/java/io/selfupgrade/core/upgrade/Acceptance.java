package io.selfupgrade.core.upgrade;

import io.selfupgrade.agent.Version;
import io.selfupgrade.core.release.RefusalException;
import io.selfupgrade.upgrade.FailedVersion;
import io.selfupgrade.upgrade.ReasonCode;
import io.selfupgrade.upgrade.Release;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** Judges a trusted release before anything of it is pulled: may this agent go there, and back? */
final class Acceptance {

  private final Situation situation;
  private final Installer installer;
  private final Room room;

  Acceptance(Situation situation, Installer installer, Room room) {
    this.situation = situation;
    this.installer = installer;
    this.room = room;
  }

  void requireNotFrozen() throws RefusalException {
    Optional<String> frozen = situation.frozen();
    if (frozen.isPresent()) {
      throw new RefusalException(ReasonCode.FROZEN, "upgrades are frozen: " + frozen.get());
    }
  }

  void judge(Release release) throws RefusalException {
    requireNotFailed(release);
    installer.judge(release);
    requireCompatibleState(release);
    requireFloor(release);
    requireAge(release);
    room.require(release);
  }

  /** Judges a release that is installed already and was confirmed before. */
  void judgeInstalled(Release release) throws RefusalException {
    requireNotFailed(release);
    installer.judgeStart(release);
    requireCompatibleState(release);
    room.require(release);
  }

  /** What was once confirmed is not undone by a release, however it came to be published. */
  private void requireFloor(Release release) throws RefusalException {
    Optional<Version> floor = situation.store().policies().floor(situation.agent());
    if (floor.isPresent() && floor.get().newerThan(release.version())) {
      throw new RefusalException(
          ReasonCode.BELOW_FLOOR,
          release.version()
              + " is older than "
              + floor.get()
              + ", which was confirmed before: publish a newer version, or go back on purpose");
    }
  }

  private void requireAge(Release release) throws RefusalException {
    Duration minimum = situation.settings().policy().minimumAge();
    Instant ripe = release.id().created().plus(minimum);
    Instant now = situation.store().policies().now();
    if (!minimum.isZero() && now.isBefore(ripe)) {
      throw new RefusalException(
          ReasonCode.TOO_YOUNG,
          release.version()
              + " was made at "
              + release.id().created()
              + ", and releases are installed at an age of "
              + minimum
              + ": it is looked at again after "
              + ripe);
    }
  }

  private void requireNotFailed(Release release) throws RefusalException {
    for (FailedVersion failed : situation.journal().failedVersions(situation.agent())) {
      if (failed.version().equals(release.version())
          && failed.manifestSha256().equals(release.id().manifestSha256())) {
        throw new RefusalException(
            ReasonCode.LISTED_AS_FAILED,
            release.version()
                + " failed before ("
                + failed.reason().message()
                + "): publish a newer version, or forgive this one");
      }
    }
  }

  private void requireCompatibleState(Release release) throws RefusalException {
    Optional<Release> known = installer.running();
    if (known.isEmpty()) {
      return;
    }
    Release running = known.get();
    if (!release.state().canRead(running.state())) {
      throw new RefusalException(
          ReasonCode.STATE_INCOMPATIBLE,
          states(release, running)
              + ": it cannot read what is there; publish a version that can, and go by that");
    }
    boolean allowed = situation.settings().policy().oneWay().contains(release.version());
    if (!running.state().canRead(release.state()) && !allowed) {
      throw new RefusalException(
          ReasonCode.STATE_INCOMPATIBLE,
          states(release, running)
              + ": there would be no way back; publish a version in between that reads both, or"
              + " allow this one by upgrades(u -> u.allowOneWay(\""
              + release.version()
              + "\"))");
    }
  }

  private static String states(Release release, Release running) {
    return state(release) + "; the running " + state(running);
  }

  private static String state(Release release) {
    return release.version()
        + " reads state "
        + release.state().readsFrom()
        + ".."
        + release.state().readsTo()
        + " and writes "
        + release.state().writes();
  }
}
