package io.selfupgrade.supabase;

import io.selfupgrade.supabase.PgCron.Entry;
import io.selfupgrade.supabase.PgCron.Job;
import io.selfupgrade.supabase.PgCron.Run;
import io.selfupgrade.supabase.PgCron.Runs;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** What is asked of pg_cron's tables, and of ours that says who runs a job. */
final class CronTable {

  private static final String COMMAND = "select selfupgrade.run_job(";
  private static final int MOST_RUNS = 20_000;

  private static final String OURS =
      """
      select j.jobid, j.jobname, j.schedule, j.command, j.active, s.runner
        from cron.job j join selfupgrade.jobs s on s.job = j.jobname
       where j.database = current_database() order by j.jobname
      """;

  private static final String RUNS =
      """
      select d.start_time, d.status, d.return_message from cron.job_run_details d
       where d.jobid = ? and d.start_time > ? order by d.start_time limit ?
      """;

  private CronTable() {}

  static List<Entry> entries(Statements statements) throws SQLException {
    if (!installed(statements)) {
      return List.of();
    }
    return statements.list(OURS, CronTable::entry, Arguments.of()).stream()
        .flatMap(Optional::stream)
        .toList();
  }

  private static Optional<Entry> entry(Row row) throws SQLException {
    Optional<Job> job = Job.named(row.text("jobname"));
    if (job.isEmpty() || !row.text("command").startsWith(COMMAND)) {
      return Optional.empty();
    }
    boolean active = row.flag("active") && row.text("runner").equals("DATABASE");
    return Optional.of(new Entry(job.get(), row.text("schedule"), active));
  }

  static boolean installed(Statements statements) throws SQLException {
    return statements.any("select 1 from pg_extension where extname = 'pg_cron'", Arguments.of());
  }

  static void requireExtension(Statements statements) throws SQLException {
    if (installed(statements)) {
      return;
    }
    if (!statements.any(
        "select 1 from pg_available_extensions where name = 'pg_cron'", Arguments.of())) {
      throw PgCron.wrong(
          "this server has no pg_cron: the primaries run the jobs themselves; to have them run"
              + " while no agent is up, install pg_cron and set shared_preload_libraries");
    }
    statements.script("create extension if not exists pg_cron");
  }

  /** Tells whether the job is there; one of the same name with another command is somebody's. */
  static boolean requireOurs(Statements statements, Job job) throws SQLException {
    List<String> commands =
        statements.list(
            "select command from cron.job where jobname = ? and database = current_database()",
            row -> row.text("command"),
            Arguments.of(job.jobName()));
    if (!commands.stream().allMatch(command -> command.startsWith(COMMAND))) {
      throw PgCron.wrong(
          "a job "
              + job.jobName()
              + " is there that is not SelfUpgrade's: rename it, or remove it by select"
              + " cron.unschedule('"
              + job.jobName()
              + "')");
    }
    return !commands.isEmpty();
  }

  static void activate(Statements statements, Job job, boolean active) throws SQLException {
    statements.any(
        "select cron.alter_job(jobid, active := ?) from cron.job where jobname = ?"
            + " and database = current_database()",
        Arguments.of(active, job.jobName()));
  }

  /** How long a job is quiet at most between its runs; whoever watches it counts by that. */
  static void every(Statements statements, Job job, CronSchedule schedule) throws SQLException {
    statements.update(
        "update selfupgrade.jobs set every = " + Sql.SPAN + " where job = ?",
        Arguments.of(schedule.longestPause(), job.jobName()));
  }

  /** The time from which on runs are expected begins anew where the runner changes. */
  static void runner(Statements statements, Job job, String runner) throws SQLException {
    statements.update(
        "update selfupgrade.jobs set runner = ?,"
            + " since = case when runner = ? then since else clock_timestamp() end where job = ?",
        Arguments.of(runner, runner, job.jobName()));
  }

  static String command(Job job) {
    return COMMAND + "'" + job.jobName() + "', 'DATABASE')";
  }

  static Runs runs(Statements statements, Entry entry, Duration back) throws SQLException {
    Window window =
        statements
            .first(
                "select greatest(j.since, clock_timestamp() - "
                    + Sql.SPAN
                    + ") as after, clock_timestamp() - interval '10 seconds' as until, c.jobid"
                    + " from selfupgrade.jobs j join cron.job c on c.jobname = j.job"
                    + " where j.job = ? and c.database = current_database()",
                row -> new Window(row.instant("after"), row.instant("until"), row.number("jobid")),
                Arguments.of(back, entry.job().jobName()))
            .orElseThrow();
    List<Instant> expected =
        CronSchedule.parse(entry.schedule()).between(window.after(), window.until(), MOST_RUNS);
    List<Run> actual =
        statements.list(
            RUNS,
            row ->
                new Run(
                    row.instant("start_time"),
                    !row.text("status").equals("failed"),
                    row.textIfAny("return_message").orElse("")),
            Arguments.of(window.jobid(), window.after(), MOST_RUNS));
    return new Runs(entry.active() ? expected.size() : 0, actual);
  }

  private record Window(Instant after, Instant until, long jobid) {}
}
