package io.selfupgrade.core.schedule;

import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * How the engine works.
 *
 * @param executor where handlers run; null for threads of the engine's own
 * @param atOnce most handlers that run at one time, 4 by default
 * @param poll time between two looks at the store when nothing wakes the engine, 26 s by default;
 *     lost runs are looked for twice as often
 * @param silence age of a claimant's heartbeat after which its runs are given out again
 * @param nanoTime the monotonic clock, {@link System#nanoTime()} by default
 */
public record TickSettings(
    @Nullable Executor executor,
    int atOnce,
    Duration poll,
    Duration silence,
    LongSupplier nanoTime) {

  private static final int AT_ONCE = 4;
  private static final Duration POLL = Duration.ofSeconds(26);

  /**
   * Validates the parts.
   *
   * @throws IllegalArgumentException if a number or a duration is not positive
   */
  public TickSettings {
    Objects.requireNonNull(nanoTime, "nanoTime");
    if (atOnce < 1) {
      throw new IllegalArgumentException("atOnce " + atOnce + ": expected 1 or more");
    }
    positive("poll", poll);
    positive("silence", silence);
  }

  /**
   * Returns the defaults.
   *
   * @param silence age of a claimant's heartbeat after which its runs are given out again; three
   *     times the time to live of the lease
   */
  public static TickSettings withSilence(Duration silence) {
    return new TickSettings(null, AT_ONCE, POLL, silence, System::nanoTime);
  }

  /** Returns the same settings with handlers that run on the host's executor. */
  public TickSettings executor(Executor hosts) {
    return new TickSettings(
        Objects.requireNonNull(hosts, "hosts"), atOnce, poll, silence, nanoTime);
  }

  /** Returns the same settings with another number of handlers at one time. */
  public TickSettings atOnce(int most) {
    return new TickSettings(executor, most, poll, silence, nanoTime);
  }

  /** Returns the same settings with another time between two looks at the store. */
  public TickSettings poll(Duration period) {
    return new TickSettings(executor, atOnce, period, silence, nanoTime);
  }

  private static void positive(String name, Duration value) {
    if (value.isNegative() || value.isZero()) {
      throw new IllegalArgumentException(name + " " + value + ": expected more than zero");
    }
  }
}
