package io.selfupgrade.supabase;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.agent.Json;
import io.selfupgrade.memory.Embedding;
import io.selfupgrade.memory.Memory;
import io.selfupgrade.memory.MemoryStore.Author;
import io.selfupgrade.memory.MemoryStore.Entry;
import io.selfupgrade.memory.Remembered;
import io.selfupgrade.supabase.MemoryLoader.Stamped;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/** Writes memories with their vectors: one in a statement, many by COPY. */
final class MemoryWriter {

  private static final String PORT = PostgresMemoryStore.PORT;
  private static final int MOST_AT_ONCE = 10_000;

  /** What JSON is not, or has a character 0 in it. */
  private static final List<String> NO_JSON = List.of("22P02", "22P05", "22032");

  /** What becomes of a memory whose external id is there: it is remembered anew, and later. */
  private static final String REPLACE =
      """
      on conflict (agent, external_id) do update
         set content = excluded.content, tier = excluded.tier, metadata = excluded.metadata,
             importance = excluded.importance, instance = excluded.instance, epoch = excluded.epoch,
             created_at = greatest(excluded.created_at, m.created_at + interval '1 microsecond'),
             expires_at = excluded.expires_at, set_aside = null, taken_back = null
      """;

  private static final String INTO =
      """
      insert into selfupgrade.memories as m
             (agent, external_id, content, tier, metadata, importance, instance, epoch, created_at, expires_at)
      """;

  private static final String REMEMBER =
      """
      with m as (%s
        select ?, ?, ?, ?, ?::jsonb, ?, ?, ?, n.now, n.now + %s
          from (select clock_timestamp() as now) n
        %s returning m.*),
      s as (delete from selfupgrade.memory_vectors v using m where v.memory = m.id)
      """
          .formatted(INTO, Sql.SPAN, REPLACE);

  private static final String WITH_VECTOR =
      REMEMBER
          + """
            , f as (
              insert into selfupgrade.memory_fresh_vectors (memory, agent, model, at, embedding)
              select m.id, m.agent, ?, m.created_at, ?::real[] from m
              on conflict (memory) do update
                 set model = excluded.model, at = excluded.at, embedding = excluded.embedding)
            select %s from m
            """
              .formatted(MemoryRows.COLUMNS);

  private static final String WITHOUT_VECTOR =
      REMEMBER
          + """
            , f as (delete from selfupgrade.memory_fresh_vectors v using m where v.memory = m.id)
            select %s from m
            """
              .formatted(MemoryRows.COLUMNS);

  /** In the order of the ids: two that write the same ones wait for each other and do not lock. */
  private static final String REMEMBER_NAMED =
      INTO
          + """
            select n.agent, n.external_id, n.content, n.tier, n.metadata::jsonb, n.importance, w.instance, w.epoch,
                   w.now, w.now + n.life * interval '1 microsecond'
              from (select ?::uuid as instance, ?::bigint as epoch, clock_timestamp() as now) w
             cross join unnest(?::text[], ?::text[], ?::text[], ?::text[], ?::text[], ?::float8[], ?::int8[])
                   n (agent, external_id, content, tier, metadata, importance, life)
             order by n.agent, n.external_id
            """
          + REPLACE
          + " returning m.id, m.agent, m.external_id, m.created_at";

  private final Database database;
  private final MemoryVectors vectors;
  private final MemoryLoader loader;

  MemoryWriter(Database database, MemoryVectors vectors, MemoryLoader loader) {
    this.database = database;
    this.vectors = vectors;
    this.loader = loader;
  }

  Remembered remember(Author author, Entry entry) {
    Memory memory = entry.memory();
    String owner = MemoryRows.owner(author, memory);
    requireObject(memory.metadata());
    List<Embedding> vector = memory.embedding().stream().toList();
    vectors.makeRoom(vector);
    Arguments arguments =
        Arguments.of(
            owner,
            memory.externalId(),
            MemoryRows.content(memory),
            memory.tier().label(),
            memory.metadata(),
            memory.importance(),
            author.instance(),
            author.epoch(),
            entry.life());
    Arguments all =
        vector.isEmpty() ? arguments : arguments.and(vector.get(0).model(), vector.get(0).values());
    String sql = vector.isEmpty() ? WITHOUT_VECTOR : WITH_VECTOR;
    return storing(
        vector,
        () ->
            database
                .call(
                    PORT,
                    "remembering",
                    statements -> statements.first(sql, MemoryRows::remembered, all))
                .orElseThrow());
  }

