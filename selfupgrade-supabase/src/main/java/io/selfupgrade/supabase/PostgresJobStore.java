package io.selfupgrade.supabase;

import io.selfupgrade.agent.Fence;
import io.selfupgrade.control.JobStore;
import io.selfupgrade.observe.Retention;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** The jobs, which are functions of the schema: pg_cron calls the same ones. */
final class PostgresJobStore implements JobStore {

  private static final String PORT = "JobStore";

  private static final String DECLARE =
      "with "
          + Sql.FENCE
          + """
          insert into selfupgrade.watches (agent, notifiers, retention)
          select f.agent, ?::text[], ?::jsonb from f
          on conflict (agent) do update set notifiers = excluded.notifiers, retention = excluded.retention
          """;

  private static final String ALL =
      """
      select j.job, j.runner, (extract(epoch from j.every) * 1000000)::bigint as every, j.runs, j.note,
             %s as quiet
        from selfupgrade.jobs j order by j.job
      """
          .formatted(Sql.age("greatest(j.since, j.ran_at, pg_postmaster_start_time())"));

  private final Database database;

  PostgresJobStore(Database database) {
    this.database = database;
  }

  @Override
  public boolean declare(Fence fence, Watch watch) {
    return database.call(
        PORT,
        "declaring how " + fence.agent() + " is watched",
        statements ->
            statements.update(
                    DECLARE, Arguments.of(fence, watch.notifiers(), json(watch.retention())))
                > 0);
  }

  private static String json(Retention retention) {
    return retention.times().entrySet().stream()
        .map(kept -> "\"" + kept.getKey() + "\":" + Arguments.micros(kept.getValue()))
        .collect(Collectors.joining(",", "{", "}"));
  }

  @Override
  public List<Job> all() {
    return database.call(
        PORT,
        "reading the jobs",
        statements -> statements.list(ALL, PostgresJobStore::job, Arguments.of()));
  }

  @Override
  public List<Ran> runDue() {
    List<Ran> all = new ArrayList<>();
    // One after the other, so that none holds rows while the next one takes its time.
    while (all.size() < NAMES.size()) {
      Optional<Ran> next = runNext();
      if (next.isEmpty()) {
        break;
      }
      all.add(next.get());
    }
    return all;
  }

  private Optional<Ran> runNext() {
    return database.call(
        PORT,
        "running a job that is due",
        statements ->
            statements.first(
                "select ran, said from selfupgrade.run_due_jobs(1)",
                row -> new Ran(row.text("ran"), row.text("said")),
                Arguments.of()));
  }

  private static Job job(Row row) throws SQLException {
    return new Job(
        row.text("job"),
        row.constant(Runner.class, "runner"),
        row.duration("every"),
        row.duration("quiet"),
        row.number("runs"),
        row.textIfAny("note"));
  }
}
