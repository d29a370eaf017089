package io.selfupgrade.testkit;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** Waits for what other threads or processes do, with a deadline and without a fixed sleep. */
public final class Eventually {

  private static final long POLL_NANOS = 5_000_000;

  private Eventually() {}

  /**
   * Waits until a condition holds.
   *
   * @param what what is waited for, for the failure's message
   * @param within longest time to wait
   * @param condition asked every 5 ms
   * @throws AssertionError if it does not hold in time, or the thread is interrupted
   */
  public static void holds(String what, Duration within, BooleanSupplier condition) {
    present(what, within, () -> condition.getAsBoolean() ? Optional.of(true) : Optional.empty());
  }

  /**
   * Waits until there is a value, and returns it.
   *
   * @param what what is waited for, for the failure's message
   * @param within longest time to wait
   * @param value asked every 5 ms
   * @param <T> type of the value
   * @throws AssertionError if there is none in time, or the thread is interrupted
   */
  public static <T> T present(String what, Duration within, Supplier<Optional<T>> value) {
    long start = System.nanoTime();
    while (true) {
      Optional<T> found = value.get();
      if (found.isPresent()) {
        return found.get();
      }
      if (System.nanoTime() - start > within.toNanos()) {
        throw new AssertionError("waited " + within + " in vain until " + what);
      }
      if (Thread.currentThread().isInterrupted()) {
        throw new AssertionError("interrupted while waiting until " + what);
      }
      LockSupport.parkNanos(POLL_NANOS);
    }
  }

  /** Lets real time pass, for what has no clock that a test can advance. */
  static void pass(Duration time) {
    long start = System.nanoTime();
    for (long left = time.toNanos();
        left > 0;
        left = time.toNanos() - (System.nanoTime() - start)) {
      LockSupport.parkNanos(left);
    }
  }
}
