package io.selfupgrade.memory;

import java.util.Map;

/**
 * How much an agent remembers.
 *
 * @param living number of memories by tier; every tier is there
 * @param expired number of memories that are recalled no more and wait for their removal
 * @param bytes what all of them take in the store, its indexes not counted
 */
public record MemoryStats(Map<Tier, Long> living, long expired, long bytes) {

  /** Copies. */
  public MemoryStats {
    living = Map.copyOf(living);
  }
}
