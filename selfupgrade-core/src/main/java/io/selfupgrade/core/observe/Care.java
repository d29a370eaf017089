package io.selfupgrade.core.observe;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.agent.Fence;
import java.time.Duration;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The thread on which the primary sees news, delivers them, and deletes what is old; and on which
 * each instance measures the database, which takes no lead that cannot be renewed there.
 */
final class Care implements Runnable, AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(ObserveEngine.class);
  private static final Duration LONGEST_CLOSE = Duration.ofSeconds(2);
  private static final Duration FIRST_RETENTION = Duration.ofMinutes(1);
  private static final Duration WATCH = Duration.ofMinutes(1);
  private static final Duration UNTIL_SETTLED = Duration.ofSeconds(10);

  private final Surroundings agent;
  private final ObserveSettings settings;
  private final HealthDesk health;
  private final Chores chores;
  private final Thread thread;
  private long watchDueNanos;
  private long retentionDueNanos;
  private volatile long measureDueNanos;
  private boolean stirred;
  private boolean ended;
  private boolean started;

  /** What is looked after. */
  record Chores(
      News news, Dispatch dispatch, JobWatch jobs, Housekeeping housekeeping, BudgetDesk budget) {}

  Care(Self self, ObserveSettings settings, HealthDesk health, Chores chores) {
    this.agent = self.agent();
    this.settings = settings;
    this.health = health;
    this.chores = chores;
    this.thread = new Thread(this, "selfupgrade-" + self.record().agent() + "-care");
    thread.setDaemon(true);
  }

  synchronized void start() {
    if (!started && !ended) {
      started = true;
      thread.start();
    }
  }

  /**
   * Measures the database soon: this instance leads, or does no more.
   *
   * <p>Not at once: whoever hands the lead over or takes it up needs the connections for that.
   */
  void measureSoon() {
    Duration pause = shorter(UNTIL_SETTLED, settings.pace().retention());
    measureDueNanos = System.nanoTime() + pause.toNanos();
  }

  /** Looks soon. */
  synchronized void wake() {
    stirred = true;
    notifyAll();
  }

  @Override
  public void run() {
    Duration first = shorter(FIRST_RETENTION, settings.pace().retention());
    watchDueNanos = System.nanoTime();
    retentionDueNanos = System.nanoTime() + first.toNanos();
    measureDueNanos = retentionDueNanos;
    try {
      while (awaitNext()) {
        look();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void look() throws InterruptedException {
    Optional<Fence> fence = agent.fence();
    if (agent.opened()) {
      measure(fence.isPresent());
    }
    if (fence.isEmpty() || !agent.connected()) {
      return;
    }
    watch(fence.get());
    try {
      if (!settings.notifiers().isEmpty()) {
        News news = chores.news();
        news.outcomes(fence.get());
        news.freeze(fence.get());
        news.health(fence.get(), health.checkForNews());
        news.jobs(fence.get());
        chores.dispatch().run(fence.get());
      }
      chores.jobs().run(fence.get());
      if (retentionDueNanos - System.nanoTime() <= 0) {
        boolean more = chores.housekeeping().run(fence.get());
        Duration pause = more ? settings.pace().news() : settings.pace().retention();
        retentionDueNanos = System.nanoTime() + pause.toNanos();
      }
    } catch (AdapterException e) {
      LOG.debug("the store is away; news and retention are made up for", e);
    } catch (RuntimeException e) {
      // This thread outlives whatever a store or a notifier throws.
      LOG.error("looking after news and old rows failed", e);
    }
  }

  /** By itself: neither news nor retention may keep it from it. */
  private void watch(Fence fence) {
    if (watchDueNanos - System.nanoTime() > 0) {
      return;
    }
    watchDueNanos = System.nanoTime() + WATCH.toNanos();
    try {
      agent.watchTicks(fence);
    } catch (AdapterException e) {
      LOG.debug("the store is away; what is due waits for it", e);
    } catch (RuntimeException e) {
      LOG.error("looking for what stands still failed", e);
    }
  }

  /** By itself and first: a database that takes no more writes fails everything else. */
  private void measure(boolean leads) {
    if (measureDueNanos - System.nanoTime() > 0) {
      return;
    }
    try {
      // Before it is asked: whoever wants it soon from now on wants it anew.
      measureDueNanos = System.nanoTime() + settings.pace().retention().toNanos();
      chores.budget().measure(leads);
    } catch (AdapterException e) {
      LOG.debug("the store is away; it is measured soon", e);
      measureDueNanos = System.nanoTime();
    } catch (RuntimeException e) {
      LOG.error("measuring the database failed", e);
    }
  }

  private synchronized boolean awaitNext() throws InterruptedException {
    long end = System.nanoTime() + settings.pace().news().toNanos();
    long left = 1;
    while (!ended && !stirred && left > 0) {
      wait(left);
      left = (end - System.nanoTime()) / 1_000_000;
    }
    stirred = false;
    return !ended;
  }

  /** Ends the thread; waits 2 s at most. Idempotent. */
  @Override
  public void close() {
    boolean was;
    synchronized (this) {
      was = started;
      ended = true;
      notifyAll();
    }
    if (was) {
      thread.interrupt();
      try {
        thread.join(LONGEST_CLOSE.toMillis());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private static Duration shorter(Duration one, Duration other) {
    return one.compareTo(other) < 0 ? one : other;
  }
}
