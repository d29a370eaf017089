package io.selfupgrade.supabase;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.memory.Embedding;
import io.selfupgrade.memory.MemoryStats.Search;
import io.selfupgrade.memory.MemoryUpkeep.Embedded;
import io.selfupgrade.memory.MemoryUpkeep.Unembedded;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/** What is done with vectors in the background: made, and put into the index. */
final class MemoryKeeper {

  private static final String PORT = PostgresMemoryStore.PORT;
  private static final long SWEEP_NANOS = Duration.ofHours(1).toNanos();

  /** The rows of the big tables are only moved: neither the memory nor its words are written. */
  private static final String SETTLE =
      """
      with moved as (
        delete from selfupgrade.memory_fresh_vectors v
         where v.memory in (select f.memory from selfupgrade.memory_fresh_vectors f
                             where f.agent = ? order by f.at limit ? for update skip locked)
        returning v.*),
      i as (
        insert into selfupgrade.memory_vectors as v (memory, agent, model, at, embedding)
        select f.memory, f.agent, f.model, f.at, f.embedding
          from moved f join selfupgrade.memories m on m.id = f.memory and m.created_at = f.at
        on conflict (memory) do update
           set agent = excluded.agent, model = excluded.model, at = excluded.at, embedding = excluded.embedding)
      select count(*) as moved from moved
      """;

  private static final String SWEEP =
      """
      delete from selfupgrade.%1$s v where v.agent = ?
         and not exists (select from selfupgrade.memories m where m.id = v.memory%2$s)
      """;

  private static final String HAS_VECTOR =
      """
      exists (select from selfupgrade.%1$s v where v.memory = m.id and v.at = m.created_at and v.model = ?)
      """;

  private static final String UNEMBEDDED =
      """
      select m.id, m.content, m.created_at from selfupgrade.memories m
       where m.agent = ? and %s and %s and not %s and not %s
       order by m.created_at limit ?
      """
          .formatted(
              MemoryRows.HAS_TEXT,
              MemoryRows.SEEN,
              HAS_VECTOR.formatted("memory_vectors"),
              HAS_VECTOR.formatted("memory_fresh_vectors"));

  private static final String UNCHANGED =
      """
      select m.id from unnest(?::uuid[], ?::int8[]) n (id, micros)
        join selfupgrade.memories m on m.id = n.id and m.created_at = %s
       where m.agent = ? and %s order by m.id for no key update of m
      """
          .formatted(Sql.instant("n.micros"), MemoryRows.SEEN);

  private final Database database;
  private final MemoryVectors vectors;
  private final MemoryLoader loader;
  private final Set<String> shared = ConcurrentHashMap.newKeySet();
  private final Map<AgentName, Long> swept = new ConcurrentHashMap<>();

  MemoryKeeper(Database database, MemoryVectors vectors, MemoryLoader loader) {
    this.database = database;
    this.vectors = vectors;
    this.loader = loader;
  }

  /** Notes a namespace that is in use here: nobody's own, so whoever knows of it keeps it. */
  void seen(List<String> owners) {
    if (owners.size() > 1) {
      shared.add(owners.get(1));
    }
  }

  Set<String> shared() {
    return shared;
  }

  int settle(AgentName agent, int limit) {
    if (vectors.now().search() != Search.INDEXED) {
      return 0;
    }
    int moved = settle(agent.value(), limit);
    if (moved < limit) {
      shared.forEach(owner -> settle(owner, limit));
      sweep(agent);
    }
    return moved;
  }

  private int settle(String owner, int limit) {
    return database
        .call(
            PORT,
            "putting vectors of " + owner + " into the index",
            statements ->
                statements.first(
                    SETTLE, row -> (int) row.number("moved"), Arguments.of(owner, limit)))
        .orElse(0);
  }

  /** Removes what a version before, or a job of the database, has left of memories it removed. */
  private void sweep(AgentName agent) {
    long now = System.nanoTime();
    Long last = swept.get(agent);
    if (last != null && now - last < SWEEP_NANOS) {
      return;
    }
    swept.put(agent, now);
    String alsoReplaced = " and m.created_at = v.at";
    database.call(
        PORT,
        "removing what memories left",
        statements -> {
          Arguments of = Arguments.of(agent);
          statements.update(SWEEP.formatted("memory_vectors", alsoReplaced), of);
          statements.update(SWEEP.formatted("memory_fresh_vectors", alsoReplaced), of);
          return statements.update(SWEEP.formatted("memory_use", ""), of);
        });
  }

  List<Unembedded> unembedded(AgentName agent, String model, int limit) {
    return database.call(
        PORT,
        "listing memories without a vector",
        statements ->
            statements.list(
                UNEMBEDDED,
                row ->
                    new Unembedded(row.uuid("id"), row.text("content"), row.instant("created_at")),
                Arguments.of(agent, model, model, limit)));
  }

  int embed(AgentName agent, List<Embedded> embedded) {
    List<Embedding> all = embedded.stream().map(Embedded::embedding).toList();
    vectors.makeRoom(all);
    Map<UUID, Embedded> byId = new HashMap<>();
    embedded.forEach(each -> byId.put(each.memory().id(), each));
    return vectors.withSetUp(
        all,
        () ->
            database.transaction(
                PORT, "storing vectors of " + agent, statements -> embed(statements, agent, byId)));
  }

  private int embed(Statements statements, AgentName agent, Map<UUID, Embedded> byId)
      throws SQLException {
    List<Embedded> each = List.copyOf(byId.values());
    List<UUID> same =
        statements.list(
            UNCHANGED,
            row -> row.uuid("id"),
            Arguments.of(
                Arguments.Column.of("uuid", each, one -> one.memory().id()),
                Arguments.Column.of(
                    "int8", each, one -> Arguments.micros(one.memory().createdAt())),
                agent));
    if (same.isEmpty()) {
      return 0;
    }
    MemoryLoader.dropVectors(statements, same);
    loader.vectors(
        statements,
        same.stream()
            .map(id -> Objects.requireNonNull(byId.get(id)))
            .map(
                one ->
                    new MemoryLoader.NewVector(
                        one.memory().id(),
                        agent.value(),
                        one.memory().createdAt(),
                        one.embedding()))
            .toList(),
        vectors.now());
    return same.size();
  }
}
