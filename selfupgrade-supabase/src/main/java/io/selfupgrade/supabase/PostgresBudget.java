package io.selfupgrade.supabase;

import io.selfupgrade.observe.Budget;
import io.selfupgrade.observe.BudgetStore;
import java.sql.SQLException;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Measures the database by what Postgres says of itself; needs no right but to connect. */
final class PostgresBudget implements BudgetStore {

  private static final String PORT = "BudgetStore";

  /** What a database without room answers to writes: one that was made read-only, a full disk. */
  private static final Set<String> FULL = Set.of("25006", "53100");

  /** The connections are those of the server, the database or the login: who has fewest left. */
  private static final String MEASURE =
      """
      with used as (
        select count(*) as by_all,
               count(*) filter (where datname = current_database()) as by_database,
               count(*) filter (where usename = current_user) as by_login
          from pg_stat_activity where usesysid is not null and datid is not null)
      select clock_timestamp() as at, pg_database_size(current_database()) as bytes, c.used, c.most
        from used u, lateral (
          select u.by_all, current_setting('max_connections')::bigint
                 - current_setting('superuser_reserved_connections')::bigint
                 - coalesce(current_setting('reserved_connections', true)::bigint, 0)
          union all
          select u.by_database, d.datconnlimit from pg_database d
           where d.datname = current_database() and d.datconnlimit >= 0
          union all
          select u.by_login, r.rolconnlimit from pg_roles r
           where r.rolname = current_user and r.rolconnlimit >= 0) as c (used, most)
       order by c.most - c.used limit 1
      """;

  private static final String TABLES =
      """
      select c.relname as name, pg_total_relation_size(c.oid) as bytes from pg_class c
       where c.relnamespace = 'selfupgrade'::regnamespace and c.relkind = 'r'
      """;

  private static final String POINTS =
      """
      select measured_at, database_bytes from selfupgrade.budget_samples
       where measured_at < ? and measured_at > clock_timestamp() - interval '60 days'
       order by measured_at
      """;

  private static final String KEEP =
      """
      with gone as (delete from selfupgrade.budget_samples
                     where measured_at < clock_timestamp() - interval '60 days')
      insert into selfupgrade.budget_samples (hour, measured_at, database_bytes)
      select date_trunc('hour', m.at, 'UTC'), m.at, m.bytes
        from (values (?::timestamptz, ?::bigint)) as m (at, bytes)
      on conflict (hour) do nothing
      """;

  private final Database database;

  PostgresBudget(Database database) {
    this.database = database;
  }

  @Override
  public Measurement measure() {
    return database.call(
        PORT,
        "measuring the database",
        statements -> {
          Sample sample = statements.first(MEASURE, Sample::read, Arguments.of()).orElseThrow();
          Map<String, Long> tables = new HashMap<>();
          for (Table table : statements.list(TABLES, Table::read, Arguments.of())) {
            tables.put(table.name, table.bytes);
          }
          List<Point> earlier =
              statements.list(POINTS, PostgresBudget::point, Arguments.of(sample.at));
          keep(statements, sample);
          return new Measurement(
              sample.at,
              sample.bytes,
              tables,
              new Budget.Connections(sample.used, sample.most),
              earlier,
              database.pool().place().isSupabase() ? Plan.SUPABASE_FREE : Plan.UNKNOWN);
        });
  }

  /** A database that is full takes nothing, and that is when one wants to know how full it is. */
  private static void keep(Statements statements, Sample sample) throws SQLException {
    try {
      statements.update(KEEP, Arguments.of(sample.at, sample.bytes));
    } catch (SQLException e) {
      if (FULL.stream().noneMatch(state -> SqlFailure.is(e, state))) {
        throw e;
      }
    }
  }

  private static Point point(Row row) throws SQLException {
    return new Point(row.instant("measured_at"), row.number("database_bytes"));
  }

  private record Sample(Instant at, long bytes, long used, long most) {
    static Sample read(Row row) throws SQLException {
      return new Sample(
          row.instant("at"), row.number("bytes"), row.number("used"), row.number("most"));
    }
  }

  private record Table(String name, long bytes) {
    static Table read(Row row) throws SQLException {
      return new Table(row.text("name"), row.number("bytes"));
    }
  }
}
