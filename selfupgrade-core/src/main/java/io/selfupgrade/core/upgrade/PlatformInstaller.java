package io.selfupgrade.core.upgrade;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.InstanceId;
import io.selfupgrade.agent.Version;
import io.selfupgrade.core.release.RefusalException;
import io.selfupgrade.core.release.Staging;
import io.selfupgrade.core.release.VerifiedRelease;
import io.selfupgrade.failover.InstanceRecord;
import io.selfupgrade.failover.InstanceStatus;
import io.selfupgrade.failover.Lease;
import io.selfupgrade.upgrade.DeployState;
import io.selfupgrade.upgrade.Install;
import io.selfupgrade.upgrade.KeptUntil;
import io.selfupgrade.upgrade.Proof;
import io.selfupgrade.upgrade.Reason;
import io.selfupgrade.upgrade.ReasonCode;
import io.selfupgrade.upgrade.Release;
import io.selfupgrade.upgrade.StepRecord.Event;
import io.selfupgrade.upgrade.UpgradeOutcome;
import io.selfupgrade.upgrade.UpgradePhase;
import io.selfupgrade.upgrade.UpgradeRecord;
import io.selfupgrade.upgrade.UpgradeStep;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Asks a platform to run the next version, follows what becomes of it, and waits until that is a
 * standby.
 *
 * <p>Of the release only the migrations come to this host, which runs them before it asks.
 */
final class PlatformInstaller implements Installer {

  private static final Duration LOOK = Duration.ofMillis(100);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(10);
  private static final int PAUSES = 50;
  private static final int LONGEST_LOG = 2000;

  private final Situation situation;
  private final Install.Deploying platform;
  private final ReleaseFinder finder;
  private final Staging staging;
  private final Dispatch dispatch;

  PlatformInstaller(
      Situation situation, Install.Deploying platform, ReleaseFinder finder, Staging staging) {
    this.situation = situation;
    this.platform = platform;
    this.finder = finder;
    this.staging = staging;
    this.dispatch = new Dispatch(situation, platform.target());
  }

  @Override
  public void requireAble() {
    // The builder has compared what the platform promises with what is allowed.
  }

  @Override
  public void judge(Release release) {
    // The launcher's protocol and the slots do not matter here.
  }

  @Override
  public void judgeStart(Release release) {
    // As above.
  }

  /** Asks the source: what runs was deployed, and its files may never have been published there. */
  @Override
  public Optional<Release> running() {
    try {
      return Optional.of(finder.confirmed(situation.version()).release());
    } catch (RefusalException e) {
      String why = e.reason().message();
      if (e.reason().code() == ReasonCode.WRONG_RELEASE) {
        UpgradeEngine.LOG.debug("state versions are not compared: {}", why);
      } else {
        UpgradeEngine.LOG.warn("state versions are not compared: {}", why);
      }
      return Optional.empty();
    }
  }

  @Override
  public void requireWayBack() {
    // Whether the platform takes the old version again is seen when it is asked.
  }

  @Override
  public Optional<String> withoutFiles() {
    return Optional.of(
        dispatch.platform()
            + " brings the release's files: none but its migrations are read here"
            + (platform.target().durableHome()
                ? ""
                : ", and what this process keeps on its disk is not there for the next one"));
  }

  @Override
  public Path bring(UUID upgrade, VerifiedRelease verified) throws RefusalException {
    return staging.pullOnly(
        upgrade,
        verified,
        situation.settings().source(),
        file -> file.path().startsWith(Release.MIGRATIONS));
  }

  /** What lies on the disk is not proof enough: it is read again, which costs little. */
  @Override
  public Optional<Path> brought(UUID upgrade, Release release) {
    return Optional.empty();
  }

  @Override
  public Release older(Version version) throws RefusalException {
    return finder.confirmed(version).release();
  }

  @Override
  public Path placeOf(UUID upgrade, Release older) {
    return staging.directory(upgrade);
  }

  @Override
  public void install(Proof.Prepared proof) {
    staging.discard(proof.upgrade());
  }

  @Override
  public InstanceId start(Fence fence, UpgradeRecord trial)
      throws RefusalException, AbortException, EndedException, InterruptedException {
    if (platform.target().keepsOldUntil() == KeptUntil.NEVER) {
      log(
          fence,
          trial,
          Event.INTERRUPTED,
          dispatch.platform()
              + " may stop "
              + situation.version()
              + " before "
              + versionOf(trial)
              + " starts: it promises "
              + KeptUntil.NEVER
              + ", which is allowed by name");
    }
    try (Following following = new Following(situation, platform)) {
      return ask(fence, trial, new Question(following));
    } catch (InterruptedException e) {
      String end = "stops while " + dispatch.platform() + " starts " + versionOf(trial);
      String next = "; whoever leads next goes on with the upgrade";
      try {
        log(fence, trial, Event.PROGRESS, situation.version() + " " + end + next);
      } catch (AdapterException away) {
        UpgradeEngine.LOG.debug("stopping without a word in the journal", away);
      }
      Thread.currentThread().interrupt();
      throw new EndedException(
          new UpgradeOutcome.Aborted(
              new Reason(ReasonCode.STOPPING, "this instance " + end + next), true));
    }
  }

