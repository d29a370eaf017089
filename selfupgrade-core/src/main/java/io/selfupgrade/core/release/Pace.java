package io.selfupgrade.core.release;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * Measures a pull against its limits of time; thread-safe, as reader and watchdog both ask it.
 *
 * <p>The rate is that of the last window, sampled at a thirtieth of it.
 */
final class Pace {

  private static final int SAMPLES_PER_WINDOW = 30;

  private final PullLimits limits;
  private final LongSupplier nanoTime;
  private final long startNanos;
  private final Deque<Sample> samples = new ArrayDeque<>();
  private long receivedBytes;

  Pace(PullLimits limits, LongSupplier nanoTime) {
    this.limits = limits;
    this.nanoTime = nanoTime;
    this.startNanos = nanoTime.getAsLong();
  }

  /** Begins a new window: the time between two files is not the source's. */
  synchronized void fileBegins() {
    samples.clear();
    samples.add(new Sample(nanoTime.getAsLong(), receivedBytes));
  }

  synchronized void received(long bytes) {
    receivedBytes += bytes;
    long now = nanoTime.getAsLong();
    Sample last = samples.peekLast();
    if (last == null || now - last.nanos >= limits.stallWindow().toNanos() / SAMPLES_PER_WINDOW) {
      samples.add(new Sample(now, receivedBytes));
    }
  }

  synchronized long receivedBytes() {
    return receivedBytes;
  }

  /** Returns which limit is broken, if one is. */
  synchronized Optional<String> broken() {
    long now = nanoTime.getAsLong();
    if (now - startNanos > limits.total().toNanos()) {
      return Optional.of(
          "it took longer than " + limits.total() + " for " + receivedBytes + " bytes");
    }
    long windowNanos = limits.stallWindow().toNanos();
    Sample oldest = samples.pollFirst();
    if (oldest == null) {
      return Optional.empty();
    }
    for (Sample next = samples.peekFirst();
        next != null && now - next.nanos >= windowNanos;
        next = samples.peekFirst()) {
      oldest = samples.removeFirst();
    }
    samples.addFirst(oldest);
    long expected = limits.minBytesPerSecond() * windowNanos / Duration.ofSeconds(1).toNanos();
    long seen = receivedBytes - oldest.bytes;
    if (now - oldest.nanos >= windowNanos && seen < expected) {
      return Optional.of(
          seen
              + " bytes came within "
              + limits.stallWindow()
              + ": expected at least "
              + expected
              + " in that time");
    }
    return Optional.empty();
  }

  private record Sample(long nanos, long bytes) {}
}
