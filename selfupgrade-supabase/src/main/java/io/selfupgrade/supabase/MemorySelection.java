package io.selfupgrade.supabase;

import io.selfupgrade.memory.MemoryFilter;
import io.selfupgrade.memory.MetadataFilter;
import io.selfupgrade.memory.Tier;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Whose memories are looked at, and which of them.
 *
 * @param owners as the column agent has them
 * @param filter which
 */
record MemorySelection(List<String> owners, MemoryFilter filter) {

  /** One row p with what {@link #arguments} gives. */
  static final String VALUES =
      " p as (select ?::text[] as owners, ?::text[] as tiers, ?::timestamptz as since,"
          + " ?::timestamptz as before, ?::text[] as ids, ?::jsonpath as condition) ";

  /** Restricts memories, as m, to the selection p. */
  static final String SELECTED =
      " m.agent = any(p.owners) and m.tier = any(p.tiers) and"
          + MemoryRows.SEEN
          + "and (p.since is null or m.created_at >= p.since)"
          + " and (p.before is null or m.created_at < p.before)"
          + " and (p.ids is null or m.external_id = any(p.ids))"
          + " and (p.condition is null or m.metadata @@ p.condition) ";

  /** Returns the owners, the tiers, the times, the ids and the condition. */
  @Nullable Object[] arguments() {
    return new @Nullable Object[] {
      owners,
      filter.tiers().stream().map(Tier::label).sorted().toList(),
      filter.from().map(MemorySelection::onTheClock).orElse(null),
      filter.until().map(MemorySelection::onTheClock).orElse(null),
      filter.externalIds().map(List::copyOf).orElse(null),
      condition().map(MetadataPath::of).orElse(null)
    };
  }

  /** Returns the first instant of the server's clock, which counts microseconds, from there on. */
  private static Instant onTheClock(Instant instant) {
    return instant.plusNanos(999).truncatedTo(ChronoUnit.MICROS);
  }

  Optional<MetadataFilter> condition() {
    return filter.metadata();
  }

  /** Returns whether an index finds the few that the metadata's condition keeps. */
  boolean byMetadata() {
    return condition().map(MetadataPath::indexable).orElse(false);
  }
}
