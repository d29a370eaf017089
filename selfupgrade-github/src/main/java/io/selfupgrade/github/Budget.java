package io.selfupgrade.github;

import java.time.Duration;

/** The time that something may take, which its parts share. */
final class Budget {

  private static final Duration LEAST = Duration.ofSeconds(1);

  private final Pace pace;
  private final long end;

  Budget(Pace pace, Duration time) {
    this.pace = pace;
    this.end = pace.nanos() + time.toNanos();
  }

  boolean over() {
    return end - pace.nanos() <= 0;
  }

  /** Returns what a part may take: what is left, at most this, and at least a second. */
  Duration share(Duration most) {
    return shorter(most, longer(left(), LEAST));
  }

  /** Waits, but not past the end. */
  void pause(Duration time) throws InterruptedException {
    pace.pause(shorter(time, longer(left(), Duration.ZERO)));
  }

  private Duration left() {
    return Duration.ofNanos(end - pace.nanos());
  }

  private static Duration shorter(Duration one, Duration other) {
    return one.compareTo(other) < 0 ? one : other;
  }

  private static Duration longer(Duration one, Duration other) {
    return one.compareTo(other) > 0 ? one : other;
  }
}
