package io.selfupgrade.core.schedule;

import java.time.Duration;
import java.time.Instant;

/**
 * The store's clock, told from the local monotonic one.
 *
 * <p>Never ahead of the store: a reading is taken as if it had been made when its answer arrived,
 * and of several the best is kept. Confined to one thread.
 */
final class StoreClock {

  /** After that the two clocks may have drifted apart by more than a quick answer tells. */
  private static final Duration LONGEST_USE = Duration.ofMinutes(1);

  private Instant reading = Instant.EPOCH;
  private long readAtNanos;
  private boolean read;

  /**
   * Takes a reading.
   *
   * @param now what the store said
   * @param sentNanos monotonic time when it was asked
   * @param receivedNanos monotonic time when the answer was there
   */
  void set(Instant now, long sentNanos, long receivedNanos) {
    boolean old = receivedNanos - readAtNanos > LONGEST_USE.toNanos();
    if (!read || old || better(now, receivedNanos - sentNanos, at(receivedNanos))) {
      reading = now;
      readAtNanos = receivedNanos;
      read = true;
    }
  }

  /** Returns an instant that the store's clock has reached at that monotonic time. */
  Instant at(long nanos) {
    return reading.plusNanos(nanos - readAtNanos);
  }

  /** Nearer to the store's clock, or proof that this was set back. */
  private static boolean better(Instant now, long roundTripNanos, Instant known) {
    return now.isAfter(known) || known.isAfter(now.plusNanos(roundTripNanos));
  }
}
