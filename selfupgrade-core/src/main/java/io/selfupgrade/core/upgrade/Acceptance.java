package io.selfupgrade.core.upgrade;

import io.selfupgrade.core.local.LauncherLink;
import io.selfupgrade.core.release.ManifestCodec;
import io.selfupgrade.core.release.RefusalException;
import io.selfupgrade.launcher.Slot;
import io.selfupgrade.launcher.SlotDamagedException;
import io.selfupgrade.upgrade.FailedVersion;
import io.selfupgrade.upgrade.ReasonCode;
import io.selfupgrade.upgrade.Release;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Judges a trusted release before anything of it is pulled: may this agent go there, and back? */
final class Acceptance {

  private final Situation situation;

  Acceptance(Situation situation) {
    this.situation = situation;
  }

  void requireNotFrozen() throws RefusalException {
    Optional<String> frozen = situation.frozen();
    if (frozen.isPresent()) {
      throw new RefusalException(ReasonCode.FROZEN, "upgrades are frozen: " + frozen.get());
    }
  }

  void judge(Release release) throws RefusalException {
    requireNotFailed(release);
    if (situation.link().isPresent()) {
      LauncherLink link = situation.link().get();
      requireLauncher(release, link);
      requireCompatibleState(release, link);
      requireSameManifest(release, link);
    }
  }

  /** Proves that the confirmed slot is whole: what one goes back to must be there. */
  void requireWayBack() throws RefusalException {
    if (situation.link().isEmpty()) {
      return;
    }
    LauncherLink link = situation.link().get();
    try {
      Slot.verified(link.slot(), situation.version().toString());
    } catch (SlotDamagedException e) {
      throw new RefusalException(
          ReasonCode.NO_WAY_BACK,
          "the running version's own files are damaged, so there is no way back: "
              + e.getMessage()
              + "; install it anew before you upgrade",
          e);
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

  private static void requireLauncher(Release release, LauncherLink link) throws RefusalException {
    if (release.launcherProtocol() > link.protocol()) {
      throw new RefusalException(
          ReasonCode.LAUNCHER_TOO_OLD,
          release.version()
              + " needs launcher protocol "
              + release.launcherProtocol()
              + ", the running launcher speaks "
              + link.protocol()
              + ": stop it, replace launcher.jar, start it again");
    }
  }

  private static void requireCompatibleState(Release release, LauncherLink link)
      throws RefusalException {
    Release running = running(link);
    if (!release.state().canRead(running.state()) || !running.state().canRead(release.state())) {
      throw new RefusalException(
          ReasonCode.STATE_INCOMPATIBLE,
          release.version()
              + " reads state "
              + release.state().readsFrom()
              + ".."
              + release.state().readsTo()
              + " and writes "
              + release.state().writes()
              + "; "
              + running.version()
              + " reads "
              + running.state().readsFrom()
              + ".."
              + running.state().readsTo()
              + " and writes "
              + running.state().writes()
              + ": each must read what the other writes, else there is no way back");
    }
  }

  private static void requireSameManifest(Release release, LauncherLink link)
      throws RefusalException {
    Path slot = link.home().slot(release.version().toString());
    if (!Files.isDirectory(slot)) {
      return;
    }
    String installed = read(slot).id().manifestSha256();
    if (!installed.equals(release.id().manifestSha256())) {
      throw new RefusalException(
          ReasonCode.DIFFERENT_MANIFEST,
          release.version()
              + " is installed with manifest "
              + installed
              + ", offered with "
              + release.id().manifestSha256()
              + ": a version is published once; use a new number");
    }
  }

  private static Release running(LauncherLink link) throws RefusalException {
    return read(link.slot());
  }

  /** Reads the manifest of an installed slot. */
  static Release read(Path slot) throws RefusalException {
    try {
      return ManifestCodec.read(slot);
    } catch (IOException e) {
      throw new RefusalException(
          ReasonCode.NO_WAY_BACK, "the manifest in " + slot + " cannot be read: " + e, e);
    }
  }
}