  private InstanceId ask(Fence fence, UpgradeRecord trial, Question question)
      throws RefusalException, AbortException, EndedException, InterruptedException {
    Instant end = trial.decision().at().plus(platform.within());
    while (true) {
      try {
        requireStillOurs(fence, trial);
        requireNotFrozen();
        boolean late = end.isBefore(situation.store().policies().now());
        if (question.isDue() && !late) {
          question.ask(fence, trial);
        }
        Optional<InstanceId> standby = standby(trial);
        if (standby.isPresent()) {
          return standby.get();
        }
        question.requireNotFailed(fence, trial);
        if (late) {
          throw tooLate(trial, question);
        }
      } catch (AdapterException e) {
        // The platform works on whatever becomes of the store: it is looked at again.
        UpgradeEngine.LOG.debug("waiting for a standby without the store", e);
        if (!e.retryable()) {
          throw e;
        }
      }
      TimeUnit.NANOSECONDS.sleep(LOOK.toNanos());
    }
  }

  private void requireStillOurs(Fence fence, UpgradeRecord trial) throws EndedException {
    UpgradeRecord now = situation.journal().find(trial.id()).orElseThrow();
    Optional<Fence> leader =
        situation.store().leadership().read(situation.agent()).map(Lease::fence);
    if (now.phase() != UpgradePhase.TRIAL || !leader.equals(Optional.of(fence))) {
      String message = "another primary decides this upgrade now";
      throw new EndedException(
          now.outcome()
              .orElse(
                  new UpgradeOutcome.Aborted(new Reason(ReasonCode.NEW_PRIMARY, message), true)));
    }
  }

  private void requireNotFrozen() throws RefusalException {
    Optional<String> frozen = situation.frozen();
    if (frozen.isPresent()) {
      throw new RefusalException(ReasonCode.FROZEN, "upgrades are frozen: " + frozen.get());
    }
  }

  private Optional<InstanceId> standby(UpgradeRecord trial) {
    return living()
        .filter(status -> isBuild(status.record(), trial.target().orElseThrow()))
        .map(status -> status.record().id())
        .findFirst();
  }

  private Stream<InstanceStatus> living() {
    return situation.store().instances().living(situation.agent()).stream()
        .filter(status -> !status.record().id().equals(situation.self().id()))
        .filter(status -> status.aliveWithin(situation.settings().ttl()));
  }

  private AbortException tooLate(UpgradeRecord trial, Question question) {
    if (question.reference.isEmpty()) {
      return AbortException.inconclusive(
          ReasonCode.PLATFORM_UNAVAILABLE,
          question.trouble + "; within " + platform.within() + " it did not: see that it works");
    }
    List<String> others =
        living().map(status -> status.record().version().toString()).distinct().sorted().toList();
    return AbortException.inconclusive(
        ReasonCode.NOT_READY,
        dispatch.platform()
            + " was asked for "
            + versionOf(trial)
            + ", and no instance of it registered within "
            + platform.within()
            + (others.isEmpty() ? "" : "; instances of " + others + " live beside")
            + question.following.said().map(said -> "; it says: " + said).orElse("")
            + ": see "
            + question.reference.get()
            + ", and that the deployed program calls version(\""
            + versionOf(trial)
            + "\")");
  }

  @Override
  public boolean isWarm() {
    return true;
  }

  @Override
  public void handedOver(UUID upgrade, long epoch) {
    // The instances read the journal.
  }

  /** A deployed process knows its version only, as the platform was given it. */
  @Override
  public boolean isBuild(InstanceRecord instance, UpgradeRecord.Target expected) {
    return instance.version().equals(expected.version());
  }

  @Override
  public boolean goesOnWith(UpgradeRecord trial) {
    return situation.isOldSideOf(trial) || situation.isCandidateOf(trial);
  }

  private static Version versionOf(UpgradeRecord trial) {
    return trial.target().orElseThrow().version();
  }

  private void log(Fence fence, UpgradeRecord trial, Event event, String detail) {
    situation.log().record(fence, trial.id(), UpgradeStep.APPLY, event, detail);
  }

  /** The question to the platform, asked again by the same name until it is answered. */
  private final class Question {

    private final Following following;
    private Optional<String> reference = Optional.empty();
    private String trouble = "";
    private long nextNanos = System.nanoTime();

    Question(Following following) {
      this.following = following;
    }

    /** The platform may have heard what it gave no answer to: it is followed all the same. */
    void requireNotFailed(Fence fence, UpgradeRecord trial) throws AbortException {
      Optional<DeployState> state =
          following.look(fence, trial.id(), UpgradeStep.APPLY, dispatch.forwardWish(trial));
      if (state.isPresent() && state.get() instanceof DeployState.Failed failed) {
        throw AbortException.inconclusive(
            ReasonCode.PLATFORM_FAILED,
            dispatch.platform()
                + " did not bring "
                + versionOf(trial)
                + " up; set right what failed, then call upgrade(): "
                + Following.told(failed, LONGEST_LOG));
      }
    }

    boolean isDue() {
      return reference.isEmpty() && !following.isAsking() && System.nanoTime() - nextNanos >= 0;
    }

    void ask(Fence fence, UpgradeRecord trial) throws AbortException {
      try {
        String answer = dispatch.forward(fence, trial);
        reference = Optional.of(answer);
        String asked = " was asked for " + versionOf(trial) + ": " + answer;
        log(fence, trial, Event.PROGRESS, dispatch.platform() + asked);
      } catch (PlatformException e) {
        String why = Ender.text(e);
        if (e.refused()) {
          throw AbortException.inconclusive(
              e.code(), why + "; set right what it names, then call upgrade()");
        }
        if (!why.equals(trouble)) {
          trouble = why;
          log(fence, trial, Event.PROGRESS, why + "; it is asked for the same one again");
        }
        nextNanos = System.nanoTime() + pause().toNanos();
      }
    }

    private Duration pause() {
      Duration part = platform.within().dividedBy(PAUSES);
      return part.compareTo(LONGEST_PAUSE) < 0 ? part : LONGEST_PAUSE;
    }
  }
}