  void rememberAll(Author author, List<Entry> entries) {
    if (entries.size() > MOST_AT_ONCE) {
      throw new IllegalArgumentException(
          entries.size() + " memories at once: expected at most " + MOST_AT_ONCE);
    }
    Map<String, Owned> named = new TreeMap<>();
    List<Owned> others = new ArrayList<>();
    for (Entry entry : entries) {
      Owned owned = new Owned(MemoryRows.owner(author, entry.memory()), entry);
      requireObject(entry.memory().metadata());
      entry
          .memory()
          .externalId()
          .ifPresentOrElse(
              id -> named.put(owned.owner() + ' ' + id, owned), () -> others.add(owned));
    }
    List<Embedding> all = MemoryVectors.of(entries);
    vectors.makeRoom(all);
    storing(
        all,
        () ->
            database.transaction(
                PORT,
                "remembering " + entries.size(),
                statements -> {
                  List<Stamped> stored = new ArrayList<>(add(statements, author, others));
                  stored.addAll(replace(statements, author, List.copyOf(named.values())));
                  addVectors(statements, stored);
                  return true;
                }));
  }

  private record Owned(String owner, Entry entry) {
    Memory memory() {
      return entry.memory();
    }

    String externalId() {
      return memory().externalId().orElseThrow();
    }
  }

  private List<Stamped> add(Statements statements, Author author, List<Owned> rows)
      throws SQLException {
    if (rows.isEmpty()) {
      return List.of();
    }
    Instant now =
        statements
            .first("select clock_timestamp() as now", row -> row.instant("now"), Arguments.of())
            .orElseThrow();
    List<Stamped> stored =
        rows.stream()
            .map(row -> new Stamped(UUID.randomUUID(), now, row.owner(), row.entry()))
            .toList();
    loader.memories(statements, author, stored);
    return stored;
  }

  private static List<Stamped> replace(Statements statements, Author author, List<Owned> rows)
      throws SQLException {
    if (rows.isEmpty()) {
      return List.of();
    }
    Map<String, Owned> byKey =
        rows.stream()
            .collect(
                Collectors.toMap(
                    row -> row.owner() + ' ' + row.externalId(),
                    row -> row,
                    (first, second) -> second,
                    LinkedHashMap::new));
    List<Stamped> stored =
        statements.list(
            REMEMBER_NAMED,
            row -> {
              String key = row.text("agent") + ' ' + row.text("external_id");
              Owned owned = Objects.requireNonNull(byKey.get(key));
              return new Stamped(
                  row.uuid("id"), row.instant("created_at"), owned.owner(), owned.entry());
            },
            Arguments.of(
                author.instance(),
                author.epoch(),
                Arguments.Column.of("text", rows, Owned::owner),
                Arguments.Column.of("text", rows, Owned::externalId),
                Arguments.Column.of("text", rows, row -> MemoryRows.content(row.memory())),
                Arguments.Column.of("text", rows, row -> row.memory().tier().label()),
                Arguments.Column.of("text", rows, row -> row.memory().metadata().text()),
                Arguments.Column.of("float8", rows, row -> row.memory().importance()),
                Arguments.Column.of(
                    "int8", rows, row -> row.entry().life().map(Arguments::micros).orElse(null))));
    MemoryLoader.dropVectors(statements, stored.stream().map(Stamped::id).toList());
    return stored;
  }

  private void addVectors(Statements statements, List<Stamped> stored) throws SQLException {
    List<MemoryLoader.NewVector> added = new ArrayList<>(stored.size());
    for (Stamped row : stored) {
      row.memory()
          .embedding()
          .map(vector -> new MemoryLoader.NewVector(row.id(), row.owner(), row.at(), vector))
          .ifPresent(added::add);
    }
    if (!added.isEmpty()) {
      loader.vectors(statements, added, vectors.now());
    }
  }

  private <T> T storing(List<Embedding> stored, Supplier<T> work) {
    try {
      return vectors.withSetUp(stored, work);
    } catch (AdapterException e) {
      if (e.getCause() instanceof SQLException cause && NO_JSON.contains(cause.getSQLState())) {
        throw new IllegalArgumentException("metadata that is no JSON: " + cause.getMessage(), e);
      }
      throw e;
    }
  }

  private static void requireObject(Json metadata) {
    if (!metadata.text().stripLeading().startsWith("{")) {
      throw new IllegalArgumentException(
          "metadata that begins with "
              + metadata.text().stripLeading().charAt(0)
              + ": expected a JSON object");
    }
  }
}
