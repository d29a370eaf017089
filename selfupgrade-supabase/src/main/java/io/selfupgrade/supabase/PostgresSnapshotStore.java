package io.selfupgrade.supabase;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Fence;
import io.selfupgrade.upgrade.SnapshotStore;
import java.sql.SQLException;
import java.time.Instant;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * Snapshots as whole copies of the agent's rows in the tables of class DATA.
 *
 * <p>Each one costs the time and the space of all the data: good for the little that the tables
 * hold now. It lies in the database that it copies, so it does not survive the loss of that.
 *
 * <p>The copy is not fenced, because a fence held for its whole length would hold up a take-over;
 * it counts only with the row in {@code snapshots}, which is.
 */
final class PostgresSnapshotStore implements SnapshotStore {

  private static final String PORT = "SnapshotStore";

  private static final String LEADS =
      "select 1 from selfupgrade.leadership where agent = ? and holder = ? and epoch = ?";

  private static final String DATA_TABLES =
      """
      select c.relname as name from pg_class c
       where c.relnamespace = 'selfupgrade'::regnamespace and c.relkind in ('r', 'p')
         and obj_description(c.oid, 'pg_class') like 'DATA:%'
       order by c.relname
      """;

  private static final String COPY =
      """
      with c as (
        insert into selfupgrade.snapshot_rows (snapshot, agent, table_name, content)
        select ?, ?, ?, to_jsonb(t) from selfupgrade."%s" t where t.agent = ?
        returning octet_length(content::text) as bytes)
      select count(*) as rows, coalesce(sum(bytes), 0)::bigint as bytes from c
      """;

  private static final String CLEAR =
      """
      delete from selfupgrade.snapshot_rows r
       where r.agent = ?
         and not exists (select from selfupgrade.snapshots s where s.id = r.snapshot)
      """;

  private static final String FINISH =
      "with "
          + Sql.FENCE
          + """
            insert into selfupgrade.snapshots (id, agent, upgrade, taken_at, rows, bytes)
            select ?, f.agent, u.id, ?, jsonb_object(?::text[], ?::text[]), ?
              from f join selfupgrade.upgrades u on u.agent = f.agent
             where u.id = ?
            """;

  private static final String LIST =
      """
      select s.id, s.upgrade, s.taken_at, s.bytes, r.key as name, r.value::bigint as count
        from selfupgrade.snapshots s left join lateral jsonb_each_text(s.rows) r on true
       where s.agent = ? order by s.seq desc, r.key
      """;

  private final Database database;

  PostgresSnapshotStore(Database database) {
    this.database = database;
  }

  @Override
  public Optional<Snapshot> take(Fence fence, UUID upgrade) {
    String operation = "taking a snapshot of " + fence.agent();
    Optional<Snapshot> copied =
        database.transaction(PORT, operation, statements -> copy(statements, fence, upgrade));
    if (copied.isEmpty()) {
      return copied;
    }
    Snapshot snapshot = copied.get();
    Arguments row =
        Arguments.of(
            fence,
            snapshot.id(),
            snapshot.takenAt(),
            snapshot.rows().keySet(),
            snapshot.rows().values().stream().map(String::valueOf).toList(),
            snapshot.bytes(),
            upgrade);
    return database.call(
        PORT,
        operation,
        statements -> {
          if (statements.update(FINISH, row) == 0) {
            statements.update(CLEAR, Arguments.of(fence.agent()));
            return Optional.empty();
          }
          return copied;
        });
  }

  private static Optional<Snapshot> copy(Statements statements, Fence fence, UUID upgrade)
      throws SQLException {
    statements.script("set transaction isolation level repeatable read");
    if (!statements.any(LEADS, Arguments.of(fence))) {
      return Optional.empty();
    }
    statements.update(CLEAR, Arguments.of(fence.agent()));
    UUID id = UUID.randomUUID();
    Instant takenAt =
        statements
            .first("select clock_timestamp() as now", row -> row.instant("now"), Arguments.of())
            .orElseThrow();
    Map<String, Long> rows = new LinkedHashMap<>();
    long bytes = 0;
    List<String> tables = statements.list(DATA_TABLES, row -> row.text("name"), Arguments.of());
    for (String table : tables) {
      String sql = COPY.formatted(table.replace("\"", "\"\""));
      Arguments arguments = Arguments.of(id, fence.agent(), table, fence.agent());
      Copied copied =
          statements
              .first(sql, row -> new Copied(row.number("rows"), row.number("bytes")), arguments)
              .orElseThrow();
      rows.put(table, copied.rows());
      bytes += copied.bytes();
    }
    return Optional.of(new Snapshot(id, upgrade, takenAt, rows, bytes));
  }

  private record Copied(long rows, long bytes) {}

  @Override
  public List<Snapshot> list(AgentName agent) {
    List<Snapshot> parts =
        database.call(
            PORT,
            "listing the snapshots of " + agent,
            statements -> statements.list(LIST, PostgresSnapshotStore::part, Arguments.of(agent)));
    Map<UUID, Snapshot> whole = new LinkedHashMap<>();
    parts.forEach(part -> whole.merge(part.id(), part, PostgresSnapshotStore::join));
    return List.copyOf(whole.values());
  }

  /** Reads a snapshot with the count of one table. */
  private static Snapshot part(Row row) throws SQLException {
    Optional<String> table = row.textIfAny("name");
    Map<String, Long> count =
        table.isPresent() ? Map.of(table.get(), row.number("count")) : Map.of();
    return new Snapshot(
        row.uuid("id"), row.uuid("upgrade"), row.instant("taken_at"), count, row.number("bytes"));
  }

  private static Snapshot join(Snapshot left, Snapshot right) {
    Map<String, Long> rows = new HashMap<>(left.rows());
    rows.putAll(right.rows());
    return new Snapshot(left.id(), left.upgrade(), left.takenAt(), rows, left.bytes());
  }
}
