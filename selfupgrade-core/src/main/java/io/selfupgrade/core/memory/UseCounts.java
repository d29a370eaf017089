package io.selfupgrade.core.memory;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.memory.MemoryScope;
import io.selfupgrade.memory.MemoryStore;
import io.selfupgrade.memory.Recalled;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Counts what is recalled, and tells the store now and then; thread-safe.
 *
 * <p>Counts are a hint for consolidation: what cannot be told is told later, and what is more than
 * is kept is left out.
 */
final class UseCounts {

  static final int MOST_PENDING = 1_000;
  static final Duration LONGEST_PENDING = Duration.ofSeconds(30);

  private static final int MOST_KEPT = 10_000;
  private static final Logger LOG = LoggerFactory.getLogger(MemoryEngine.class);

  private final MemoryScope scope;
  private final Supplier<MemoryStore> store;
  private final LongSupplier nanoTime;
  private Map<UUID, Integer> pending = new HashMap<>();
  private long told;
  private boolean telling;
  private boolean failed;

  UseCounts(MemoryScope scope, Supplier<MemoryStore> store, LongSupplier nanoTime) {
    this.scope = scope;
    this.store = store;
    this.nanoTime = nanoTime;
    this.told = nanoTime.getAsLong();
  }

  /** Counts hits; tells the store if it is time to. Never throws. */
  void count(List<Recalled> hits) {
    if (added(hits)) {
      tell();
    }
  }

  private synchronized boolean added(List<Recalled> hits) {
    for (Recalled hit : hits) {
      UUID id = hit.remembered().id();
      if (pending.containsKey(id) || pending.size() < MOST_KEPT) {
        pending.merge(id, 1, Integer::sum);
      }
    }
    boolean late = nanoTime.getAsLong() - told >= LONGEST_PENDING.toNanos();
    return !pending.isEmpty() && (late || (!failed && pending.size() >= MOST_PENDING));
  }

  /** Tells the store what it does not know; what fails is told later. */
  void tell() {
    Map<UUID, Integer> batch = begin();
    if (batch.isEmpty()) {
      return;
    }
    boolean done = false;
    try {
      store.get().used(scope, batch);
      done = true;
    } catch (AdapterException | IllegalStateException e) {
      LOG.debug("uses of {} memories are counted later", batch.size(), e);
    } finally {
      end(done ? Map.of() : batch);
    }
  }

  private synchronized Map<UUID, Integer> begin() {
    if (telling) {
      return Map.of();
    }
    Map<UUID, Integer> batch = pending;
    pending = new HashMap<>();
    told = nanoTime.getAsLong();
    telling = !batch.isEmpty();
    return batch;
  }

  private synchronized void end(Map<UUID, Integer> left) {
    telling = false;
    failed = !left.isEmpty();
    left.forEach((id, uses) -> pending.merge(id, uses, Integer::sum));
  }
}
