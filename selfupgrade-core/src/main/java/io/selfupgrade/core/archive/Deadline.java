package io.selfupgrade.core.archive;

import java.io.IOException;
import java.time.Duration;
import java.util.Objects;
import java.util.function.LongSupplier;

/** The time until which archives must be read; thread-safe. */
public final class Deadline {

  private final LongSupplier nanoTime;
  private final long startNanos;
  private final Duration limit;

  /** Begins now. */
  public Deadline(Duration limit, LongSupplier nanoTime) {
    this.limit = Objects.requireNonNull(limit, "limit");
    this.nanoTime = Objects.requireNonNull(nanoTime, "nanoTime");
    this.startNanos = nanoTime.getAsLong();
  }

  /**
   * Does nothing before the time has come.
   *
   * @throws IOException if it has: the disk is slow, not the archive wrong
   */
  void require() throws IOException {
    if (nanoTime.getAsLong() - startNanos > limit.toNanos()) {
      throw new IOException("reading the archives took longer than " + limit);
    }
  }
}
