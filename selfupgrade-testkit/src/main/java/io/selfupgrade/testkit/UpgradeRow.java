package io.selfupgrade.testkit;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.InstanceId;
import io.selfupgrade.agent.Version;
import io.selfupgrade.upgrade.PolicyStore;
import io.selfupgrade.upgrade.Reason;
import io.selfupgrade.upgrade.StepRecord;
import io.selfupgrade.upgrade.Trigger;
import io.selfupgrade.upgrade.UpgradeJournal;
import io.selfupgrade.upgrade.UpgradePhase;
import io.selfupgrade.upgrade.UpgradeRecord;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/** One upgrade in an in-memory store; guarded by the state's lock. */
final class UpgradeRow {

  final UUID id = UUID.randomUUID();
  final AgentName agent;
  final Trigger trigger;
  final Version from;
  final List<StepRecord> steps = new ArrayList<>();
  final Set<String> launcherEntries = new HashSet<>();
  Optional<UpgradeRecord.Target> target = Optional.empty();
  UpgradePhase phase = UpgradePhase.OPEN;
  Optional<InstanceId> candidate = Optional.empty();
  Optional<Instant> deadline = Optional.empty();
  Optional<Judgement> look = Optional.empty();
  Optional<Judgement> selfCheck = Optional.empty();

  boolean forgiven;
  Optional<PolicyStore.Verdict> verdict = Optional.empty();

  private Optional<Reason> reason = Optional.empty();
  private boolean retryable;
  private Instant phaseAt;
  private boolean onTrial;
  private long trialEpoch;

  UpgradeRow(AgentName agent, Trigger trigger, Version from, Instant now) {
    this.agent = agent;
    this.trigger = trigger;
    this.from = from;
    this.phaseAt = now;
  }

  /** Moves the phase; keeps the reason that is there when none is given. */
  void moveTo(UpgradePhase next, Optional<UpgradeJournal.Ending> ending, Instant now) {
    phase = next;
    phaseAt = now;
    onTrial = onTrial || next == UpgradePhase.TRIAL;
    ending.ifPresent(
        end -> {
          reason = Optional.of(end.reason());
          retryable = end.retryable();
        });
  }

  /** Moves to ROLLING_BACK; the reason of a failed look is kept before the given one. */
  void moveBack(UpgradeJournal.Ending ending, Instant now) {
    Reason kept = look.flatMap(Judgement::failure).orElse(ending.reason());
    moveTo(
        UpgradePhase.ROLLING_BACK,
        Optional.of(new UpgradeJournal.Ending(kept, ending.retryable())),
        now);
  }

  /**
   * Names the instance that is on trial, and until when.
   *
   * <p>What was found on the process before does not count for this one, except a failed look.
   */
  void tryCandidate(Fence fence, Instant until) {
    look = look.filter(judgement -> judgement.failure().isPresent());
    selfCheck = Optional.empty();
    candidate = Optional.of(fence.holder());
    trialEpoch = fence.epoch();
    deadline = Optional.of(until);
  }

  boolean handedOverFrom(Version version) {
    return phase == UpgradePhase.HANDED_OVER && from.equals(version);
  }

  boolean deadlinePassed(Instant now) {
    return deadline.filter(end -> !end.isAfter(now)).isPresent();
  }

  boolean endedBefore(Instant cutoff) {
    return phase.isFinal() && phaseAt.isBefore(cutoff);
  }

  void addStep(StepRecord step, Instant now) {
    steps.add(
        new StepRecord(
            step.step(),
            step.event(),
            step.detail(),
            step.instance(),
            step.epoch(),
            Optional.of(now)));
  }

  UpgradeRecord record(Instant now) {
    Optional<UpgradeRecord.Trial> trial =
        onTrial
            ? Optional.of(
                new UpgradeRecord.Trial(
                    candidate,
                    trialEpoch,
                    deadline.map(end -> Duration.between(now, end)).orElse(Duration.ZERO),
                    look.map(judgement -> judgement.look(now)),
                    selfCheck.map(judgement -> judgement.look(now))))
            : Optional.empty();
    return new UpgradeRecord(
        id,
        agent,
        trigger,
        from,
        target,
        new UpgradeRecord.Decision(phase, reason, retryable, phaseAt),
        trial);
  }

  /**
   * What was found on a candidate.
   *
   * @param failure why it failed; empty if it passed
   * @param at when
   */
  record Judgement(Optional<Reason> failure, Instant at) {
    UpgradeRecord.Look look(Instant now) {
      return new UpgradeRecord.Look(failure, Duration.between(at, now));
    }

    boolean passedWithin(Duration time, Instant now) {
      return failure.isEmpty() && Duration.between(at, now).compareTo(time) < 0;
    }
  }
}
