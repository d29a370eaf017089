package io.selfupgrade.supabase;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Fence;
import io.selfupgrade.upgrade.RestorePlan;
import io.selfupgrade.upgrade.RestoreResult;
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

  private static final String TASKS = "scheduled_tasks";

  private static final String LEADS =
      "select 1 from selfupgrade.leadership where agent = ? and holder = ? and epoch = ?";

  private static final String DATA_TABLES =
      """
      select c.relname as name from pg_class c
       where c.relnamespace = 'selfupgrade'::regnamespace and c.relkind in ('r', 'p')
         and obj_description(c.oid, 'pg_class') like 'DATA:%' and c.relname <> 'memory_fresh_vectors'
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

  /** Spares copies that have no row yet: another one may be about to write it. */
  private static final String CLEAR =
      """
      delete from selfupgrade.snapshot_rows r
       where r.agent = ?
         and r.snapshot not in (select s.id from selfupgrade.snapshots s where s.agent = r.agent
                                 order by s.seq desc limit 10)
         and (r.copied_at < clock_timestamp() - interval '1 hour'
              or exists (select from selfupgrade.snapshots s where s.id = r.snapshot))
      """;

  private static final String DISCARD =
      "delete from selfupgrade.snapshot_rows where agent = ? and snapshot = ?";

  private static final String FINISH =
      "with "
          + Sql.FENCE
          + """
            insert into selfupgrade.snapshots (id, agent, kind, upgrade, taken_at, rows, bytes)
            select ?, f.agent, ?, u.id, ?, jsonb_object(?::text[], ?::text[]), ?
              from f cross join (select ?::uuid as wanted) w
              left join selfupgrade.upgrades u on u.agent = f.agent and u.id = w.wanted
             where (w.wanted is null or u.id is not null)
               and (select count(*) from selfupgrade.snapshot_rows r where r.snapshot = ?) = ?
            """;

  private static final String FENCED =
      "select 1 from selfupgrade.leadership where agent = ? and holder = ? and epoch = ?"
          + " for key share";

  private static final String ON_TRIAL =
      "select 1 from selfupgrade.upgrades where agent = ?"
          + " and phase in ('TRIAL', 'HANDED_OVER', 'ROLLING_BACK')";

  private static final String EPOCH =
      "select coalesce((select epoch from selfupgrade.leadership where agent = ?), 0) as epoch";

  private static final String NEW_GRIDS =
      """
      with t as (
        update selfupgrade.scheduled_tasks set anchor = clock_timestamp()
         where agent = ? and id::text = any(?) returning id, agent)
      insert into selfupgrade.task_state (task, agent) select t.id, t.agent from t
      on conflict (task) do update set planned = false, next_run = null
      """;

  private static final String LIST =
      """
      select s.id, s.kind, s.upgrade, s.taken_at, s.bytes, r.key as name, r.value::bigint as count
        from selfupgrade.snapshots s left join lateral jsonb_each_text(s.rows) r on true
       where s.agent = ? order by s.seq desc, r.key
      """;

  private final Database database;

  PostgresSnapshotStore(Database database) {
    this.database = database;
  }

  @Override
  public Optional<Snapshot> take(Fence fence, UUID upgrade) {
    return take(fence, Kind.UPGRADE, Optional.of(upgrade));
  }

  @Override
  public Optional<Snapshot> take(Fence fence) {
    return take(fence, Kind.ASKED, Optional.empty());
  }

  private Optional<Snapshot> take(Fence fence, Kind kind, Optional<UUID> upgrade) {
    String operation = "taking a snapshot of " + fence.agent();
    Optional<Snapshot> copied =
        database.transaction(
            PORT,
            operation,
            statements -> {
              statements.script("set transaction isolation level repeatable read");
              if (!statements.any(LEADS, Arguments.of(fence))) {
                return Optional.empty();
              }
              statements.update(CLEAR, Arguments.of(fence.agent()));
              return Optional.of(copy(statements, fence.agent(), kind, upgrade));
            });
    if (copied.isEmpty()) {
      return copied;
    }
    return database.call(
        PORT,
        operation,
        statements -> {
          if (statements.update(FINISH, row(fence, copied.get())) == 0) {
            statements.update(DISCARD, Arguments.of(fence.agent(), copied.get().id()));
            return Optional.empty();
          }
          return copied;
        });
  }

  private static Arguments row(Fence fence, Snapshot snapshot) {
    return Arguments.of(
        fence,
        snapshot.id(),
        snapshot.kind(),
        snapshot.takenAt(),
        snapshot.rows().keySet(),
        snapshot.rows().values().stream().map(String::valueOf).toList(),
        snapshot.bytes(),
        snapshot.upgrade(),
        snapshot.id(),
        snapshot.rows().values().stream().mapToLong(Long::longValue).sum());
  }

  private static Snapshot copy(
      Statements statements, AgentName agent, Kind kind, Optional<UUID> upgrade)
      throws SQLException {
    UUID id = UUID.randomUUID();
    Instant takenAt =
        statements
            .first("select clock_timestamp() as now", row -> row.instant("now"), Arguments.of())
            .orElseThrow();
    Map<String, Long> rows = new LinkedHashMap<>();
    long bytes = 0;
    for (String table : tables(statements)) {
      boolean vectors = table.equals(VectorCopies.TABLE);
      String sql = vectors ? VectorCopies.COPY : COPY.formatted(table.replace("\"", "\"\""));
      Arguments arguments = Arguments.of(id, agent, table, agent);
      Copied copied =
          statements
              .first(
                  sql,
                  row -> new Copied(row.number("rows"), row.number("bytes")),
                  vectors ? arguments.and(agent) : arguments)
              .orElseThrow();
      rows.put(table, copied.rows());
      bytes += copied.bytes();
    }
    return new Snapshot(id, kind, upgrade, takenAt, rows, bytes);
  }

  private static List<String> tables(Statements statements) throws SQLException {
    return statements.list(DATA_TABLES, row -> row.text("name"), Arguments.of());
  }

  @Override
  public Optional<RestorePlan> plan(AgentName agent, UUID snapshot) {
    return database.transaction(
        PORT,
        "planning to restore snapshot " + snapshot,
        statements -> {
          statements.script("set transaction isolation level repeatable read, read only");
          return plan(statements, agent, snapshot);
        });
  }

  private static Optional<RestorePlan> plan(Statements statements, AgentName agent, UUID id)
      throws SQLException {
    Optional<Snapshot> found =
        list(statements, agent).stream().filter(known -> known.id().equals(id)).findFirst();
    if (found.isEmpty()) {
      return Optional.empty();
    }
    Snapshot snapshot = found.get();
    long epoch =
        statements.first(EPOCH, row -> row.number("epoch"), Arguments.of(agent)).orElseThrow();
    List<String> present = tables(statements);
    Map<String, RestorePlan.Counts> counts = new LinkedHashMap<>();
    for (Map.Entry<String, Long> copied : snapshot.rows().entrySet()) {
      String table = copied.getKey();
      if (!present.contains(table)) {
        String gone = "there is no table " + table + " any more: the snapshot is older than that";
        return Optional.of(new RestorePlan(snapshot, epoch, Map.of(), Optional.of(gone)));
      }
      PostgresRestore restore = new PostgresRestore(statements, agent, id, table);
      Optional<String> obstacle = restore.obstacle(copied.getValue());
      if (obstacle.isPresent()) {
        return Optional.of(new RestorePlan(snapshot, epoch, Map.of(), obstacle));
      }
      counts.put(
          table,
          table.equals(VectorCopies.TABLE)
              ? VectorCopies.count(statements, id)
              : restore.count());
    }
    return Optional.of(new RestorePlan(snapshot, epoch, counts, Optional.empty()));
  }

  @Override
  public Optional<RestoreResult> restore(Fence fence, RestorePlan plan) {
    return database.transaction(
        PORT,
        "restoring snapshot " + plan.snapshot().id(),
        statements ->
            statements.any(FENCED, Arguments.of(fence))
                ? Optional.of(restore(statements, fence, plan))
                : Optional.empty());
  }

  private static RestoreResult restore(Statements statements, Fence fence, RestorePlan plan)
      throws SQLException {
    AgentName agent = fence.agent();
    if (statements.any(ON_TRIAL, Arguments.of(agent))) {
      return new RestoreResult.Refused("a version is on trial: wait for the end of its upgrade");
    }
    // In one order, before the first look: who writes meanwhile waits, and nothing is missed.
    for (String table : tables(statements)) {
      statements.script(
          "lock table " + PostgresRestore.quoted(table) + " in share row exclusive mode");
    }
    statements.script(
        "lock table selfupgrade.memory_fresh_vectors in share row exclusive mode");
    // What is taken back stays until it is: others clear old copies.
    statements.script("lock table selfupgrade.snapshot_rows in share row exclusive mode");
    Optional<RestorePlan> now = plan(statements, agent, plan.snapshot().id());
    if (now.isEmpty()) {
      return new RestoreResult.Refused(
          "the agent has no snapshot " + plan.snapshot().id() + ": list() names those it has");
    }
    if (now.get().obstacle().isPresent()) {
      return new RestoreResult.Refused(now.get().obstacle().get());
    }
    if (!now.get().equals(plan)) {
      return new RestoreResult.Stale(now.get());
    }
    Snapshot undo = copy(statements, agent, Kind.UNDO, Optional.empty());
    statements.update(FINISH, row(fence, undo));
    for (String table : plan.snapshot().rows().keySet()) {
      if (table.equals(VectorCopies.TABLE)) {
        continue;
      }
      PostgresRestore restore = new PostgresRestore(statements, agent, plan.snapshot().id(), table);
      List<UUID> tasks = table.equals(TASKS) ? restore.changedIds() : List.of();
      restore.apply();
      if (!tasks.isEmpty()) {
        List<String> ids = tasks.stream().map(UUID::toString).toList();
        statements.update(NEW_GRIDS, Arguments.of(agent, ids));
        statements.any("select selfupgrade.keep_alarms(?)", Arguments.of(agent));
      }
    }
    VectorCopies.apply(statements, agent, plan.snapshot().id());
    return new RestoreResult.Restored(plan, undo);
  }

  private record Copied(long rows, long bytes) {}

  @Override
  public List<Snapshot> list(AgentName agent) {
    return database.call(
        PORT, "listing the snapshots of " + agent, statements -> list(statements, agent));
  }

  private static List<Snapshot> list(Statements statements, AgentName agent) throws SQLException {
    Map<UUID, Snapshot> whole = new LinkedHashMap<>();
    statements
        .list(LIST, PostgresSnapshotStore::part, Arguments.of(agent))
        .forEach(part -> whole.merge(part.id(), part, PostgresSnapshotStore::join));
    return List.copyOf(whole.values());
  }

  /** Reads a snapshot with the count of one table. */
  private static Snapshot part(Row row) throws SQLException {
    Optional<String> table = row.textIfAny("name");
    Map<String, Long> count =
        table.isPresent() ? Map.of(table.get(), row.number("count")) : Map.of();
    return new Snapshot(
        row.uuid("id"),
        row.constant(Kind.class, "kind"),
        row.uuidIfAny("upgrade"),
        row.instant("taken_at"),
        count,
        row.number("bytes"));
  }

  private static Snapshot join(Snapshot left, Snapshot right) {
    Map<String, Long> rows = new HashMap<>(left.rows());
    rows.putAll(right.rows());
    return new Snapshot(left.id(), left.kind(), left.upgrade(), left.takenAt(), rows, left.bytes());
  }
}
