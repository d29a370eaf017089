package io.selfupgrade.supabase;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.memory.MemoryStats;
import io.selfupgrade.memory.Tier;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Counts what an agent remembers, and what it takes. */
final class MemoryCounts {

  private static final String PORT = PostgresMemoryStore.PORT;

  private static final String MEMORIES =
      """
      select m.tier,
             count(*) filter (where m.expires_at <= clock_timestamp()) as expired,
             count(*) filter (where %s) as aside,
             count(*) as all
        from selfupgrade.memories m where m.agent = ? group by m.tier
      """
          .formatted(MemoryRows.ASIDE);

  private static final String VECTORS =
      """
      select v.model, v.fresh, count(*) as all
        from (select s.model, false as fresh from selfupgrade.memory_vectors s where s.agent = ?
              union all select f.model, true from selfupgrade.memory_fresh_vectors f where f.agent = ?) v
       group by v.model, v.fresh
      """;

  /** Tables, with what is out of line and the indexes; and about how many rows they have. */
  private static final String SIZES =
      """
      select c.relname as name, pg_total_relation_size(c.oid) as bytes, c.reltuples::bigint as rows
        from pg_class c
       where c.oid in ('selfupgrade.memories'::regclass, 'selfupgrade.memory_vectors'::regclass,
                       'selfupgrade.memory_fresh_vectors'::regclass)
      """;

  private final Database database;
  private final MemoryVectors vectors;

  MemoryCounts(Database database, MemoryVectors vectors) {
    this.database = database;
    this.vectors = vectors;
  }

  private record Memories(Tier tier, long expired, long aside, long all) {}

  private record Vectors(String model, boolean fresh, long all) {}

  private record Size(String table, long bytes, long rows) {

    /** Returns what so many of the rows take of all of it. */
    private long share(long own) {
      return own == 0 ? 0 : Math.round((double) bytes * own / Math.max(rows, own));
    }
  }

  MemoryStats of(AgentName agent) {
    MemoryStats.Search search = vectors.now().search();
    return database.call(
        PORT,
        "counting the memories of " + agent,
        statements -> {
          List<Memories> memories =
              statements.list(
                  MEMORIES,
                  row ->
                      new Memories(
                          Tier.labelled(row.text("tier")),
                          row.number("expired"),
                          row.number("aside"),
                          row.number("all")),
                  Arguments.of(agent));
          List<Vectors> ofModels =
              statements.list(
                  VECTORS,
                  row -> new Vectors(row.text("model"), row.flag("fresh"), row.number("all")),
                  Arguments.of(agent, agent));
          List<Size> sizes =
              statements.list(
                  SIZES,
                  row -> new Size(row.text("name"), row.number("bytes"), row.number("rows")),
                  Arguments.of());
          return stats(search, memories, ofModels, sizes);
        });
  }

  private static MemoryStats stats(
      MemoryStats.Search search,
      List<Memories> memories,
      List<Vectors> ofModels,
      List<Size> sizes) {
    Map<Tier, Long> living = new EnumMap<>(Tier.class);
    for (Tier tier : Tier.values()) {
      living.put(tier, 0L);
    }
    memories.forEach(row -> living.put(row.tier(), row.all() - row.expired() - row.aside()));
    long fresh = ofModels.stream().filter(Vectors::fresh).mapToLong(Vectors::all).sum();
    long settled = ofModels.stream().filter(row -> !row.fresh()).mapToLong(Vectors::all).sum();
    Map<String, Long> rows =
        Map.of(
            "memories", memories.stream().mapToLong(Memories::all).sum(),
            "memory_vectors", settled,
            "memory_fresh_vectors", fresh);
    Map<String, Long> byModel = new HashMap<>();
    ofModels.forEach(row -> byModel.merge(row.model(), row.all(), Long::sum));
    return new MemoryStats(
        living,
        memories.stream().mapToLong(Memories::expired).sum(),
        memories.stream().mapToLong(Memories::aside).sum(),
        sizes.stream().mapToLong(size -> size.share(rows.getOrDefault(size.table(), 0L))).sum(),
        new MemoryStats.Vectors(search, byModel, search == MemoryStats.Search.INDEXED ? fresh : 0));
  }
}
