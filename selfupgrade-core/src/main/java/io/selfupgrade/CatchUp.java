package io.selfupgrade;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.agent.Json;
import io.selfupgrade.core.schedule.DeclaredTask;
import io.selfupgrade.observe.LogLevel;
import io.selfupgrade.schedule.Schedule;
import io.selfupgrade.schedule.TaskConfig;
import io.selfupgrade.schedule.TaskPolicy;
import io.selfupgrade.upgrade.MissedDeliveries;
import io.selfupgrade.upgrade.MissedDeliveries.Redelivered;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks the sender of webhooks for what it could not deliver: once when this process first leads, on
 * a thread of its own, and by a task from then on.
 */
final class CatchUp implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(SelfUpgrade.class);
  private static final String TASK = "selfupgrade.missed-deliveries";

  private final MissedDeliveries missed;
  private final Events events;
  private final String threadName;
  private final ReentrantLock turn = new ReentrantLock();
  private @Nullable Thread thread;
  private boolean closed;

  /** Where it is told what came of it. */
  @FunctionalInterface
  interface Events {
    void log(LogLevel level, String message, Map<String, ?> context);
  }

  CatchUp(Blueprint blueprint, MissedDeliveries missed, Events events) {
    this.missed = missed;
    this.events = events;
    this.threadName = "selfupgrade-" + blueprint.agent() + "-catch-up";
  }

  /** Returns the built-in task's definition. */
  static TaskConfig definition() {
    return new TaskConfig(
        TASK, Schedule.every(Duration.ofHours(1)), TaskPolicy.DEFAULT, Json.EMPTY);
  }

  DeclaredTask task() {
    return new DeclaredTask(definition(), run -> ask());
  }

  /** Notes that this process leads; the first time, it asks. Returns at once. */
  synchronized void leads() {
    if (closed || thread != null) {
      return;
    }
    Thread started = new Thread(this::askFirst, threadName);
    started.setDaemon(true);
    thread = started;
    started.start();
  }

  private void askFirst() {
    try {
      ask();
    } catch (RuntimeException e) {
      // Logged by then; the task asks again.
      LOG.debug("the first question for missed deliveries failed", e);
    }
  }

  /** Asks, one caller after another; what goes wrong is logged, and thrown for the ledger. */
  private void ask() {
    try {
      Redelivered done = redeliver();
      events.log(
          LogLevel.INFO,
          done.asked() == 0
              ? "no delivery has to be made again"
              : "deliveries that had failed are made again",
          Map.of(
              "sender", missed.name(),
              "seen", done.seen(),
              "failed", done.failed(),
              "asked", done.asked()));
    } catch (AdapterException e) {
      told(String.valueOf(e.getMessage()));
      throw e;
    } catch (RuntimeException e) {
      // The adapter's own: only the kind is told, its message may hold a secret.
      told("the adapter threw " + e.getClass().getName());
      throw e;
    }
  }

  private Redelivered redeliver() {
    turn.lock();
    try {
      return missed.redeliver();
    } finally {
      turn.unlock();
    }
  }

  private void told(String why) {
    events.log(
        LogLevel.WARN,
        "missed deliveries were not asked for; the next try follows within the hour",
        Map.of("sender", missed.name(), "why", why));
  }

  /** Gives up the first question. Idempotent. */
  @Override
  public synchronized void close() {
    closed = true;
    if (thread != null) {
      thread.interrupt();
    }
  }
}
