package io.selfupgrade.memory;

import java.time.Instant;
import java.util.EnumSet;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * Which memories are meant.
 *
 * @param tiers in one of these; all by default
 * @param metadata whose metadata is such
 * @param from remembered at this instant or later
 * @param until remembered before this instant
 * @param externalIds with one of these ids, at most 10,000; empty: with any, or none
 */
public record MemoryFilter(
    Set<Tier> tiers,
    Optional<MetadataFilter> metadata,
    Optional<Instant> from,
    Optional<Instant> until,
    Optional<Set<String>> externalIds) {

  /** All memories. */
  public static final MemoryFilter ALL =
      new MemoryFilter(
          EnumSet.allOf(Tier.class),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty());

  private static final int MOST_IDS = 10_000;

  /**
   * Validates and copies.
   *
   * @throws IllegalArgumentException if there is no tier, the time runs backwards, or there are too
   *     many ids
   */
  public MemoryFilter {
    Objects.requireNonNull(metadata, "metadata");
    tiers = Set.copyOf(tiers);
    externalIds = externalIds.map(Set::copyOf);
    if (tiers.isEmpty()) {
      throw new IllegalArgumentException("a filter of no tier finds nothing: name one or more");
    }
    if (from.isPresent() && until.isPresent() && from.get().isAfter(until.get())) {
      throw new IllegalArgumentException(
          "from " + from.get() + " until " + until.get() + ": expected the earlier one first");
    }
    int ids = externalIds.map(Set::size).orElse(0);
    if (ids > MOST_IDS) {
      throw new IllegalArgumentException(ids + " external ids: expected at most " + MOST_IDS);
    }
  }

  /** Returns the same filter for these tiers only. */
  public MemoryFilter in(Tier first, Tier... others) {
    return new MemoryFilter(EnumSet.of(first, others), metadata, from, until, externalIds);
  }

  /** Returns a filter whose metadata meets this condition too. */
  public MemoryFilter where(MetadataFilter also) {
    MetadataFilter both = metadata.map(known -> known.and(also)).orElse(also);
    return new MemoryFilter(tiers, Optional.of(both), from, until, externalIds);
  }

  /** Returns the same filter for what is remembered since then. */
  public MemoryFilter from(Instant first) {
    return new MemoryFilter(tiers, metadata, Optional.of(first), until, externalIds);
  }

  /** Returns the same filter for what was remembered before. */
  public MemoryFilter until(Instant end) {
    return new MemoryFilter(tiers, metadata, from, Optional.of(end), externalIds);
  }

  /** Returns the same filter for these ids of the caller's. */
  public MemoryFilter externalIds(Set<String> ids) {
    return new MemoryFilter(tiers, metadata, from, until, Optional.of(ids));
  }
}
