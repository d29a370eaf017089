package io.selfupgrade.upgrade;

import java.time.Duration;
import java.util.Objects;

/**
 * The times of an upgrade, each greater than zero and at most 30 days.
 *
 * @param smoke longest run of the smoke check where the release names no shorter one; default 60 s
 * @param ready from the candidate's start until it is a warm standby; default 60 s
 * @param drain for running work to end before the hand-over; default 30 s
 * @param probation run time that the new version must serve without a failure; default 2 min
 * @param limit longest trial; default 3 x probation
 */
public record UpgradeTimes(
    Duration smoke, Duration ready, Duration drain, Duration probation, Duration limit) {

  private static final Duration LONGEST = Duration.ofDays(30);

  /** The defaults. */
  public static final UpgradeTimes DEFAULT =
      new UpgradeTimes(
          Duration.ofSeconds(60),
          Duration.ofSeconds(60),
          Duration.ofSeconds(30),
          Duration.ofMinutes(2),
          Duration.ofMinutes(6));

  /**
   * Validates the times.
   *
   * @throws IllegalArgumentException if one is out of range or the limit is below probation
   */
  public UpgradeTimes {
    requireUsable("smoke", smoke);
    requireUsable("ready", ready);
    requireUsable("drain", drain);
    requireUsable("probation", probation);
    requireUsable("limit", limit);
    if (limit.compareTo(probation) < 0) {
      throw new IllegalArgumentException(
          "limit " + limit + " is below probation " + probation + ": expected at least as long");
    }
  }

  private static void requireUsable(String name, Duration value) {
    Objects.requireNonNull(value, name);
    if (value.isZero() || value.isNegative() || value.compareTo(LONGEST) > 0) {
      throw new IllegalArgumentException(
          name + " " + value + ": expected more than zero and at most 30 days");
    }
  }
}
