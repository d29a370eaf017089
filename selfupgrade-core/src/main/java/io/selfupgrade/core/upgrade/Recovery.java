package io.selfupgrade.core.upgrade;

import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.Version;
import io.selfupgrade.core.local.LauncherLink;
import io.selfupgrade.launcher.JournalEntry;
import io.selfupgrade.upgrade.Reason;
import io.selfupgrade.upgrade.ReasonCode;
import io.selfupgrade.upgrade.StepRecord;
import io.selfupgrade.upgrade.StepRecord.Event;
import io.selfupgrade.upgrade.UpgradeJournal.Ending;
import io.selfupgrade.upgrade.UpgradePhase;
import io.selfupgrade.upgrade.UpgradeRecord;
import io.selfupgrade.upgrade.UpgradeStep;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What a new primary does about the upgrade that it finds, before and after it takes up work. */
final class Recovery {

  private static final Logger LOG = LoggerFactory.getLogger(UpgradeEngine.class);
  private static final int LISTED_RUNS = 1000;
  private static final Set<ReasonCode> VERDICTS =
      EnumSet.of(ReasonCode.CANDIDATE_DIED, ReasonCode.WORK_FAILED);
  private static final Set<ReasonCode> VERDICTS_IF_OLD_PASSES =
      EnumSet.of(ReasonCode.CRITICAL_PATH_FAILED, ReasonCode.PROBE_FAILED);

  private final Situation situation;
  private final Installer installer;
  private final Ender ender;
  private final Probation probation;
  private final ProbeRunner probes;
  private final WayBack wayBack;
  private volatile Optional<Fence> sawTo = Optional.empty();
  private Optional<UUID> onTrial = Optional.empty();

  Recovery(
      Situation situation,
      Pipeline pipeline,
      Probation probation,
      ProbeRunner probes,
      WayBack wayBack) {
    this.situation = situation;
    this.installer = pipeline.installer();
    this.ender = pipeline.ender();
    this.probation = probation;
    this.probes = probes;
    this.wayBack = wayBack;
  }

  /** Before any work is taken up: ends, continues or turns back what was under way. */
  void beforeWork(Fence fence) throws InterruptedException {
    seeToWhatIsOpen(fence);
    sawTo = Optional.of(fence);
  }

  /** Tells whether a new upgrade may begin: what is open then is not taken for one left behind. */
  boolean sawTo(Fence fence) {
    return sawTo.equals(Optional.of(fence));
  }

  private void seeToWhatIsOpen(Fence fence) throws InterruptedException {
    onTrial = Optional.empty();
    Optional<UpgradeRecord> open = situation.journal().openUpgrade(situation.agent());
    if (open.isEmpty()) {
      seeToVersion(fence);
      return;
    }
    UpgradeRecord upgrade = open.get();
    if (upgrade.phase() == UpgradePhase.TRIAL && installer.goesOnWith(upgrade)) {
      goOn(fence, upgrade);
    } else if (upgrade.phase().isAbortedByNewPrimary()) {
      abort(fence, upgrade);
    } else if (upgrade.phase() == UpgradePhase.HANDED_OVER && situation.isCandidateOf(upgrade)) {
      continueTrial(fence, upgrade);
    } else if (upgrade.phase() == UpgradePhase.ROLLING_BACK) {
      wayBack.obey();
      wayBack.awaitGone(upgrade);
    }
  }

  /** Records at once that a candidate is in service: nobody is while this is under way. */
  void workStarted(Fence fence) {
    if (onTrial.isPresent()) {
      situation
          .log()
          .record(
              fence,
              onTrial.get(),
              UpgradeStep.APPLY,
              Event.PRIMARY_READY,
              "claims and has started the host's work");
    }
  }

