package io.selfupgrade.schedule;

import java.util.Objects;

/**
 * How a task is run.
 *
 * @param missed what becomes of missed ticks; {@link Missed#runAll()} implies {@link Overlap#QUEUE}
 * @param overlap what becomes of ticks that fall on a running one
 */
public record TaskPolicy(Missed missed, Overlap overlap) {

  /** Missed ticks run once, overlapping ones are skipped. */
  public static final TaskPolicy DEFAULT = new TaskPolicy(Missed.runOnce(), Overlap.SKIP);

  /** Validates the parts. */
  public TaskPolicy {
    Objects.requireNonNull(missed, "missed");
    Objects.requireNonNull(overlap, "overlap");
    if (missed instanceof Missed.RunAll) {
      overlap = Overlap.QUEUE;
    }
  }

  /** Returns the same policy with another rule for missed ticks. */
  public TaskPolicy missed(Missed rule) {
    return new TaskPolicy(rule, overlap);
  }

  /** Returns the same policy with another rule for overlapping ticks. */
  public TaskPolicy overlap(Overlap rule) {
    return new TaskPolicy(missed, rule);
  }
}
