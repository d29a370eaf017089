package io.selfupgrade.launcher;

import java.time.Duration;

/** When a role may be started again; times are {@link System#nanoTime()}. */
final class BackOff {
  private static final int MOST_DOUBLINGS = 30;

  private final Timings timings;
  private int endsInARow;
  private long notBefore;
  private boolean waiting;

  BackOff(Timings timings) {
    this.timings = timings;
  }

  boolean due(long now) {
    return !waiting || now - notBefore >= 0;
  }

  /** An end that nobody asked for. */
  Duration ended(Duration ran, long now) {
    if (ran.compareTo(timings.stableRun()) >= 0) {
      endsInARow = 0;
    }
    Duration delay = timings.firstDelay().multipliedBy(1L << Math.min(endsInARow, MOST_DOUBLINGS));
    if (delay.compareTo(timings.longestDelay()) > 0) {
      delay = timings.longestDelay();
    }
    endsInARow++;
    waiting = true;
    notBefore = now + delay.toNanos();
    return delay;
  }

  /** The next start may be at once. */
  void reset() {
    endsInARow = 0;
    waiting = false;
  }
}