  /** After work was taken up: the candidate's probation begins, or the way back is completed. */
  void afterWork(Fence fence) throws InterruptedException {
    Optional<UpgradeRecord> open = situation.journal().openUpgrade(situation.agent());
    if (open.isEmpty()) {
      return;
    }
    UpgradeRecord upgrade = open.get();
    if (upgrade.phase() == UpgradePhase.HANDED_OVER && situation.isCandidateOf(upgrade)) {
      probation.begin(fence);
    } else if (upgrade.phase() == UpgradePhase.ROLLING_BACK) {
      completeWayBack(fence, upgrade);
    }
  }

  /** Copies what the launcher wrote down about an upgrade into its steps. */
  void copyLauncherJournal(Fence fence, UpgradeRecord upgrade) {
    if (situation.link().isEmpty()) {
      return;
    }
    LauncherLink link = situation.link().get();
    String launcher = link.home().toString();
    for (JournalEntry entry : link.journal(0)) {
      if (entry.upgrade().equals(upgrade.id().toString())) {
        situation
            .log()
            .copyFromLauncher(
                fence,
                upgrade.id(),
                new StepLog.Origin(launcher, entry.sequence()),
                UpgradeStep.APPLY,
                entry.at() + " " + entry.event() + " " + entry.version() + " " + entry.detail());
      }
    }
  }

  private void seeToVersion(Fence fence) {
    Optional<Version> confirmed = situation.journal().confirmedVersion(situation.agent());
    if (confirmed.equals(Optional.of(situation.version()))) {
      return;
    }
    if (!wayBack.adopts()) {
      LOG.warn(
          "{} leads, but {} is the confirmed version: that one could not be started",
          situation.version(),
          confirmed.map(Version::toString).orElse("none"));
    } else if (situation.journal().adopt(fence, situation.version())) {
      LOG.info("{} is adopted as the confirmed version", situation.version());
    }
  }

  private void abort(Fence fence, UpgradeRecord upgrade) {
    String found = "a new primary found it " + upgrade.phase() + " and starts over";
    abort(fence, upgrade, new Reason(ReasonCode.NEW_PRIMARY, found));
  }

  private void abort(Fence fence, UpgradeRecord upgrade, Reason reason) {
    Optional<Ending> ending = Optional.of(new Ending(reason, true));
    situation.journal().move(fence, upgrade.id(), upgrade.phase(), UpgradePhase.ABORTED, ending);
    wayBack.obey();
  }

  private void goOn(Fence fence, UpgradeRecord upgrade) {
    if (situation.isCandidateOf(upgrade)) {
      goOnAlone(fence, upgrade);
    } else {
      LOG.info("upgrade {} is gone on with: the platform may have heard of it", upgrade.id());
    }
  }

  /** As a candidate whose old version is gone: takes the hand-over that it did not come to. */
  private void goOnAlone(Fence fence, UpgradeRecord upgrade) {
    situation
        .log()
        .record(
            fence,
            upgrade.id(),
            UpgradeStep.APPLY,
            Event.PROGRESS,
            upgrade.from() + " is gone: " + situation.version() + " goes on with its trial alone");
    Optional<Fence> own =
        situation
            .journal()
            .handOver(
                fence,
                upgrade.id(),
                situation.self().id(),
                situation.settings().ttl(),
                situation.settings().times().limit());
    if (own.isPresent()) {
      situation.side().given(fence);
      return;
    }
    Optional<String> frozen = situation.frozen();
    abort(
        fence,
        upgrade,
        frozen.isPresent()
            ? new Reason(ReasonCode.FROZEN, "upgrades are frozen: " + frozen.get())
            : new Reason(ReasonCode.TROUBLE, "its hand-over without the old version did not hold"));
  }

  private void continueTrial(Fence fence, UpgradeRecord upgrade) {
    onTrial = Optional.of(upgrade.id());
    boolean handedOverToThis =
        upgrade.trial().map(trial -> trial.epoch() == fence.epoch()).orElse(false);
    if (!handedOverToThis) {
      Duration remaining = wayBack.remaining(upgrade.trial().orElseThrow(), probation.onDisk());
      situation.journal().resume(fence, upgrade.id(), remaining);
    }
  }

