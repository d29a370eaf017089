package io.selfupgrade.schedule;

import java.time.Duration;
import java.util.Objects;
import java.util.Optional;

/**
 * How a task is run.
 *
 * @param missed what becomes of missed ticks; {@link Missed#runAll()} implies {@link Overlap#QUEUE}
 * @param overlap what becomes of ticks that fall on a running one
 * @param retry whether a run that failed is tried again
 * @param deadline how long a run may take; then its thread is interrupted and it has failed. Empty:
 *     for ever
 * @param jitter within how much time after its tick the task starts: always the same part of it, by
 *     the names of agent and task, so that the periods stay exact
 * @param scope which instances take part
 */
public record TaskPolicy(
    Missed missed,
    Overlap overlap,
    Retry retry,
    Optional<Duration> deadline,
    Duration jitter,
    Scope scope) {

  private static final Duration LONGEST_JITTER = Duration.ofDays(1);

  /** Missed ticks run once, overlapping ones are skipped, nothing is tried again. */
  public static final TaskPolicy DEFAULT = new TaskPolicy(Missed.runOnce(), Overlap.SKIP);

  /**
   * Validates the parts.
   *
   * @throws IllegalArgumentException naming the part and what was expected
   */
  public TaskPolicy {
    Objects.requireNonNull(missed, "missed");
    Objects.requireNonNull(overlap, "overlap");
    Objects.requireNonNull(retry, "retry");
    Objects.requireNonNull(deadline, "deadline");
    Objects.requireNonNull(jitter, "jitter");
    Objects.requireNonNull(scope, "scope");
    if (deadline.isPresent() && (deadline.get().isNegative() || deadline.get().isZero())) {
      throw new IllegalArgumentException(
          "deadline " + deadline.get() + ": expected more than nothing, or none");
    }
    if (jitter.isNegative() || jitter.compareTo(LONGEST_JITTER) > 0) {
      throw new IllegalArgumentException("jitter " + jitter + ": expected 0 to " + LONGEST_JITTER);
    }
    if (missed instanceof Missed.RunAll) {
      overlap = Overlap.QUEUE;
    }
  }

  /** Describes a policy without retries, deadline and jitter, for the primary. */
  public TaskPolicy(Missed missed, Overlap overlap) {
    this(missed, overlap, Retry.NONE, Optional.empty(), Duration.ZERO, Scope.PRIMARY);
  }

  /** Returns the same policy with another rule for missed ticks. */
  public TaskPolicy missed(Missed rule) {
    return new TaskPolicy(rule, overlap, retry, deadline, jitter, scope);
  }

  /** Returns the same policy with another rule for overlapping ticks. */
  public TaskPolicy overlap(Overlap rule) {
    return new TaskPolicy(missed, rule, retry, deadline, jitter, scope);
  }

  /** Returns the same policy with another rule for runs that failed. */
  public TaskPolicy retry(Retry rule) {
    return new TaskPolicy(missed, overlap, rule, deadline, jitter, scope);
  }

  /** Returns the same policy with a limit of how long a run may take. */
  public TaskPolicy deadline(Duration longest) {
    return new TaskPolicy(missed, overlap, retry, Optional.of(longest), jitter, scope);
  }

  /** Returns the same policy with another jitter. */
  public TaskPolicy jitter(Duration most) {
    return new TaskPolicy(missed, overlap, retry, deadline, most, scope);
  }

  /** Returns the same policy for other instances. */
  public TaskPolicy scope(Scope who) {
    return new TaskPolicy(missed, overlap, retry, deadline, jitter, who);
  }
}
