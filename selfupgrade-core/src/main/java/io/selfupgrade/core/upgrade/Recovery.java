package io.selfupgrade.core.upgrade;

import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.InstanceId;
import io.selfupgrade.agent.Version;
import io.selfupgrade.core.local.LauncherLink;
import io.selfupgrade.launcher.Candidate;
import io.selfupgrade.launcher.JournalEntry;
import io.selfupgrade.launcher.Reaped;
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
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What a new primary does about the upgrade that it finds, before and after it takes up work. */
final class Recovery {

  private static final Logger LOG = LoggerFactory.getLogger(UpgradeEngine.class);
  private static final Duration REAPED_WITHIN = Duration.ofSeconds(10);
  private static final Duration SHORTEST_REMAINING = Duration.ofSeconds(1);
  private static final int LISTED_RUNS = 1000;
  private static final Set<ReasonCode> VERDICTS =
      EnumSet.of(ReasonCode.CANDIDATE_DIED, ReasonCode.WORK_FAILED);
  private static final Set<ReasonCode> VERDICTS_IF_OLD_PASSES =
      EnumSet.of(ReasonCode.CRITICAL_PATH_FAILED, ReasonCode.PROBE_FAILED);

  private static final Set<Reaped.Cause> OF_OTHERS =
      EnumSet.of(Reaped.Cause.REBOOTED, Reaped.Cause.UNWATCHED);

  private final Situation situation;
  private final Ender ender;
  private final Probation probation;
  private final ProbeRunner probes;
  private final Obedience obedience;
  private Optional<UUID> onTrial = Optional.empty();

  Recovery(
      Situation situation,
      Ender ender,
      Probation probation,
      ProbeRunner probes,
      Obedience obedience) {
    this.situation = situation;
    this.ender = ender;
    this.probation = probation;
    this.probes = probes;
    this.obedience = obedience;
  }

  /** Before any work is taken up: ends, continues or turns back what was under way. */
  void beforeWork(Fence fence) throws InterruptedException {
    onTrial = Optional.empty();
    Optional<UpgradeRecord> open = situation.journal().openUpgrade(situation.agent());
    if (open.isEmpty()) {
      seeToVersion(fence);
      return;
    }
    UpgradeRecord upgrade = open.get();
    if (upgrade.phase().isAbortedByNewPrimary()) {
      abort(fence, upgrade);
    } else if (upgrade.phase() == UpgradePhase.HANDED_OVER && situation.isCandidateOf(upgrade)) {
      continueTrial(fence, upgrade);
    } else if (upgrade.phase() == UpgradePhase.ROLLING_BACK) {
      obedience.obey();
      awaitReaped(upgrade);
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
    if (situation.link().isPresent()) {
      LOG.warn(
          "{} leads, but {} is the confirmed version: the launcher could not start that one",
          situation.version(),
          confirmed.map(Version::toString).orElse("none"));
    } else if (situation.journal().adopt(fence, situation.version())) {
      LOG.info("{} is adopted as the confirmed version", situation.version());
    }
  }

  private void abort(Fence fence, UpgradeRecord upgrade) {
    situation
        .journal()
        .move(
            fence,
            upgrade.id(),
            upgrade.phase(),
            UpgradePhase.ABORTED,
            Optional.of(
                new Ending(
                    new Reason(
                        ReasonCode.NEW_PRIMARY,
                        "a new primary found it " + upgrade.phase() + " and starts over"),
                    true)));
    obedience.obey();
  }

  private void continueTrial(Fence fence, UpgradeRecord upgrade) {
    onTrial = Optional.of(upgrade.id());
    boolean handedOverToThis =
        upgrade.trial().map(trial -> trial.epoch() == fence.epoch()).orElse(false);
    if (!handedOverToThis) {
      Duration left = situation.settings().times().limit().minus(probation.onDisk());
      Duration remaining = left.compareTo(SHORTEST_REMAINING) < 0 ? SHORTEST_REMAINING : left;
      situation.journal().resume(fence, upgrade.id(), remaining);
    }
  }

  private void awaitReaped(UpgradeRecord upgrade) throws InterruptedException {
    if (situation.link().isEmpty()) {
      return;
    }
    long end = System.nanoTime() + REAPED_WITHIN.toNanos();
    while (System.nanoTime() - end < 0) {
      Optional<Candidate> candidate =
          situation.link().get().candidate().filter(found -> found.upgrade().equals(upgrade.id()));
      boolean gone =
          candidate.isEmpty()
              || (!candidate.get().instance().isEmpty()
                  && situation.side().attestedDead(InstanceId.parse(candidate.get().instance())));
      if (gone) {
        return;
      }
      TimeUnit.MILLISECONDS.sleep(10);
    }
    LOG.warn("the launcher did not attest the candidate's end within {}", REAPED_WITHIN);
  }

  private void completeWayBack(Fence fence, UpgradeRecord upgrade) throws InterruptedException {
    Reason reason =
        upgrade
            .decision()
            .reason()
            .orElse(new Reason(ReasonCode.TROUBLE, "the way back was taken without a reason"));
    reason = unlessStopped(upgrade, reason);
    boolean listed = false;
    Optional<Reason> own = probes.firstFailure();
    UpgradeRecord.Target target = upgrade.target().orElseThrow();
    if ((VERDICTS.contains(reason.code())
            && !(reason.code() == ReasonCode.CANDIDATE_DIED && endedWithOthers(upgrade)))
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

  /** One whose time had passed was ended by the launcher, which says nothing about the version. */
  private Reason unlessStopped(UpgradeRecord upgrade, Reason reason) {
    boolean stopped =
        reason.code() == ReasonCode.CANDIDATE_DIED
            && situation.link().isPresent()
            && upgrade
                .trial()
                .flatMap(UpgradeRecord.Trial::candidate)
                .filter(situation.link().get()::wasStopped)
                .isPresent();
    return stopped
        ? new Reason(
            ReasonCode.DEADLINE_PASSED,
            "the launcher stopped the candidate, which was not confirmed within "
                + situation.settings().times().limit())
        : reason;
  }

  /** Tells whether the candidate ended with its host, or while no launcher ran: no fault of it. */
  private boolean endedWithOthers(UpgradeRecord upgrade) {
    return upgrade
        .trial()
        .flatMap(UpgradeRecord.Trial::candidate)
        .flatMap(one -> situation.link().flatMap(link -> link.causeOfDeath(one)))
        .filter(OF_OTHERS::contains)
        .isPresent();
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
