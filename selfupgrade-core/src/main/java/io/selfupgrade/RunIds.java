package io.selfupgrade;

import java.time.Clock;
import java.util.SplittableRandom;
import java.util.UUID;

/**
 * Ids of work that is submitted, in the order of time (RFC 9562, version 7): the rows that are
 * written together are neighbours in an index. Thread-safe.
 */
final class RunIds {

  private static final int SEQUENCE_BITS = 12;
  private static final long VERSION = 0x7000L;
  private static final long VARIANT = 0x8000_0000_0000_0000L;

  private final Clock clock;
  private final SplittableRandom random = new SplittableRandom();
  private long last;

  RunIds(Clock clock) {
    this.clock = clock;
  }

  synchronized UUID next() {
    // A millisecond and a number in it, as one number that never falls, whatever the clock does.
    last = Math.max(last + 1, clock.millis() << SEQUENCE_BITS);
    long millis = last >>> SEQUENCE_BITS;
    long high = millis << 16 | VERSION | (last & ((1L << SEQUENCE_BITS) - 1));
    return new UUID(high, random.nextLong() >>> 2 | VARIANT);
  }
}