  private void completeWayBack(Fence fence, UpgradeRecord upgrade) throws InterruptedException {
    Reason reason =
        upgrade
            .decision()
            .reason()
            .orElse(new Reason(ReasonCode.TROUBLE, "the way back was taken without a reason"));
    if (situation.host().platform().isPresent() && situation.isNewSideOf(upgrade)) {
      failWayBack(fence, upgrade, reason);
      return;
    }
    reason = wayBack.explained(upgrade, reason);
    boolean listed = false;
    Optional<Reason> own = probes.firstFailure();
    UpgradeRecord.Target target = upgrade.target().orElseThrow();
    if ((VERDICTS.contains(reason.code())
            && (reason.code() != ReasonCode.CANDIDATE_DIED || wayBack.blamesDeath(upgrade)))
        || (VERDICTS_IF_OLD_PASSES.contains(reason.code()) && own.isEmpty())
        || (!RetryRule.isFromOutside(reason.code()) && ender.isLastTry(target))) {
      ender.listFailed(fence, target, reason);
      listed = true;
    }
    recordWayBack(fence, upgrade, own);
    copyLauncherJournal(fence, upgrade);
    situation
        .journal()
        .move(
            fence,
            upgrade.id(),
            UpgradePhase.ROLLING_BACK,
            UpgradePhase.ROLLED_BACK,
            Optional.of(new Ending(reason, !listed)));
  }

  /** The version that was to be gone back from leads again: nobody else took the lead. */
  private void failWayBack(Fence fence, UpgradeRecord upgrade, Reason why) {
    String gone = "; and " + upgrade.from() + " is gone: deploy it, or publish a newer version";
    Reason reason = new Reason(why.code(), why.message() + gone);
    situation
        .journal()
        .move(
            fence,
            upgrade.id(),
            UpgradePhase.ROLLING_BACK,
            UpgradePhase.ROLLBACK_FAILED,
            Optional.of(new Ending(reason, false)));
  }

  private void recordWayBack(Fence fence, UpgradeRecord upgrade, Optional<Reason> own) {
    List<StepRecord> steps = situation.journal().steps(upgrade.id());
    Set<Long> failed = failedEpochs(upgrade, steps);
    List<UUID> runs = new ArrayList<>();
    for (long epoch : failed) {
      situation.store().tasks().runsOfEpoch(situation.agent(), epoch, LISTED_RUNS).stream()
          .map(run -> run.claim().run())
          .forEach(runs::add);
    }
    long written = steps.stream().filter(step -> failed.contains(step.epoch())).count();
    situation
        .log()
        .record(
            fence,
            upgrade.id(),
            UpgradeStep.VERIFY,
            Event.PROGRESS,
            "data kept of epochs "
                + failed
                + ": "
                + written
                + " steps, "
                + runs.size()
                + " runs "
                + runs);
    situation
        .log()
        .record(
            fence,
            upgrade.id(),
            UpgradeStep.VERIFY,
            Event.NOT_APPLICABLE,
            "attribution of changes, hand-over snapshot, quarantine: there are none yet");
    situation
        .log()
        .record(
            fence,
            upgrade.id(),
            UpgradeStep.VERIFY,
            own.isEmpty() ? Event.PASSED : Event.FAILED,
            situation.version()
                + " leads again; its own checks: "
                + own.map(Reason::toString).orElse("good"));
  }

  /** Returns the epochs at which the candidate acted: more than one if it was restarted. */
  private static Set<Long> failedEpochs(UpgradeRecord upgrade, List<StepRecord> steps) {
    Set<Long> epochs = new TreeSet<>();
    steps.stream()
        .filter(step -> step.event() == Event.PRIMARY_READY)
        .map(StepRecord::epoch)
        .forEach(epochs::add);
    upgrade
        .trial()
        .map(UpgradeRecord.Trial::epoch)
        .filter(epoch -> epoch > 0)
        .ifPresent(epochs::add);
    return epochs;
  }
}
