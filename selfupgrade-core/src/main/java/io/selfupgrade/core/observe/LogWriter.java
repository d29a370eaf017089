package io.selfupgrade.core.observe;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.observe.LogEvent;
import io.selfupgrade.observe.LogStore;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
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
  private static final Duration BETWEEN_REFUSALS = Duration.ofSeconds(2);
  private static final Duration BETWEEN_LOOKS_FOR_THE_DEAD = Duration.ofMinutes(1);
  private static final Duration LONGEST_CLOSE = Duration.ofSeconds(3);

  private final LogSink sink;
  private final Surroundings agent;
  private final LogQueue queue;
  private final Optional<Spool> spool;
  private final Counters counters;
  private final Thread thread;
  private volatile boolean ended;
  private volatile boolean away;
  private volatile String spoolTrouble = "";
  private String connectTrouble = "";
  private volatile List<LogEvent> inFlight = List.of();
  private long nextTryNanos = System.nanoTime();
  private boolean started;

  LogWriter(
      LogStore store,
      Surroundings agent,
      LogQueue queue,
      Optional<Spool> spool,
      Counters counters,
      Shape shape) {
    this.sink = new LogSink(store, counters, shape.retention(), shape.clock());
    this.agent = agent;
    this.queue = queue;
    this.spool = spool;
    this.counters = counters;
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
        // The log goes on whatever is thrown; its events are kept.
        troubled(e);
      }
    }
    flush();
  }

  private void step() throws InterruptedException {
    if (dueForTry() && reached()) {
      replay();
    }
    boolean hold = blocked() && (spool.isEmpty() || !spoolTrouble.isEmpty());
    List<LogEvent> batch = hold ? List.of() : queue.take(BATCH, IDLE);
    if (hold) {
      queueWait();
    }
    write(batch);
  }

  /** Tells whether the store is open, after a try to open it where nobody else does. */
  private boolean reached() {
    if (agent.connected()) {
      return true;
    }
    nextTryNanos = System.nanoTime() + BETWEEN_TRIES.toNanos();
    try {
      agent.connect();
      connectTrouble = "";
    } catch (RuntimeException e) {
      nextTryNanos = System.nanoTime() + pauseAfter(e).toNanos();
      if (!connectTrouble.equals(e.toString())) {
        connectTrouble = e.toString();
        LOG.warn("the store cannot be opened, which is tried again: {}", e.getMessage());
      }
    }
    return agent.connected();
  }

  private void queueWait() throws InterruptedException {
    synchronized (thread) {
      if (!ended) {
        thread.wait(BETWEEN_TRIES.toMillis() / 4);
      }
    }
  }

  private boolean blocked() {
    return away || !agent.connected();
  }

  private boolean dueForTry() {
    return nextTryNanos - System.nanoTime() <= 0;
  }

  /**
   * Writes what is in the spool, this instance's and that of dead ones; else, while the store is
   * away, what is in memory: only what the store takes tells that it is back.
   */
  private void replay() {
    nextTryNanos = System.nanoTime() + BETWEEN_LOOKS_FOR_THE_DEAD.toNanos();
    if (spool.isPresent()) {
      try {
        spool.get().replay(new Replayed());
        spoolTrouble = "";
      } catch (IOException e) {
        spoolBroken(e);
      } catch (RuntimeException e) {
        troubled(e);
        return;
      }
    }
    if (away) {
      nextTryNanos = System.nanoTime() + BETWEEN_TRIES.toNanos();
      bring(queue.poll(BATCH));
    }
  }

  private void write(List<LogEvent> batch) {
    if (blocked()) {
      inFlight = batch;
      keep(batch);
      inFlight = List.of();
    } else {
      bring(batch);
    }
  }

  /** Brings events into the store; whatever it throws, they are kept. */
  private void bring(List<LogEvent> batch) {
    inFlight = batch;
    try {
      counters.dropped.add(append(batch));
    } catch (RuntimeException e) {
      troubled(e);
      keep(batch);
    } finally {
      inFlight = List.of();
    }
  }

  /** Writes events; returns how many never will be. */
  private int append(List<LogEvent> events) {
    LogSink.Written written = sink.append(events);
    if (written.sent() && away) {
      away = false;
      LOG.info("the store takes log events again");
    }
    return written.dropped();
  }

  /** Puts events where they outlive the store's absence: into the spool, else back into memory. */
  private void keep(List<LogEvent> events) {
    if (events.isEmpty()) {
      return;
    }
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

  private void troubled(RuntimeException e) {
    if (!away && e instanceof AdapterException) {
      LOG.warn("the store takes no log events at the moment: {}", e.getMessage());
    } else if (!away) {
      LOG.error("the store takes no log events at the moment, and fails as it never should", e);
    }
    away = true;
    nextTryNanos = System.nanoTime() + pauseAfter(e).toNanos();
  }

  private static Duration pauseAfter(RuntimeException e) {
    boolean mayPass = e instanceof AdapterException trouble && trouble.retryable();
    return mayPass ? BETWEEN_TRIES : BETWEEN_REFUSALS;
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

  /** Counts what is dropped out of a file when the file is forgotten, and not at each try. */
  private final class Replayed implements SpoolFile.Reader {
    private int dropped;

    @Override
    public void begin() {
      dropped = 0;
    }

    @Override
    public void take(List<LogEvent> events) {
      dropped += append(events);
    }

    @Override
    public void forgotten() {
      counters.dropped.add(dropped);
    }
  }
}
