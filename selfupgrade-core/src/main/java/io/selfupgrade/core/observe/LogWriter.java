package io.selfupgrade.core.observe;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.observe.LogEvent;
import io.selfupgrade.observe.LogStore;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one thread that brings events to the store, or to the spool while the store is away.
 *
 * <p>An event leaves memory only once it is in the store, in the spool, or counted as dropped.
 */
final class LogWriter implements Runnable, AutoCloseable {

  static final Logger LOG = LoggerFactory.getLogger(ObserveEngine.class);

  private static final int BATCH = 500;
  private static final Duration IDLE = Duration.ofSeconds(1);
  private static final Duration BETWEEN_TRIES = Duration.ofSeconds(1);
  private static final Duration BETWEEN_LOOKS_FOR_THE_DEAD = Duration.ofMinutes(1);
  private static final Duration LONGEST_CLOSE = Duration.ofSeconds(3);

  private final LogStore store;
  private final BooleanSupplier connected;
  private final LogQueue queue;
  private final Optional<Spool> spool;
  private final Counters counters;
  private final Duration retention;
  private final Clock clock;
  private final Thread thread;
  private volatile boolean ended;
  private volatile boolean away;
  private volatile String spoolTrouble = "";
  private volatile List<LogEvent> inFlight = List.of();
  private long nextTryNanos = System.nanoTime();
  private boolean started;

  LogWriter(
      LogStore store,
      BooleanSupplier connected,
      LogQueue queue,
      Optional<Spool> spool,
      Counters counters,
      Shape shape) {
    this.store = store;
    this.connected = connected;
    this.queue = queue;
    this.spool = spool;
    this.counters = counters;
    this.retention = shape.retention();
    this.clock = shape.clock();
    this.thread = new Thread(this, shape.threadName());
    thread.setDaemon(true);
  }

  /** How long events are good, by which clock, and the thread's name. */
  record Shape(Duration retention, Clock clock, String threadName) {}

  synchronized void start() {
    if (!started && !ended) {
      started = true;
      thread.start();
    }
  }

  /** Tells whether the store does not take events at the moment. */
  boolean storeAway() {
    return away;
  }

  /** Returns why the spool cannot be used; empty if it can. */
  String spoolTrouble() {
    return spoolTrouble;
  }

  @Override
  public void run() {
    while (!ended) {
      try {
        step();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      } catch (RuntimeException e) {
        // The log goes on whatever a store throws; its events are kept.
        LOG.error("writing log events failed", e);
        troubled();
      }
    }
    flush();
  }

  private void step() throws InterruptedException {
    if (dueForTry() && connected.getAsBoolean()) {
      replay();
    }
    boolean hold = blocked() && (spool.isEmpty() || !spoolTrouble.isEmpty());
    List<LogEvent> batch = hold ? List.of() : queue.take(BATCH, IDLE);
    if (hold) {
      queueWait();
    }
    write(batch);
  }

  private void queueWait() throws InterruptedException {
    synchronized (thread) {
      if (!ended) {
        thread.wait(BETWEEN_TRIES.toMillis() / 4);
      }
    }
  }

  private boolean blocked() {
    return away || !connected.getAsBoolean();
  }

  private boolean dueForTry() {
    return nextTryNanos - System.nanoTime() <= 0;
  }

  /** Writes what is in the spool, this instance's and that of dead ones; the store is back then. */
  private void replay() {
    nextTryNanos = System.nanoTime() + BETWEEN_LOOKS_FOR_THE_DEAD.toNanos();
    try {
      if (spool.isPresent()) {
        spool.get().replay(this::append);
        spoolTrouble = "";
      }
      if (away) {
        away = false;
        LOG.info("the store takes log events again");
      }
    } catch (AdapterException e) {
      troubled(e);
    } catch (IOException e) {
      away = false;
      spoolBroken(e);
    }
  }

  private void write(List<LogEvent> batch) {
    if (batch.isEmpty()) {
      return;
    }
    inFlight = batch;
    try {
      if (blocked()) {
        keep(batch);
      } else {
        append(batch);
      }
    } catch (AdapterException e) {
      troubled(e);
      keep(batch);
    } finally {
      inFlight = List.of();
    }
  }

  /** Writes events that are not too old; one that the store refuses for good is dropped alone. */
  private void append(List<LogEvent> events) {
    Instant oldest = clock.instant().minus(retention);
    List<LogEvent> good =
        events.stream().filter(event -> event.createdAt().isAfter(oldest)).toList();
    counters.dropped.add(events.size() - good.size());
    try {
      counters.written.add(store.append(good));
    } catch (AdapterException e) {
      if (e.retryable()) {
        throw e;
      }
      oneByOne(good);
    }
  }

  private void oneByOne(List<LogEvent> events) {
    for (LogEvent event : events) {
      try {
        counters.written.add(store.append(List.of(event)));
      } catch (AdapterException e) {
        if (e.retryable()) {
          throw e;
        }
        counters.dropped.increment();
        LOG.warn("the store refuses log event {}, which is dropped", event.id(), e);
      }
    }
  }

  /** Puts events where they outlive the store's absence: into the spool, else back into memory. */
  private void keep(List<LogEvent> events) {
    if (spool.isPresent()) {
      try {
        counters.dropped.add(spool.get().append(events));
        counters.spooled.add(events.size());
        spoolTrouble = "";
        return;
      } catch (IOException e) {
        spoolBroken(e);
      }
    }
    counters.dropped.add(queue.putBack(events));
  }

  private void spoolBroken(IOException e) {
    if (spoolTrouble.isEmpty()) {
      LOG.warn("the spool of log events cannot be used; they are kept in memory", e);
    }
    spoolTrouble = e.toString();
    nextTryNanos = System.nanoTime() + BETWEEN_TRIES.toNanos();
  }

  private void troubled(AdapterException e) {
    if (!away) {
      LOG.warn("the store takes no log events at the moment: {}", e.getMessage());
    }
    troubled();
  }

  private void troubled() {
    away = true;
    nextTryNanos = System.nanoTime() + BETWEEN_TRIES.toNanos();
  }

  private void flush() {
    for (List<LogEvent> batch = queue.poll(BATCH); !batch.isEmpty(); batch = queue.poll(BATCH)) {
      write(batch);
      if (blocked() && (spool.isEmpty() || !spoolTrouble.isEmpty())) {
        return;
      }
    }
  }

  /** Brings what is in memory to the store or the spool; waits 3 s at most. Idempotent. */
  @Override
  public void close() {
    boolean was;
    synchronized (this) {
      was = started;
      ended = true;
    }
    queue.stir();
    synchronized (thread) {
      thread.notifyAll();
    }
    if (was) {
      join();
    }
    List<LogEvent> rest = new ArrayList<>(inFlight);
    rest.addAll(queue.poll(Integer.MAX_VALUE));
    if (!rest.isEmpty()) {
      saveRest(rest);
    }
    spool.ifPresent(this::closeSpool);
  }

  private void join() {
    try {
      thread.join(LONGEST_CLOSE.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void saveRest(List<LogEvent> rest) {
    if (spool.isPresent()) {
      try {
        counters.dropped.add(spool.get().append(rest));
        counters.spooled.add(rest.size());
        return;
      } catch (IOException e) {
        LOG.warn("the spool cannot be used at the close", e);
      }
    }
    counters.dropped.add(rest.size());
    LOG.warn("{} log events are lost: neither the store nor a spool could take them", rest.size());
  }

  private void closeSpool(Spool open) {
    try {
      open.close();
    } catch (IOException e) {
      LOG.warn("closing the spool failed; the next instance takes it over", e);
    }
  }
}
