package io.selfupgrade.examples.benchmarks.schedule;

import io.selfupgrade.examples.benchmarks.IncorrectException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Counts how often each of a number of tasks was run, and when the first was. Thread-safe. */
final class Tally {

  /** Nothing that is measured takes as long. */
  private static final Duration LONGEST = Duration.ofMinutes(10);

  private static final Duration BETWEEN_LOOKS = Duration.ofNanos(500_000);

  private final AtomicIntegerArray times;
  private final AtomicInteger runs = new AtomicInteger();
  private final AtomicLong firstNanos = new AtomicLong();

  Tally(int tasks) {
    times = new AtomicIntegerArray(tasks);
  }

  /** Notes that a task runs. */
  void note(int task) {
    if (runs.getAndIncrement() == 0) {
      firstNanos.set(System.nanoTime());
    }
    times.incrementAndGet(task);
  }

  /** Returns how many runs there were so far. */
  int runs() {
    return runs.get();
  }

  /** Returns the tasks a second, from the first run until now. */
  double untilNow() {
    return times.length() / ((System.nanoTime() - firstNanos.get()) / 1e9);
  }

  /** Waits until all were run. */
  void awaitAll(String who) {
    await(who + " runs " + times.length() + " tasks", () -> runs.get() >= times.length());
  }

  /** Requires that each was run once. */
  void requireEachOnce(String who) {
    int other = 0;
    for (int task = 0; task < times.length(); task++) {
      other += times.get(task) == 1 ? 0 : 1;
    }
    IncorrectException.require(who + ", tasks that were not run exactly once", other, 0);
    IncorrectException.require(who + ", runs", runs.get(), times.length());
  }

  /** Waits until something is so. */
  static void await(String what, BooleanSupplier so) {
    long deadline = System.nanoTime() + LONGEST.toNanos();
    while (!so.getAsBoolean()) {
      if (System.nanoTime() - deadline > 0) {
        throw new IncorrectException("waited for " + LONGEST + " in vain: " + what);
      }
      if (Thread.currentThread().isInterrupted()) {
        throw new IncorrectException("interrupted while waiting: " + what);
      }
      LockSupport.parkNanos(BETWEEN_LOOKS.toNanos());
    }
  }
}
