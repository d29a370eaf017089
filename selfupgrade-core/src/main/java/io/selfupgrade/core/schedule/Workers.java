package io.selfupgrade.core.schedule;

import io.selfupgrade.agent.AgentName;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives claimed runs to a few threads of an executor, each of which takes one after another.
 *
 * <p>Thread-safe.
 */
final class Workers implements Bench {

  private static final Logger LOG = LoggerFactory.getLogger(Workers.class);

  private final Executor executor;
  private final int atOnce;
  private final Consumer<ActiveRun> execute;
  private final Admission admission;
  private final Queue<ActiveRun> ready = new ConcurrentLinkedQueue<>();
  private final AtomicInteger queued = new AtomicInteger();
  private final AtomicInteger executing = new AtomicInteger();
  private final AtomicInteger workers = new AtomicInteger();
  private volatile boolean wanted;

  /**
   * Starts nothing.
   *
   * @param execute runs one, in the calling thread
   */
  Workers(Executor executor, int atOnce, Consumer<ActiveRun> execute, Admission admission) {
    this.executor = executor;
    this.atOnce = atOnce;
    this.execute = execute;
    this.admission = admission;
  }

  /** Returns threads of the engine's own, which end when there is nothing to do. */
  static ThreadPoolExecutor pool(AgentName agent, int threads) {
    AtomicInteger number = new AtomicInteger();
    ThreadPoolExecutor pool =
        new ThreadPoolExecutor(
            threads,
            threads,
            30,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            work -> new Thread(work, "selfupgrade " + agent + " task " + number.incrementAndGet()));
    pool.allowCoreThreadTimeOut(true);
    return pool;
  }

  @Override
  public int free() {
    int free = Math.max(0, atOnce - queued.get() - executing.get());
    wanted = free == 0;
    // One that has ended since must not be overlooked.
    return Math.max(free, atOnce - queued.get() - executing.get());
  }

  @Override
  public Collection<ActiveRun> start(List<ActiveRun> runs) {
    forgetAbandoned();
    queued.addAndGet(runs.size());
    ready.addAll(runs);
    int worker = 0;
    while (worker < runs.size() && workers.get() < atOnce && !ready.isEmpty()) {
      worker++;
      try {
        launch();
      } catch (RejectedExecutionException e) {
        if (workers.get() == 0) {
          LOG.warn(
              "The executor refused {} runs; they are given back. Is the pool shut down or full?",
              runs.size(),
              e);
          return refused();
        }
        break; // Those that work take the rest.
      }
    }
    return List.of();
  }

  /** What was given up while it waited is not kept until a thread comes to it. */
  private void forgetAbandoned() {
    for (ActiveRun run : ready.stream().filter(ActiveRun::abandoned).toList()) {
      if (ready.remove(run)) {
        queued.decrementAndGet();
      }
    }
  }

  private List<ActiveRun> refused() {
    List<ActiveRun> refused = new ArrayList<>();
    for (ActiveRun run = ready.poll(); run != null; run = ready.poll()) {
      queued.decrementAndGet();
      refused.add(run);
    }
    return refused;
  }

  private void launch() {
    AtomicBoolean begun = new AtomicBoolean();
    workers.incrementAndGet();
    try {
      executor.execute(() -> work(begun));
    } catch (RuntimeException | Error e) { // Of a host's executor; of no more threads.
      if (begun.get()) {
        throw e; // It ran here: it has counted itself out.
      }
      workers.decrementAndGet();
      throw e instanceof RejectedExecutionException refused
          ? refused
          : new RejectedExecutionException("no thread for a run", e);
    }
  }

  private void work(AtomicBoolean begun) {
    boolean interrupted = false;
    begun.set(true);
    try {
      for (ActiveRun run = ready.poll(); run != null; run = ready.poll()) {
        executing.incrementAndGet();
        queued.decrementAndGet();
        try {
          execute.accept(run);
        } finally {
          executing.decrementAndGet();
          interrupted |= Thread.interrupted();
          freed();
        }
      }
    } finally {
      workers.decrementAndGet();
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
      goOn();
    }
  }

  /** One may have been added by somebody who saw this worker still at work. */
  private void goOn() {
    if (!ready.isEmpty() && workers.get() < atOnce) {
      try {
        launch();
      } catch (RejectedExecutionException e) {
        LOG.debug("the executor takes no more: what waits is given back when it has waited", e);
        admission.stir();
      }
    }
  }

  private void freed() {
    if (wanted) {
      wanted = false;
      admission.stir();
    }
  }
}
