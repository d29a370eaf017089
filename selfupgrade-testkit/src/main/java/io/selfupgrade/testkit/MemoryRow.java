package io.selfupgrade.testkit;

import io.selfupgrade.memory.Embedding;
import io.selfupgrade.memory.Memory;
import io.selfupgrade.memory.MemoryFilter;
import io.selfupgrade.memory.MemoryStore;
import io.selfupgrade.memory.Remembered;
import io.selfupgrade.memory.Tier;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;

/**
 * A memory as it is kept in memory.
 *
 * @param kept what is told of it, without the vector
 * @param author who remembered it
 * @param embedding its vector
 * @param standing whether it is recalled
 */
record MemoryRow(
    Remembered kept, MemoryStore.Author author, Optional<Embedding> embedding, Standing standing) {

  static MemoryRow of(UUID id, MemoryStore.Author author, MemoryStore.Entry entry, Instant now) {
    Memory memory = entry.memory();
    Remembered kept =
        new Remembered(id, memory.embedding(Optional.empty()), now, entry.life().map(now::plus));
    return new MemoryRow(kept, author, memory.embedding(), Standing.IN_FORCE);
  }

  UUID id() {
    return kept.id();
  }

  Memory memory() {
    return kept.memory();
  }

  /** Returns what is told of it where the vector is asked for. */
  Remembered withVector() {
    return new Remembered(id(), memory().embedding(embedding), kept.createdAt(), kept.expiresAt());
  }

  boolean expired(Instant now) {
    return kept.expiresAt().filter(end -> !end.isAfter(now)).isPresent();
  }

  boolean seen(Instant now) {
    return standing != Standing.SET_ASIDE && !expired(now);
  }

  boolean meant(MemoryFilter filter) {
    Instant at = kept.createdAt();
    return filter.tiers().contains(memory().tier())
        && filter.from().filter(at::isBefore).isEmpty()
        && filter.until().filter(end -> !at.isBefore(end)).isEmpty()
        && filter
            .externalIds()
            .map(ids -> memory().externalId().filter(ids::contains).isPresent())
            .orElse(true)
        && filter
            .metadata()
            .map(what -> what.test(JsonText.object(memory().metadata())))
            .orElse(true);
  }

  MemoryRow inTier(Tier tier, Optional<Instant> end) {
    return kept(new Remembered(id(), memory().tier(tier), kept.createdAt(), end));
  }

  MemoryRow ending(Instant end) {
    return kept(new Remembered(id(), memory(), kept.createdAt(), Optional.of(end)));
  }

  MemoryRow kept(Remembered other) {
    return new MemoryRow(other, author, embedding, standing);
  }

  MemoryRow embedding(Optional<Embedding> other) {
    return new MemoryRow(kept, author, other, standing);
  }

  MemoryRow standing(Standing other) {
    return new MemoryRow(kept, author, embedding, other);
  }

  /** Returns when it is remembered anew: never at the instant that it was remembered before. */
  Instant next(Instant now) {
    Instant least = kept.createdAt().plus(Duration.ofNanos(1_000));
    return now.isBefore(least) ? least : now;
  }

  /** Whether a memory is recalled. */
  enum Standing {
    /** As a matter of course. */
    IN_FORCE,
    /** No: its writer was rolled back. */
    SET_ASIDE,
    /** Yes, for somebody said so. */
    TAKEN_BACK
  }
}
