package io.selfupgrade.launcher;

import java.time.Duration;

/**
 * The launcher's periods.
 *
 * @param wake longest time between two looks at the home directory
 * @param firstDelay pause before the first restart; doubles with each one that follows
 * @param longestDelay longest pause before a restart
 * @param stableRun a run at least this long starts the pauses over
 * @param saveRunTime how often a candidate's run time is saved
 * @param settle how long a child without a known process is searched for before it counts as dead,
 *     and how long a lock that another command may hold for a moment is waited for
 * @param grace how long a child has to end
 */
record Timings(
    Duration wake,
    Duration firstDelay,
    Duration longestDelay,
    Duration stableRun,
    Duration saveRunTime,
    Duration settle,
    Grace grace) {
  /**
   * How long a child has to end.
   *
   * @param drain if it did not say in {@code ready} how long it drains
   * @param margin what is added to its drain before it is killed
   */
  record Grace(Duration drain, Duration margin) {}

  /** What the launcher uses. */
  static final Timings DEFAULT =
      new Timings(
          Duration.ofMillis(25),
          Duration.ofSeconds(1),
          Duration.ofSeconds(30),
          Duration.ofSeconds(30),
          Duration.ofMillis(900),
          Duration.ofSeconds(1),
          new Grace(Duration.ofSeconds(30), Duration.ofSeconds(5)));
}
