package io.selfupgrade.examples.benchmarks.schedule;

import io.selfupgrade.examples.benchmarks.IncorrectException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.locks.LockSupport;

/**
 * When tasks are submitted, when each is due, and how late it was run: the same for all contenders.
 */
final class LatenessPlan {

  /** From due at once to due in half a second. */
  private static final int LONGEST_AHEAD_MILLIS = 500;

  private static final long SEED = 42;

  private final AtomicLongArray lateNanos;
  private final AtomicIntegerArray times;
  private final Duration over;

  /** Submits one task. */
  @FunctionalInterface
  interface Submission {
    void submit(int task, Instant due) throws Exception;
  }

  LatenessPlan(int tasks, Duration over) {
    lateNanos = new AtomicLongArray(tasks);
    times = new AtomicIntegerArray(tasks);
    this.over = over;
  }

  /** Notes that a task is run now. */
  void note(int task, Instant due) {
    lateNanos.set(task, Duration.between(due, Instant.now()).toNanos());
    times.incrementAndGet(task);
  }

  /** Submits all, one after another, and returns how late they were run, in milliseconds. */
  Map<String, Double> play(String who, Submission submission) throws Exception {
    Random random = new Random(SEED);
    int tasks = times.length();
    long start = System.nanoTime();
    for (int task = 0; task < tasks; task++) {
      long at = start + over.toNanos() * task / tasks;
      while (at - System.nanoTime() > 0) {
        LockSupport.parkNanos(at - System.nanoTime());
      }
      int ahead = task % 2 == 0 ? 0 : random.nextInt(LONGEST_AHEAD_MILLIS);
      submission.submit(task, Instant.now().plusMillis(ahead).truncatedTo(ChronoUnit.MICROS));
    }
    Tally.await(who + " runs what was submitted", () -> once() == tasks);
    return figures(who);
  }

  private int once() {
    int once = 0;
    for (int task = 0; task < times.length(); task++) {
      once += times.get(task) > 0 ? 1 : 0;
    }
    return once;
  }

  private Map<String, Double> figures(String who) {
    for (int task = 0; task < times.length(); task++) {
      IncorrectException.require(who + ", runs of task " + task, times.get(task), 1);
    }
    double[] late = new double[times.length()];
    Arrays.setAll(late, task -> lateNanos.get(task) / 1e6);
    Arrays.sort(late);
    if (late[0] < 0) {
      throw new IncorrectException(who + " ran a task " + -late[0] + " ms before it was due");
    }
    Map<String, Double> figures = new LinkedHashMap<>();
    figures.put(ScheduleBenchmark.MIN, late[0]);
    figures.put(ScheduleBenchmark.P50, percentile(late, 0.5));
    figures.put(ScheduleBenchmark.P99, percentile(late, 0.99));
    figures.put(ScheduleBenchmark.MAX, late[late.length - 1]);
    return figures;
  }

  private static double percentile(double[] sorted, double part) {
    return sorted[(int) Math.ceil(part * sorted.length) - 1];
  }
}
