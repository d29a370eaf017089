package io.selfupgrade.supabase.embedded;

import java.time.Duration;

/** A moment on the monotonic clock by which something must be done. */
record Deadline(long endNanos) {

  static Deadline in(Duration limit) {
    return new Deadline(System.nanoTime() + limit.toNanos());
  }

  boolean passed() {
    return endNanos - System.nanoTime() <= 0;
  }

  /** What is left, never negative. */
  Duration remaining() {
    return Duration.ofNanos(Math.max(0, endNanos - System.nanoTime()));
  }

  /** Waits a moment, at most until the end. */
  void pause(Duration moment, String doing) {
    Duration left = remaining();
    try {
      Thread.sleep(Math.min(left.toMillis() + 1, moment.toMillis()));
    } catch (InterruptedException e) {
      throw Trouble.interrupted(doing, e);
    }
  }
}
