package io.selfupgrade.memory;

import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * How much an agent remembers; what is shared is not counted.
 *
 * @param living number of memories by tier; every tier is there
 * @param expired number of memories that are recalled no more and wait for their removal
 * @param setAside number of memories of versions that were rolled back
 * @param bytes what all of them take in the store, vectors and their share of the indexes counted
 * @param vectors how they are found by meaning
 */
public record MemoryStats(
    Map<Tier, Long> living, long expired, long setAside, long bytes, Vectors vectors) {

  /** Validates and copies. */
  public MemoryStats {
    living = Map.copyOf(living);
    Objects.requireNonNull(vectors, "vectors");
  }

  /** Returns how many memories live. */
  public long all() {
    return living.values().stream().mapToLong(Long::longValue).sum();
  }

  /** Returns the bytes that a memory takes on the average; 0 if there is none. */
  public long bytesPerMemory() {
    long rows = all() + expired + setAside;
    return rows == 0 ? 0 : bytes / rows;
  }

  /**
   * How memories are found by meaning.
   *
   * @param search what the store can do
   * @param byModel number of vectors by the name of their model
   * @param fresh number of vectors that are searched one by one until the background step has put
   *     them into the index
   */
  public record Vectors(Search search, Map<String, Long> byModel, long fresh) {
    /** Validates and copies. */
    public Vectors {
      Objects.requireNonNull(search, "search");
      byModel = Map.copyOf(byModel);
    }

    /** Returns how many memories have a vector of this model. */
    public long of(Optional<String> model) {
      return model.map(name -> byModel.getOrDefault(name, 0L)).orElse(0L);
    }
  }

  /** How a store looks for vectors. */
  public enum Search {
    /** Not at all: no vector was ever stored. */
    NONE,
    /** It compares each one. */
    EXACT,
    /** By an index where that is faster, else each one. */
    INDEXED
  }
}
