package io.selfupgrade;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.InstanceId;
import io.selfupgrade.agent.Json;
import io.selfupgrade.observe.LogEvent;
import io.selfupgrade.observe.LogLevel;
import io.selfupgrade.store.AgentStore;
import io.selfupgrade.testkit.Eventually;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Threads that write row after row, each until it is acknowledged, and remember what was.
 *
 * <p>A row whose answer did not come is sent again with the same id.
 */
final class RowWriters implements AutoCloseable {

  private static final Duration SOON = Duration.ofSeconds(60);
  private static final AgentName NAME = new AgentName("row-writers");

  private final AgentStore store;
  private final Set<UUID> acknowledged = ConcurrentHashMap.newKeySet();
  private final AtomicLong unanswered = new AtomicLong();
  private final List<Thread> threads = new ArrayList<>();
  private volatile boolean closed;

  RowWriters(AgentStore store, int threadCount) {
    this.store = store;
    for (int i = 0; i < threadCount; i++) {
      Thread thread = new Thread(this::run, "row-writer-" + i);
      thread.setDaemon(true);
      thread.start();
      threads.add(thread);
    }
  }

  /** Waits until so many more rows are acknowledged. */
  void write(int rows) {
    int enough = acknowledged.size() + rows;
    Eventually.holds("rows are written", SOON, () -> acknowledged.size() >= enough);
  }

  Set<UUID> acknowledged() {
    return acknowledged;
  }

  /** Returns how often no answer came. */
  long unanswered() {
    return unanswered.get();
  }

  /** Returns what was acknowledged and is not there. */
  List<UUID> lost() {
    Set<UUID> there = ConcurrentHashMap.newKeySet();
    store.logs().newest(NAME, 10_000_000).forEach(event -> there.add(event.id()));
    return acknowledged.stream().filter(id -> !there.contains(id)).toList();
  }

  private void run() {
    LogEvent.Stamp stamp = new LogEvent.Stamp(InstanceId.random(), 0);
    while (!closed) {
      UUID id = UUID.randomUUID();
      List<LogEvent> row =
          List.of(new LogEvent(id, NAME, stamp, Instant.EPOCH, LogLevel.INFO, "a row", Json.EMPTY));
      if (written(row)) {
        acknowledged.add(id);
      }
    }
  }

  private boolean written(List<LogEvent> row) {
    while (!closed) {
      try {
        store.logs().append(row);
        return true;
      } catch (AdapterException e) {
        unanswered.incrementAndGet();
      }
    }
    return false;
  }

  @Override
  public void close() {
    stop();
  }

  /** Ends the threads. Idempotent. */
  void stop() {
    closed = true;
    try {
      for (Thread thread : threads) {
        thread.join();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
  }
}
