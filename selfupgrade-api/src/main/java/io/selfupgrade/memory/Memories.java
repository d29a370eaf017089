package io.selfupgrade.memory;

import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * The door to what the agent remembers, shared by all its instances.
 *
 * <p>Thread-safe. Needs no {@code start()}: the first call opens the store. Memories whose life is
 * over are never returned; the primary removes them in small batches.
 *
 * <p>Every method throws {@link io.selfupgrade.agent.AdapterException} when the store cannot be
 * reached.
 */
public interface Memories {

  /** Remembers a text for 30 days, tier {@link Tier#WORKING}. */
  default Remembered remember(String content) {
    return remember(Memory.of(content));
  }

  /** Remembers a text. */
  default Remembered remember(String content, Tier tier) {
    return remember(Memory.of(content).tier(tier));
  }

  /**
   * Remembers; idempotent if it has an external id.
   *
   * @throws IllegalArgumentException if the metadata is no JSON object or too long
   */
  Remembered remember(Memory memory);

  /** Looks for words in all tiers; the ten best hits. */
  default List<Recalled> recall(String text) {
    return recall(RecallQuery.of(text));
  }

  /**
   * Looks memories up: those with more of the query's words first, then the more important, then
   * the newer.
   *
   * @throws IllegalStateException if it is by vector: there is no embedder yet
   */
  List<Recalled> recall(RecallQuery query);

  /** Reads a memory. */
  Optional<Remembered> get(UUID id);

  /**
   * Removes a memory.
   *
   * @return whether it was there
   */
  boolean forget(UUID id);

  /** Counts what is remembered. */
  MemoryStats stats();
}
