package io.selfupgrade.core.memory;

import io.selfupgrade.agent.Fence;
import io.selfupgrade.core.json.JsonText;
import io.selfupgrade.failover.InstanceRecord;
import io.selfupgrade.memory.Memories;
import io.selfupgrade.memory.Memory;
import io.selfupgrade.memory.MemoryStats;
import io.selfupgrade.memory.MemoryStore;
import io.selfupgrade.memory.RecallQuery;
import io.selfupgrade.memory.Recalled;
import io.selfupgrade.memory.Remembered;
import io.selfupgrade.memory.Tier;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** The engine behind {@link Memories}; has no thread, every call runs on its caller's. */
public final class MemoryEngine implements Memories {

  private static final int MAX_METADATA = 64 << 10;
  private static final int BATCH = 500;

  private final InstanceRecord self;
  private final Supplier<MemoryStore> store;
  private final Supplier<Optional<Fence>> fence;
  private final Map<Tier, Duration> lives;

  /**
   * Describes an engine; reads nothing.
   *
   * @param self who remembers
   * @param store opens the store at the first use
   * @param fence of this instance while it leads
   * @param lives how long tiers live that do not live as long as by default
   */
  public MemoryEngine(
      InstanceRecord self,
      Supplier<MemoryStore> store,
      Supplier<Optional<Fence>> fence,
      Map<Tier, Duration> lives) {
    this.self = self;
    this.store = store;
    this.fence = fence;
    this.lives = Map.copyOf(lives);
  }

  @Override
  public Remembered remember(Memory memory) {
    JsonText.requireJsonObject("the metadata of a memory", memory.metadata().text(), MAX_METADATA);
    long epoch = fence.get().map(Fence::epoch).orElse(0L);
    Tier tier = memory.tier();
    Optional<Duration> life = Optional.ofNullable(lives.get(tier)).or(tier::life);
    MemoryStore.Author author = new MemoryStore.Author(self.agent(), self.id(), epoch);
    return store.get().remember(author, memory, life);
  }

  @Override
  public List<Recalled> recall(RecallQuery query) {
    if (query.way() == RecallQuery.Way.VECTOR) {
      throw new IllegalStateException(
          "recall by vector needs an embedder, which this version of the library does not take:"
              + " recall by RecallQuery.Way.FULL_TEXT");
    }
    return store.get().recall(self.agent(), query);
  }

  @Override
  public Optional<Remembered> get(UUID id) {
    return store.get().get(self.agent(), Objects.requireNonNull(id, "id"));
  }

  @Override
  public boolean forget(UUID id) {
    return store.get().forget(self.agent(), Objects.requireNonNull(id, "id"));
  }

  @Override
  public MemoryStats stats() {
    return store.get().stats(self.agent());
  }

  /**
   * Removes what has expired, a batch in a statement.
   *
   * @param cancelled asked between two batches
   */
  public void removeExpired(BooleanSupplier cancelled) {
    boolean more = true;
    while (more && !cancelled.getAsBoolean()) {
      more = store.get().removeExpired(self.agent(), BATCH) == BATCH;
    }
  }
}
