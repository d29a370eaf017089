package io.selfupgrade.core.upgrade;

import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.InstanceId;
import io.selfupgrade.agent.Version;
import io.selfupgrade.core.local.LauncherLink;
import io.selfupgrade.core.release.ManifestCodec;
import io.selfupgrade.core.release.RefusalException;
import io.selfupgrade.core.release.Staging;
import io.selfupgrade.core.release.VerifiedRelease;
import io.selfupgrade.failover.InstanceRecord;
import io.selfupgrade.failover.InstanceStatus;
import io.selfupgrade.launcher.Candidate;
import io.selfupgrade.launcher.RequestKind;
import io.selfupgrade.launcher.Slot;
import io.selfupgrade.launcher.SlotDamagedException;
import io.selfupgrade.launcher.TrialState;
import io.selfupgrade.upgrade.Proof;
import io.selfupgrade.upgrade.ReasonCode;
import io.selfupgrade.upgrade.Release;
import io.selfupgrade.upgrade.StepRecord.Event;
import io.selfupgrade.upgrade.Switch;
import io.selfupgrade.upgrade.UpgradeRecord;
import io.selfupgrade.upgrade.UpgradeStep;
import io.selfupgrade.upgrade.UpgradeTimes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

/** Puts releases into slots, and has the launcher start them; refuses where there is none. */
final class SlotInstaller implements Installer {

  private static final Duration LOOK = Duration.ofMillis(25);

  private final Situation situation;
  private final Staging staging;

  SlotInstaller(Situation situation, Staging staging) {
    this.situation = situation;
    this.staging = staging;
  }

  @Override
  public void requireAble() throws RefusalException {
    launcher();
  }

  private LauncherLink launcher() throws RefusalException {
    return situation
        .link()
        .orElseThrow(
            () ->
                new RefusalException(
                    ReasonCode.NO_INSTALLER,
                    "this process was not started by the launcher, so nothing can start another"
                        + " version beside it: start it with launcher.jar run HOME, or name the"
                        + " platform that runs it by upgrades(u ->"
                        + " u.installBy(Install.deploying(...)))"));
  }

  @Override
  public void judge(Release release) throws RefusalException {
    judgeStart(release);
    if (situation.link().isPresent()) {
      requireSameManifest(release, situation.link().get());
    }
  }

