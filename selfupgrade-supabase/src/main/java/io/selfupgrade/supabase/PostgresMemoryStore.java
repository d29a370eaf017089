package io.selfupgrade.supabase;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Json;
import io.selfupgrade.memory.Memory;
import io.selfupgrade.memory.MemoryStats;
import io.selfupgrade.memory.MemoryStore;
import io.selfupgrade.memory.RecallQuery;
import io.selfupgrade.memory.Recalled;
import io.selfupgrade.memory.Remembered;
import io.selfupgrade.memory.Tier;
import java.sql.SQLException;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/** Memories, found by a GIN index over their words. */
final class PostgresMemoryStore implements MemoryStore {

  private static final String PORT = "MemoryStore";
  private static final String COLUMNS =
      "m.id, m.external_id, m.content, m.tier, m.metadata::text as metadata, m.importance,"
          + " m.created_at, m.expires_at";
  private static final String LIVING =
      " m.agent = ? and (m.expires_at is null or m.expires_at > clock_timestamp())";

  private static final String REMEMBER =
      """
      insert into selfupgrade.memories as m
             (agent, external_id, content, tier, metadata, importance, instance, epoch, created_at, expires_at)
      select ?, ?, ?, ?, ?::jsonb, ?, ?, ?, n.now, n.now + %s
        from (select clock_timestamp() as now) n
      on conflict (agent, external_id) do update
         set content = excluded.content, tier = excluded.tier, metadata = excluded.metadata,
             importance = excluded.importance, instance = excluded.instance, epoch = excluded.epoch,
             created_at = excluded.created_at, expires_at = excluded.expires_at
      returning %s
      """
          .formatted(Sql.SPAN, COLUMNS);

  /** Words are what the index makes of the query; any of them is enough. */
  private static final String RECALL =
      """
      with q as (select w.words, replace(plainto_tsquery('simple', ?)::text, ' & ', ' | ')::tsquery as any_word
                   from (select tsvector_to_array(to_tsvector('simple', ?)) as words) w)
      select %s, found.words as words, cardinality(q.words) as asked
        from q join selfupgrade.memories m on m.content_tsv @@ q.any_word
        cross join lateral (
          select array(select w from unnest(q.words) w
                       intersect select unnest(tsvector_to_array(m.content_tsv))) as words) found
       where %s and m.tier = any(?)
       order by cardinality(found.words) desc, m.importance desc, m.created_at desc, m.id
       limit ?
      """
          .formatted(COLUMNS, LIVING);

  private static final String STATS =
      """
      select m.tier, count(*) filter (where m.expires_at is null or m.expires_at > clock_timestamp()) as living,
             count(*) filter (where m.expires_at <= clock_timestamp()) as expired,
             coalesce(sum(pg_column_size(m.*)), 0)::bigint as bytes
        from selfupgrade.memories m where m.agent = ? group by m.tier
      """;

  private static final String REMOVE_EXPIRED =
      """
      delete from selfupgrade.memories m
       where m.id in (select e.id from selfupgrade.memories e
                       where e.agent = ? and e.expires_at <= clock_timestamp()
                       order by e.expires_at limit ? for update skip locked)
      """;

  private final Database database;

  PostgresMemoryStore(Database database) {
    this.database = database;
  }

  @Override
  public Remembered remember(Author author, Memory memory, Optional<Duration> life) {
    Arguments arguments =
        Arguments.of(
            author.agent(),
            memory.externalId(),
            memory.content(),
            memory.tier().label(),
            memory.metadata(),
            memory.importance(),
            author.instance(),
            author.epoch(),
            life);
    return database
        .call(
            PORT,
            "remembering",
            statements -> statements.first(REMEMBER, PostgresMemoryStore::remembered, arguments))
        .orElseThrow();
  }

  @Override
  public List<Recalled> recall(AgentName agent, RecallQuery query) {
    List<String> tiers = query.tiers().stream().map(Tier::label).toList();
    Arguments arguments = Arguments.of(query.text(), query.text(), agent, tiers, query.limit());
    return database.call(
        PORT,
        "recalling by words",
        statements -> statements.list(RECALL, PostgresMemoryStore::recalled, arguments));
  }

  @Override
  public Optional<Remembered> get(AgentName agent, UUID id) {
    return database.call(
        PORT,
        "reading memory " + id,
        statements ->
            statements.first(
                "select " + COLUMNS + " from selfupgrade.memories m where m.id = ? and" + LIVING,
                PostgresMemoryStore::remembered,
                Arguments.of(id, agent)));
  }

  @Override
  public boolean forget(AgentName agent, UUID id) {
    return changed(
            "forgetting memory " + id,
            "delete from selfupgrade.memories m where m.id = ? and" + LIVING,
            Arguments.of(id, agent))
        > 0;
  }

  @Override
  public MemoryStats stats(AgentName agent) {
    List<Counted> counted =
        database.call(
            PORT,
            "counting the memories of " + agent,
            statements ->
                statements.list(STATS, PostgresMemoryStore::counted, Arguments.of(agent)));
    Map<Tier, Long> living = new EnumMap<>(Tier.class);
    for (Tier tier : Tier.values()) {
      living.put(tier, 0L);
    }
    counted.forEach(row -> living.put(row.tier(), row.living()));
    return new MemoryStats(
        living,
        counted.stream().mapToLong(Counted::expired).sum(),
        counted.stream().mapToLong(Counted::bytes).sum());
  }

  private record Counted(Tier tier, long living, long expired, long bytes) {}

  @Override
  public int removeExpired(AgentName agent, int limit) {
    return changed(
        "removing expired memories of " + agent, REMOVE_EXPIRED, Arguments.of(agent, limit));
  }

  private int changed(String operation, String sql, Arguments arguments) {
    return database.call(PORT, operation, statements -> statements.update(sql, arguments));
  }

  private static Remembered remembered(Row row) throws SQLException {
    return new Remembered(
        row.uuid("id"),
        new Memory(
            row.text("content"),
            Tier.labelled(row.text("tier")),
            Json.of(row.text("metadata")),
            row.fraction("importance"),
            row.textIfAny("external_id")),
        row.instant("created_at"),
        row.instantIfAny("expires_at"));
  }

  private static Recalled recalled(Row row) throws SQLException {
    List<String> words = row.texts("words");
    return new Recalled(
        remembered(row), (double) words.size() / row.number("asked"), Set.copyOf(words));
  }

  private static Counted counted(Row row) throws SQLException {
    return new Counted(
        Tier.labelled(row.text("tier")),
        row.number("living"),
        row.number("expired"),
        row.number("bytes"));
  }
}
