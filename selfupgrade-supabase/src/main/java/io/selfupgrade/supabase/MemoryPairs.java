package io.selfupgrade.supabase;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.memory.MemoryFilter;
import io.selfupgrade.memory.MemoryStats.Search;
import io.selfupgrade.memory.MemoryUpkeep.Alike;
import io.selfupgrade.memory.MemoryUpkeep.AlikePage;
import io.selfupgrade.memory.Tier;
import java.nio.FloatBuffer;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** Looks for memories of one tier that mean nearly the same, a page of them at a time. */
final class MemoryPairs {

  private static final String PORT = PostgresMemoryStore.PORT;

  /** By the index so many neighbours of each are looked at; among few memories, all are. */
  private static final int NEIGHBOURS = 50;

  private static final String PAGE =
      """
      select m.id, m.tier, v.vector
        from selfupgrade.memories m
        join lateral (
             select s.embedding::real[] as vector from selfupgrade.memory_vectors s
              where s.memory = m.id and s.at = m.created_at and s.model = ?
             union all
             select s.embedding::real[] from selfupgrade.memory_fresh_vectors s
              where s.memory = m.id and s.at = m.created_at and s.model = ?) v on true
       where m.agent = ? and %s and (?::uuid is null or m.id > ?::uuid)
       order by m.id limit ?
      """
          .formatted(MemoryRows.SEEN);

  /** Those that come after it in the order of the ids, so that each pair is found once. */
  private static final String NEAR =
      """
      with page as materialized (%s)
      select page.id, n.id as other, n.similarity
        from page cross join lateral
             selfupgrade.%s(array[?::text], page.vector, ?, array[page.tier], null, null, null, null, ?%s) n
       where n.id > page.id and n.similarity >= ?
      """;

  private final Database database;
  private final MemoryVectors vectors;
  private final MemoryPlanner planner;
  private final VectorScan scan;

  MemoryPairs(Database database, MemoryVectors vectors) {
    this.database = database;
    this.vectors = vectors;
    this.planner = new MemoryPlanner(database);
    this.scan = new VectorScan(database);
  }

  /** A memory of the page; without its vector where the server compares. */
  private record Looked(UUID id, Tier tier, FloatBuffer vector) {}

  AlikePage alike(AgentName agent, String model, double cosine, Optional<UUID> after, int limit) {
    boolean here = vectors.now().search() != Search.INDEXED;
    Arguments page = Arguments.of(model, model, agent, after, after);
    List<Looked> all =
        database.call(
            PORT,
            "reading vectors of " + agent,
            statements -> statements.list(PAGE, row -> looked(row, here), page.and(limit + 1)));
    boolean more = all.size() > limit;
    List<Looked> looked = more ? all.subList(0, limit) : all;
    List<Alike> pairs =
        here
            ? compared(agent, model, cosine, looked)
            : found(agent, page.and(limit), model, cosine);
    return new AlikePage(pairs, more ? Optional.of(looked.get(limit - 1).id()) : Optional.empty());
  }

  private static Looked looked(Row row, boolean withVector) throws SQLException {
    return new Looked(
        row.uuid("id"),
        Tier.labelled(row.text("tier")),
        FloatBuffer.wrap(withVector ? row.floats("vector") : new float[0]));
  }

  private List<Alike> found(AgentName agent, Arguments page, String model, double cosine) {
    MemorySelection all = new MemorySelection(List.of(agent.value()), MemoryFilter.ALL);
    boolean index = planner.byIndex(all);
    String sql =
        NEAR.formatted(
            PAGE, index ? "memories_by_index" : "memories_one_by_one", index ? "" : ", false");
    int most = index ? NEIGHBOURS : 2 * MemoryPlanner.MANY;
    return database.call(
        PORT,
        "looking for memories that are alike",
        statements ->
            statements.list(
                sql,
                row ->
                    new Alike(
                        row.uuid("id"), row.uuid("other"), Math.min(1, row.fraction("similarity"))),
                page.and(agent, model, most, cosine)));
  }

  private List<Alike> compared(AgentName agent, String model, double cosine, List<Looked> looked) {
    List<Alike> pairs = new ArrayList<>();
    for (Tier tier : Tier.values()) {
      List<Looked> ofTier = looked.stream().filter(one -> one.tier() == tier).toList();
      if (!ofTier.isEmpty()) {
        MemorySelection all =
            new MemorySelection(List.of(agent.value()), MemoryFilter.ALL.in(tier));
        List<Alike> found = new ArrayList<>();
        scan.each(
            all,
            model,
            (id, at, bytes) -> {
              for (Looked one : ofTier) {
                double near = VectorScan.cosine(one.vector().array(), bytes);
                if (near >= cosine && id.toString().compareTo(one.id().toString()) > 0) {
                  found.add(new Alike(one.id(), id, near));
                }
              }
            },
            found::clear);
        pairs.addAll(found);
      }
    }
    return pairs;
  }
}
