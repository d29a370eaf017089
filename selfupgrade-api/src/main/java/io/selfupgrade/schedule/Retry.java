package io.selfupgrade.schedule;

import java.time.Duration;
import java.util.Objects;

/**
 * How often a run that failed is tried again, and when.
 *
 * <p>The pause doubles with each failure. A run that failed that often is set aside: it stays in
 * the ledger as failed and quarantined, and what comes after it goes on.
 *
 * @param failures after how many failures the run is set aside; 1: it is never tried again
 * @param first pause after the first failure
 * @param longest greatest pause
 */
public record Retry(int failures, Duration first, Duration longest) {

  private static final Duration LONGEST = Duration.ofDays(30);

  /** The most failures. */
  public static final int MOST = 100;

  /** A run that failed is not tried again. The default. */
  public static final Retry NONE = new Retry(1, Duration.ZERO, Duration.ZERO);

  /**
   * Validates the parts.
   *
   * @throws IllegalArgumentException naming the part and what was expected
   */
  public Retry {
    Objects.requireNonNull(first, "first");
    Objects.requireNonNull(longest, "longest");
    if (failures < 1 || failures > MOST) {
      throw new IllegalArgumentException("failures " + failures + ": expected 1 to " + MOST);
    }
    if (first.isNegative()) {
      throw new IllegalArgumentException("first pause " + first + ": expected 0 or more");
    }
    if (longest.compareTo(first) < 0 || longest.compareTo(LONGEST) > 0) {
      throw new IllegalArgumentException(
          "longest pause " + longest + ": expected " + first + " to " + LONGEST);
    }
  }

  /**
   * Tries again until that many failures, with pauses of 1 s, 2 s, 4 s ... up to 5 min.
   *
   * @param failures from 1 to 100
   */
  public static Retry upTo(int failures) {
    return new Retry(failures, Duration.ofSeconds(1), Duration.ofMinutes(5));
  }

  /** Returns the same with other pauses. */
  public Retry pauses(Duration from, Duration most) {
    return new Retry(failures, from, most);
  }

  /**
   * Tells whether a run is set aside.
   *
   * @param failed how often it failed, this time included
   */
  public boolean exhausted(int failed) {
    return failed >= failures;
  }

  /**
   * Returns the pause after a failure.
   *
   * @param failed how often it failed, this time included
   */
  public Duration pause(int failed) {
    Duration pause = first;
    for (int doubled = 1; doubled < failed && pause.compareTo(longest) < 0; doubled++) {
      pause = pause.multipliedBy(2);
    }
    return pause.compareTo(longest) < 0 ? pause : longest;
  }
}
