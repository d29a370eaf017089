package io.selfupgrade.testkit;

import io.selfupgrade.memory.MemoryStats;
import io.selfupgrade.memory.Tier;
import java.time.Instant;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * Counts memories.
 *
 * @param rows those of an agent
 * @param now the store's time
 */
record MemoryCount(List<MemoryRow> rows, Instant now) {

  MemoryStats stats(MemoryStats.Search search) {
    Map<Tier, Long> living = new EnumMap<>(Tier.class);
    for (Tier tier : Tier.values()) {
      living.put(tier, count(row -> row.seen(now) && row.memory().tier() == tier));
    }
    Map<String, Long> byModel =
        rows.stream()
            .flatMap(row -> row.embedding().stream())
            .collect(Collectors.groupingBy(vector -> vector.model(), Collectors.counting()));
    return new MemoryStats(
        living,
        count(row -> row.expired(now)),
        count(row -> !row.expired(now) && !row.seen(now)),
        rows.stream().mapToLong(MemoryCount::bytes).sum(),
        new MemoryStats.Vectors(search, byModel, 0));
  }

  private long count(Predicate<MemoryRow> such) {
    return rows.stream().filter(such).count();
  }

  private static long bytes(MemoryRow row) {
    long vector = row.embedding().map(known -> (long) known.dimension() * Float.BYTES).orElse(0L);
    return row.memory().content().length() + row.memory().metadata().text().length() + vector;
  }
}
