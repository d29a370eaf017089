package io.selfupgrade.supabase;

import io.selfupgrade.memory.Embedding;
import io.selfupgrade.memory.Memory;
import io.selfupgrade.memory.MemoryStore.Author;
import io.selfupgrade.memory.MemoryStore.Entry;
import io.selfupgrade.memory.Remembered;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Puts many rows into the tables of memories: by COPY, or by arrays of columns for a login that row
 * level security applies to, which Postgres refuses COPY.
 */
final class MemoryLoader {

  /** So many vectors are an array of about 8 MB on the wire at the most. */
  private static final int VECTORS_AT_ONCE = 250;

  private static final List<String> VECTOR_TABLES =
      List.of("memory_vectors", "memory_fresh_vectors");

  private static final String BY_COPY =
      "memories (id, agent, content, tier, metadata, importance, instance, epoch, created_at,"
          + " expires_at)";

  private static final String BY_COLUMNS =
      """
      insert into selfupgrade.memories
             (id, agent, content, tier, metadata, importance, instance, epoch, created_at, expires_at)
      select n.id, n.agent, n.content, n.tier, n.metadata::jsonb, n.importance, w.instance, w.epoch, w.at,
             w.at + n.life * interval '1 microsecond'
        from (select ?::uuid as instance, ?::bigint as epoch, ?::timestamptz as at) w
       cross join unnest(?::uuid[], ?::text[], ?::text[], ?::text[], ?::text[], ?::float8[], ?::int8[])
             n (id, agent, content, tier, metadata, importance, life)
      """;

  private static final String VECTORS_BY_COPY =
      "memory_fresh_vectors (memory, agent, model, at, embedding)";

  /** All numbers are one array, of which each row takes its part. */
  private static final String VECTORS_BY_COLUMNS =
      """
      insert into selfupgrade.memory_fresh_vectors (memory, agent, model, at, embedding)
      select n.memory, n.agent, n.model, %s, w.numbers[(n.place - 1) * w.length + 1 : n.place * w.length]
        from (select ?::real[] as numbers, ?::int as length) w
       cross join unnest(?::uuid[], ?::text[], ?::text[], ?::int8[])
             with ordinality n (memory, agent, model, micros, place)
      """
          .formatted(Sql.instant("n.micros"));

  private volatile @Nullable Boolean restricted;

  /**
   * A memory that is stored, or about to be.
   *
   * @param owner whose row it is
   * @param at when it was remembered
   */
  record Stamped(UUID id, Instant at, String owner, Entry entry) {
    Memory memory() {
      return entry.memory();
    }
  }

  /** A vector, whose memory has none. */
  record NewVector(UUID memory, String owner, Instant at, Embedding vector) {}

  private boolean restricted(Statements statements) throws SQLException {
    Boolean known = restricted;
    if (known == null) {
      known =
          statements
              .first(
                  "select row_security_active('selfupgrade.memories') as active",
                  row -> row.flag("active"),
                  Arguments.of())
              .orElseThrow();
      restricted = known;
    }
    return known;
  }

  /** Adds memories of one instant, which have no external ids. */
  void memories(Statements statements, Author author, List<Stamped> rows) throws SQLException {
    if (restricted(statements)) {
      statements.update(
          BY_COLUMNS,
          Arguments.of(
              author.instance(),
              author.epoch(),
              rows.get(0).at(),
              Arguments.Column.of("uuid", rows, Stamped::id),
              Arguments.Column.of("text", rows, Stamped::owner),
              Arguments.Column.of("text", rows, row -> MemoryRows.content(row.memory())),
              Arguments.Column.of("text", rows, row -> row.memory().tier().label()),
              Arguments.Column.of("text", rows, row -> row.memory().metadata().text()),
              Arguments.Column.of("float8", rows, row -> row.memory().importance()),
              Arguments.Column.of(
                  "int8", rows, row -> row.entry().life().map(Arguments::micros).orElse(null))));
      return;
    }
    BinaryCopy.into(
        statements,
        BY_COPY,
        out -> {
          for (Stamped row : rows) {
            Memory memory = row.memory();
            out.row(10)
                .put(row.id())
                .put(row.owner())
                .put(MemoryRows.content(memory))
                .put(memory.tier().label())
                .putJson(memory.metadata().text())
                .put(memory.importance())
                .put(author.instance().value())
                .put(author.epoch())
                .put(row.at())
                .put(row.entry().life().map(row.at()::plus).orElse(null));
          }
        });
  }

  /** Adds vectors, one or more, as fresh ones. */
  void vectors(Statements statements, List<NewVector> added, MemoryVectors.SetUp setUp)
      throws SQLException {
    if (restricted(statements)) {
      for (int from = 0; from < added.size(); from += VECTORS_AT_ONCE) {
        insert(statements, added.subList(from, Math.min(from + VECTORS_AT_ONCE, added.size())));
      }
      return;
    }
    BinaryCopy.into(
        statements,
        VECTORS_BY_COPY,
        out -> {
          for (NewVector row : added) {
            out.row(5)
                .put(row.memory())
                .put(row.owner())
                .put(row.vector().model())
                .put(row.at())
                .put(row.vector().values(), setUp.kind());
          }
        });
  }

  private static void insert(Statements statements, List<NewVector> rows) throws SQLException {
    int length = rows.get(0).vector().dimension();
    float[] numbers = new float[length * rows.size()];
    for (int i = 0; i < rows.size(); i++) {
      System.arraycopy(rows.get(i).vector().values(), 0, numbers, i * length, length);
    }
    statements.update(
        VECTORS_BY_COLUMNS,
        Arguments.of(
            numbers,
            length,
            Arguments.Column.of("uuid", rows, NewVector::memory),
            Arguments.Column.of("text", rows, NewVector::owner),
            Arguments.Column.of("text", rows, row -> row.vector().model()),
            Arguments.Column.of("int8", rows, row -> Arguments.micros(row.at()))));
  }

  /** Lets the vector of a memory count from another instant on. */
  static void keepVector(Statements statements, Remembered memory, Instant at) throws SQLException {
    for (String table : VECTOR_TABLES) {
      statements.update(
          "update selfupgrade." + table + " set at = ? where memory = ? and at = ?",
          Arguments.of(at, memory.id(), memory.createdAt()));
    }
  }

  static void dropVectors(Statements statements, List<UUID> ids) throws SQLException {
    for (String table : VECTOR_TABLES) {
      statements.update(
          "delete from selfupgrade." + table + " where memory = any(?::uuid[])",
          Arguments.of(Arguments.Column.of("uuid", ids, id -> id)));
    }
  }
}