  @Override
  public void judgeStart(Release release) throws RefusalException {
    Optional<LauncherLink> link = situation.link();
    if (link.isPresent() && release.launcherProtocol() > link.get().protocol()) {
      throw new RefusalException(
          ReasonCode.LAUNCHER_TOO_OLD,
          release.version()
              + " needs launcher protocol "
              + release.launcherProtocol()
              + ", the running launcher speaks "
              + link.get().protocol()
              + ": stop it, replace launcher.jar, start it again");
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

  @Override
  public Optional<Release> running() throws RefusalException {
    return situation.link().isPresent()
        ? Optional.of(read(situation.link().get().slot()))
        : Optional.empty();
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

  @Override
  public void requireWayBack() throws RefusalException {
    if (situation.link().isEmpty()) {
      return;
    }
    try {
      Slot.verified(situation.link().get().slot(), situation.version().toString());
    } catch (SlotDamagedException e) {
      throw new RefusalException(
          ReasonCode.NO_WAY_BACK,
          "the running version's own files are damaged, so there is no way back: "
              + e.getMessage()
              + "; install it anew before you upgrade",
          e);
    }
  }

  @Override
  public Optional<String> withoutFiles() {
    return Optional.empty();
  }

  @Override
  public Path bring(UUID upgrade, VerifiedRelease verified) throws RefusalException {
    return staging.pull(
        upgrade,
        verified,
        situation.settings().source(),
        (done, total) ->
            situation
                .log()
                .tell(
                    upgrade,
                    UpgradeStep.VALIDATE,
                    Event.PROGRESS,
                    done + " of " + total + " bytes"));
  }

  @Override
  public Optional<Path> brought(UUID upgrade, Release release) {
    return staging.staged(upgrade, release);
  }

  @Override
  public Release older(Version version) throws RefusalException {
    Path slot = launcher().home().slot(version.toString());
    try {
      Slot.verified(slot, version.toString());
    } catch (SlotDamagedException e) {
      throw new RefusalException(
          ReasonCode.NOT_INSTALLED,
          version
              + " cannot be gone back to: "
              + e.getMessage()
              + "; publish a newer version with the old code instead",
          e);
    }
    return read(slot);
  }

  @Override
  public Path placeOf(UUID upgrade, Release older) {
    return situation.link().orElseThrow().home().slot(older.version().toString());
  }

  @Override
  public void install(Proof.Prepared proof) throws RefusalException {
    staging.install(proof.directory(), proof.release());
  }

  @Override
  public InstanceId start(Fence fence, UpgradeRecord trial)
      throws RefusalException, AbortException, InterruptedException {
    LauncherLink link = launcher();
    UpgradeRecord.Target target = trial.target().orElseThrow();
    UpgradeTimes times = situation.settings().times();
    if (!isWarm()) {
      InstanceId next = InstanceId.random();
      link.askForSuccessor(trial.id(), target.version(), next, fence, times.limit());
      awaitTrial(link, trial);
      return next;
    }
    link.askForCandidate(trial.id(), target.version(), fence.epoch(), times.limit());
    return awaitReady(link, trial);
  }

  /** With {@link Switch#RESTART} the lead is promised to one that is yet to be started. */
  @Override
  public boolean isWarm() {
    return situation.settings().policy().switchBy() == Switch.BESIDE;
  }

  private void awaitTrial(LauncherLink link, UpgradeRecord trial)
      throws AbortException, InterruptedException {
    Duration longest = situation.settings().times().ready();
    long end = System.nanoTime() + longest.toNanos();
    while (System.nanoTime() - end < 0) {
      if (link.candidate().filter(found -> found.upgrade().equals(trial.id())).isPresent()) {
        return;
      }
      TimeUnit.NANOSECONDS.sleep(LOOK.toNanos());
    }
    throw AbortException.inconclusive(
        ReasonCode.NOT_READY,
        "the launcher did not begin the trial of "
            + trial.target().orElseThrow().version()
            + " within "
            + longest
            + ": see that it runs");
  }

  private InstanceId awaitReady(LauncherLink link, UpgradeRecord trial)
      throws AbortException, InterruptedException {
    UpgradeRecord.Target target = trial.target().orElseThrow();
    Duration longest = situation.settings().times().ready();
    long end = System.nanoTime() + longest.toNanos();
    while (System.nanoTime() - end < 0) {
      Optional<Candidate> candidate =
          link.candidate().filter(found -> found.upgrade().equals(trial.id()));
      if (candidate.isPresent()) {
        requireNotExhausted(candidate.get(), target);
        Optional<InstanceId> ready = readyInstance(link, candidate.get(), target);
        if (ready.isPresent()) {
          return ready.get();
        }
      }
      TimeUnit.NANOSECONDS.sleep(LOOK.toNanos());
    }
    throw AbortException.inconclusive(
        ReasonCode.NOT_READY,
        target.version()
            + " was not ready within "
            + longest
            + ": see the log of its instance under "
            + link.home().run());
  }

  private static void requireNotExhausted(Candidate candidate, UpgradeRecord.Target target)
      throws AbortException {
    if (candidate.state() == TrialState.EXHAUSTED) {
      throw AbortException.verdict(
          ReasonCode.CANDIDATE_DIED,
          target.version()
              + " ended by itself at each of its "
              + candidate.starts()
              + " starts: "
              + candidate.why());
    }
  }

  private Optional<InstanceId> readyInstance(
      LauncherLink link, Candidate candidate, UpgradeRecord.Target target) throws AbortException {
    if (candidate.instance().isEmpty()) {
      return Optional.empty();
    }
    InstanceId instance = InstanceId.parse(candidate.instance());
    if (!link.isReady(instance)) {
      return Optional.empty();
    }
    Optional<InstanceStatus> status =
        situation
            .store()
            .instances()
            .find(instance)
            .filter(found -> found.aliveWithin(situation.settings().ttl().multipliedBy(3)));
    if (status.isPresent()) {
      requireIdentity(status.get().record(), target);
    }
    return status.map(found -> instance);
  }

  private void requireIdentity(InstanceRecord seen, UpgradeRecord.Target expected)
      throws AbortException {
    if (!isBuild(seen, expected)) {
      throw AbortException.verdict(
          ReasonCode.WRONG_IDENTITY,
          "the candidate says that it is "
              + seen.version()
              + " of build "
              + seen.build()
              + ", expected "
              + expected.version()
              + " of build "
              + expected.manifestSha256());
    }
  }

  @Override
  public void handedOver(UUID upgrade, long epoch) {
    situation.link().ifPresent(link -> link.announce(RequestKind.HANDED_OVER, upgrade, epoch));
  }

  @Override
  public boolean isBuild(InstanceRecord instance, UpgradeRecord.Target expected) {
    return instance.version().equals(expected.version())
        && instance.build().equals(expected.manifestSha256());
  }

  /** The launcher drops a candidate whose old version was started anew. */
  @Override
  public boolean goesOnWith(UpgradeRecord trial) {
    return false;
  }
}
