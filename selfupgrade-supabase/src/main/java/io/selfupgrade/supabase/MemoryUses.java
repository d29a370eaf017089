package io.selfupgrade.supabase;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.memory.Embedding;
import io.selfupgrade.memory.Memory;
import io.selfupgrade.memory.MemoryScope;
import io.selfupgrade.memory.MemoryStore;
import io.selfupgrade.memory.MemoryUpkeep.Merge;
import io.selfupgrade.memory.MemoryUpkeep.Used;
import io.selfupgrade.memory.Remembered;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** How often memories were recalled, and what follows from it. */
final class MemoryUses {

  private static final String PORT = PostgresMemoryStore.PORT;

  private static final String COUNT =
      """
      insert into selfupgrade.memory_use as u (memory, agent, uses)
      select m.id, m.agent, n.uses from unnest(?::uuid[], ?::int8[]) n (id, uses)
        join selfupgrade.memories m on m.id = n.id and m.agent = any(?::text[]) and %s
       order by m.id
      on conflict (memory) do update set uses = u.uses + excluded.uses
      """
          .formatted(MemoryRows.SEEN);

  private static final String PROMOTABLE =
      """
      select m.id from selfupgrade.memories m
       where m.agent = ? and m.tier in ('short-term', 'working') and %s
         and (m.importance >= ?
              or exists (select from selfupgrade.memory_use u where u.memory = m.id and u.uses >= ?))
       limit ?
      """
          .formatted(MemoryRows.SEEN);

  private static final String READ =
      """
      select %s, coalesce(u.uses, 0) as uses
        from selfupgrade.memories m left join selfupgrade.memory_use u on u.memory = m.id
       where m.id = any(?::uuid[]) and m.agent = ? and %s
      """
          .formatted(MemoryRows.COLUMNS, MemoryRows.SEEN);

  private static final String LOCK =
      """
      select %s from selfupgrade.memories m
       where m.id = any(?::uuid[]) and m.agent = ? and %s order by m.id for update
      """
          .formatted(MemoryRows.COLUMNS, MemoryRows.SEEN);

  private static final String BECOME =
      """
      update selfupgrade.memories m
         set content = ?, tier = ?, metadata = ?::jsonb, importance = ?, instance = ?, epoch = ?,
             set_aside = null, taken_back = case when m.taken_back = m.instance then ?::uuid end,
             created_at = greatest(clock_timestamp(), m.created_at + interval '1 microsecond')
       where m.id = ? returning m.created_at
      """;

  private static final String ADD_USES =
      """
      insert into selfupgrade.memory_use as u (memory, agent, uses)
      select ?, ?, sum(g.uses) from selfupgrade.memory_use g where g.memory = any(?::uuid[]) having sum(g.uses) > 0
      on conflict (memory) do update set uses = u.uses + excluded.uses
      """;

  private static final String REMOVE =
      PostgresMemoryStore.deleting("select unnest(?::uuid[]) as id");

  private final Database database;
  private final MemoryVectors vectors;
  private final MemoryLoader loader;

  MemoryUses(Database database, MemoryVectors vectors, MemoryLoader loader) {
    this.database = database;
    this.vectors = vectors;
    this.loader = loader;
  }

  void used(MemoryScope scope, Map<UUID, Integer> uses) {
    List<Map.Entry<UUID, Integer>> each = List.copyOf(uses.entrySet());
    database.call(
        PORT,
        "counting uses",
        statements ->
            statements.update(
                COUNT,
                Arguments.of(
                    Arguments.Column.of("uuid", each, Map.Entry::getKey),
                    Arguments.Column.of("int8", each, one -> (long) one.getValue()),
                    MemoryRows.owners(scope))));
  }

  List<UUID> promotable(AgentName agent, int fromUses, double fromImportance, int limit) {
    return database.call(
        PORT,
        "listing what proved useful",
        statements ->
            statements.list(
                PROMOTABLE,
                row -> row.uuid("id"),
                Arguments.of(agent, fromImportance, fromUses, limit)));
  }

  List<Used> read(AgentName agent, List<UUID> ids) {
    return database.call(
        PORT,
        "reading memories with their uses",
        statements ->
            statements.list(
                READ,
                row -> new Used(MemoryRows.remembered(row), row.number("uses")),
                Arguments.of(ids(ids), agent)));
  }

  boolean merge(MemoryStore.Author author, Merge merge) {
    List<Embedding> vector = merge.as().embedding().stream().toList();
    vectors.requireLength(vector);
    vectors.makeRoom(vector);
    return vectors.withSetUp(
        vector,
        () ->
            database.transaction(
                PORT, "making memories one", statements -> merge(statements, author, merge)));
  }

  private boolean merge(Statements statements, MemoryStore.Author author, Merge merge)
      throws SQLException {
    List<Remembered> read = new ArrayList<>(merge.gone());
    read.add(merge.kept());
    AgentName agent = author.scope().agent();
    Map<UUID, Remembered> now = new HashMap<>();
    statements
        .list(
            LOCK,
            MemoryRows::remembered,
            Arguments.of(ids(read.stream().map(Remembered::id).toList()), agent))
        .forEach(memory -> now.put(memory.id(), memory));
    if (!read.stream().allMatch(one -> one.equals(now.get(one.id())))) {
      return false;
    }
    UUID kept = merge.kept().id();
    Memory as = merge.as();
    Instant at =
        statements
            .first(
                BECOME,
                row -> row.instant("created_at"),
                Arguments.of(
                    MemoryRows.content(as),
                    as.tier().label(),
                    as.metadata(),
                    as.importance(),
                    author.instance(),
                    author.epoch(),
                    author.instance(),
                    kept))
            .orElseThrow();
    List<UUID> gone = merge.gone().stream().map(Remembered::id).toList();
    statements.update(ADD_USES, Arguments.of(kept, agent, ids(gone)));
    if (as.embedding().isEmpty() && as.content().equals(merge.kept().memory().content())) {
      MemoryLoader.keepVector(statements, merge.kept(), at);
    } else {
      MemoryLoader.dropVectors(statements, List.of(kept));
      loader.vectors(
          statements,
          as.embedding().stream()
              .map(one -> new MemoryLoader.NewVector(kept, agent.value(), at, one))
              .toList(),
          vectors.now());
    }
    statements.any(REMOVE, Arguments.of(ids(gone)));
    return true;
  }

  private static Arguments.Column ids(Collection<UUID> ids) {
    return Arguments.Column.of("uuid", ids, id -> id);
  }
}
