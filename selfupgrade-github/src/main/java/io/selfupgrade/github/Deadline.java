package io.selfupgrade.github;

import java.time.Duration;

/** An instant on the monotonic clock. */
final class Deadline {

  private final long nanos;

  private Deadline(long nanos) {
    this.nanos = nanos;
  }

  static Deadline in(Duration time) {
    return new Deadline(System.nanoTime() + time.toNanos());
  }

  boolean passed() {
    return nanos - System.nanoTime() <= 0;
  }

  /** Returns what is left, at least a millisecond, because 0 is no limit to OkHttp. */
  Duration left() {
    return Duration.ofNanos(Math.max(1_000_000, nanos - System.nanoTime()));
  }
}
