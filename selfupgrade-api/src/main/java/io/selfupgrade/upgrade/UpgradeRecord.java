package io.selfupgrade.upgrade;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.InstanceId;
import io.selfupgrade.agent.Version;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;

/**
 * One row of the journal: an upgrade as it stands.
 *
 * @param id the upgrade
 * @param agent the agent
 * @param trigger what started it
 * @param from the version that ran when it was opened
 * @param target what it goes to; empty while OPEN
 * @param decision its phase, and why
 * @param trial the candidate's trial; empty before TRIAL
 */
public record UpgradeRecord(
    UUID id,
    AgentName agent,
    Trigger trigger,
    Version from,
    Optional<Target> target,
    Decision decision,
    Optional<Trial> trial) {

  /** Validates the parts. */
  public UpgradeRecord {
    Objects.requireNonNull(id, "id");
    Objects.requireNonNull(agent, "agent");
    Objects.requireNonNull(trigger, "trigger");
    Objects.requireNonNull(from, "from");
    Objects.requireNonNull(target, "target");
    Objects.requireNonNull(decision, "decision");
    Objects.requireNonNull(trial, "trial");
  }

  /** Returns the phase. */
  public UpgradePhase phase() {
    return decision.phase();
  }

  /** Returns the outcome, empty while the upgrade is under way. */
  public Optional<UpgradeOutcome> outcome() {
    Reason reason =
        decision.reason().orElse(new Reason(ReasonCode.TROUBLE, "no reason was recorded"));
    return switch (decision.phase()) {
      case CONFIRMED ->
          Optional.of(new UpgradeOutcome.Upgraded(from, target.orElseThrow().version()));
      case ROLLED_BACK -> Optional.of(new UpgradeOutcome.RolledBack(reason, decision.retryable()));
      case ROLLBACK_FAILED ->
          Optional.of(new UpgradeOutcome.RollbackFailed(target.orElseThrow().version(), reason));
      case REFUSED -> Optional.of(new UpgradeOutcome.Refused(reason));
      case UP_TO_DATE -> Optional.of(new UpgradeOutcome.UpToDate(from));
      case ABORTED -> Optional.of(new UpgradeOutcome.Aborted(reason, decision.retryable()));
      default -> Optional.empty();
    };
  }

  /**
   * What an upgrade goes to.
   *
   * @param version the version
   * @param manifestSha256 the build
   */
  public record Target(Version version, String manifestSha256) {
    /** Validates the parts. */
    public Target {
      Objects.requireNonNull(version, "version");
      Objects.requireNonNull(manifestSha256, "manifestSha256");
    }
  }

  /**
   * The one decision.
   *
   * @param phase the phase
   * @param reason why; empty while there is nothing to explain
   * @param retryable whether it is tried again without a person
   * @param at when the phase was entered, on the store's clock
   */
  public record Decision(
      UpgradePhase phase, Optional<Reason> reason, boolean retryable, Instant at) {
    /** Validates the parts. */
    public Decision {
      Objects.requireNonNull(phase, "phase");
      Objects.requireNonNull(reason, "reason");
      Objects.requireNonNull(at, "at");
    }
  }

  /**
   * A candidate's trial.
   *
   * @param candidate the instance that was handed over to; empty before the hand-over
   * @param epoch its epoch, 0 before the hand-over
   * @param remaining time to the deadline on the store's clock, negative when it has passed, zero
   *     before the hand-over
   * @param look what the old version saw from outside; empty before the first look
   * @param selfCheck what the candidate found on itself; empty before the first round
   */
  public record Trial(
      Optional<InstanceId> candidate,
      long epoch,
      Duration remaining,
      Optional<Look> look,
      Optional<Look> selfCheck) {
    /** Validates the parts. */
    public Trial {
      Objects.requireNonNull(candidate, "candidate");
      Objects.requireNonNull(remaining, "remaining");
      Objects.requireNonNull(look, "look");
      Objects.requireNonNull(selfCheck, "selfCheck");
    }
  }

  /**
   * A judgement on a candidate.
   *
   * @param failure why it failed; empty if it passed
   * @param age how old the judgement is on the store's clock
   */
  public record Look(Optional<Reason> failure, Duration age) {
    /** Validates the parts. */
    public Look {
      Objects.requireNonNull(failure, "failure");
      Objects.requireNonNull(age, "age");
    }

    /** Tells whether the candidate passed. */
    public boolean passed() {
      return failure.isEmpty();
    }
  }
}
