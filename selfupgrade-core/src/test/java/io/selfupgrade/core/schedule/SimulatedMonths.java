package io.selfupgrade.core.schedule;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/** Courses of events, one for each seed from the first on. */
final class SimulatedMonths {

  private static final Duration TIME = Duration.ofDays(30);
  private static final int FEWEST_RUNS = 1_500;
  private static final int MOST_FAILURES = 5;

  private final long first;
  private final AtomicInteger next = new AtomicInteger();
  private final LongAdder runs = new LongAdder();
  private final Queue<String> failures = new ConcurrentLinkedQueue<>();

  SimulatedMonths(long first) {
    this.first = first;
  }

  /** Plays as many seeds as its second argument says, and exits with 1 if one of them failed. */
  public static void main(String[] args) throws InterruptedException {
    List<String> failures =
        new SimulatedMonths(Long.parseLong(args[0])).play(Integer.parseInt(args[1]));
    failures.forEach(System.out::println);
    System.exit(failures.isEmpty() ? 0 : 1);
  }

  long first() {
    return first;
  }

  /** Plays so many seeds, two at a time; returns what failed, a few of it at most. */
  List<String> play(int seeds) throws InterruptedException {
    Thread other = new Thread(() -> playAll(seeds), "the other half of the seeds");
    other.start();
    playAll(seeds);
    other.join();
    if (failures.isEmpty() && runs.sum() < (long) seeds * FEWEST_RUNS) {
      failures.add("only " + runs.sum() + " runs from seed " + first + " on");
    }
    System.out.println(
        seeds + " simulated months from seed " + first + " on had " + runs.sum() + " runs");
    return List.copyOf(failures);
  }

  private void playAll(int seeds) {
    for (int index = next.getAndIncrement();
        index < seeds && failures.size() < MOST_FAILURES;
        index = next.getAndIncrement()) {
      play(first + index);
    }
  }

  private void play(long seed) {
    try {
      SimulatedHistory history = new Simulation(seed).run(TIME);
      history.check("-Dseed=" + seed + " -Dseeds=1");
      runs.add(history.size());
    } catch (RuntimeException | AssertionError e) { // The other seeds are played as well.
      StringWriter text = new StringWriter();
      e.printStackTrace(new PrintWriter(text));
      failures.add("seed " + seed + ", alone by -Dseed=" + seed + " -Dseeds=1: " + text);
    }
  }
}
