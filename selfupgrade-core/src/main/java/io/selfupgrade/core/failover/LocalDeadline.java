package io.selfupgrade.core.failover;

import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * Until when a lease may be relied on without a word from the store.
 *
 * <p>Two thirds of the lease's time, on the monotonic clock, from before the renewal was sent.
 */
final class LocalDeadline {

  private final LongSupplier nanoTime;
  private final long spanNanos;
  private volatile long deadlineNanos;

  LocalDeadline(Duration ttl, LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
    this.spanNanos = ttl.toNanos() / 3 * 2;
    this.deadlineNanos = nanoTime.getAsLong();
  }

  long now() {
    return nanoTime.getAsLong();
  }

  void renewedAt(long sentNanos) {
    deadlineNanos = sentNanos + spanNanos;
  }

  boolean passed() {
    return remainingNanos() <= 0;
  }

  long remainingNanos() {
    return deadlineNanos - nanoTime.getAsLong();
  }
}
