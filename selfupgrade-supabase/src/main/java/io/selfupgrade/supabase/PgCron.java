package io.selfupgrade.supabase;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.agent.Secret;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import javax.sql.DataSource;

/**
 * The jobs of the watch, run by pg_cron: they go on when no agent is up.
 *
 * <p>Creating a job takes it from the primaries, removing it gives it back to them, pausing it
 * leaves it with nobody: who runs a job is a row, which both sides read. Jobs that are not ours are
 * never listed and never changed. Each call opens a connection and closes it; thread-safe.
 *
 * <pre>{@code
 * PgCron.at(Secret.env("SUPABASE_DB_URL")).createAll()
 * }</pre>
 */
public final class PgCron {

  private static final String PORT = "PgCron";
  private static final Duration LONGEST_LOOK = Duration.ofDays(7);

  private final DataSource source;

  private PgCron(DataSource source) {
    this.source = source;
  }

  /**
   * Describes the jobs in a database; the URL is read at each call.
   *
   * @param url as {@link PostgresStore#at(String)} takes it, of a login that may use the schemas
   *     selfupgrade and cron: on Supabase, {@code postgres}
   */
  public static PgCron at(Secret url) {
    Objects.requireNonNull(url, "url");
    return new PgCron(new Connector(() -> DatabaseUrl.parse(url.reveal())));
  }

  /** Describes the jobs behind the host's own pool. */
  public static PgCron using(DataSource source) {
    return new PgCron(Objects.requireNonNull(source, "source"));
  }

  /** Tells whether pg_cron is there, or can be created by {@link #create}. */
  public boolean available() {
    return call(
        "looking for pg_cron",
        statements ->
            statements.any(
                "select 1 from pg_available_extensions where name = 'pg_cron'"
                    + " and (installed_version is not null"
                    + " or current_setting('cron.database_name', true) = current_database())",
                Arguments.of()));
  }

  /** Returns our jobs that pg_cron knows, by name; none where there is no pg_cron. */
  public List<Entry> jobs() {
    return call("listing jobs", CronTable::entries);
  }

  /** Creates every job at its own time, as {@link #create(Job)}. */
  public void createAll() {
    for (Job job : Job.values()) {
      create(job);
    }
  }

  /** Creates a job at its own time, or sets one that is there back to it. */
  public void create(Job job) {
    create(job, job.schedule());
  }

  /**
   * Creates a job, or changes its schedule, and takes it from the primaries; idempotent.
   *
   * @param schedule five fields of numbers, in UTC; three times its longest pause without a run are
   *     an alarm
   * @throws IllegalArgumentException if the schedule has another shape, or never comes
   * @throws AdapterException if pg_cron is missing, or a job of this name is there which is not
   *     ours
   */
  public void create(Job job, String schedule) {
    CronSchedule parsed = CronSchedule.parse(schedule).thatComes();
    change(
        "creating " + job.jobName(),
        statements -> {
          CronTable.requireExtension(statements);
          CronTable.requireOurs(statements, job);
          statements.any(
              "select cron.schedule(?, ?, ?)",
              Arguments.of(job.jobName(), parsed.toString(), CronTable.command(job)));
          CronTable.activate(statements, job, true);
          CronTable.every(statements, job, parsed);
          CronTable.runner(statements, job, "DATABASE");
          return true;
        });
  }

  /** Lets nobody run a job until {@link #resume}; false if there is none. */
  public boolean pause(Job job) {
    return switched(job, false, "NOBODY");
  }

  /** Lets a paused job run again; false if there is none. */
  public boolean resume(Job job) {
    return switched(job, true, "DATABASE");
  }

  private boolean switched(Job job, boolean active, String runner) {
    return change(
        (active ? "resuming " : "pausing ") + job.jobName(),
        statements -> {
          if (!CronTable.installed(statements) || !CronTable.requireOurs(statements, job)) {
            return false;
          }
          CronTable.activate(statements, job, active);
          CronTable.runner(statements, job, runner);
          return true;
        });
  }

  /** Removes a job and gives it back to the primaries; false if there was none. */
  public boolean remove(Job job) {
    return change(
        "removing " + job.jobName(),
        statements -> {
          boolean there = CronTable.installed(statements) && CronTable.requireOurs(statements, job);
          if (there) {
            statements.any(
                "select cron.unschedule(jobid) from cron.job where jobname = ?"
                    + " and database = current_database()",
                Arguments.of(job.jobName()));
          }
          CronTable.every(statements, job, CronSchedule.parse(job.schedule()));
          CronTable.runner(statements, job, "AGENT");
          return there;
        });
  }

  /**
   * Compares the runs that a job should have had with those that it had.
   *
   * @param back how far to look back, at most 7 days; not before the job was created or resumed
   * @throws AdapterException if there is no such job
   */
  public Runs runs(Job job, Duration back) {
    if (back.isNegative() || back.isZero() || back.compareTo(LONGEST_LOOK) > 0) {
      throw new IllegalArgumentException(
          "look back " + back + ": expected more than nothing, at most " + LONGEST_LOOK);
    }
    return call(
        "reading the runs of " + job.jobName(),
        statements -> {
          Entry entry =
              CronTable.entries(statements).stream()
                  .filter(one -> one.job() == job)
                  .findFirst()
                  .orElseThrow(
                      () ->
                          wrong(
                              "there is no job "
                                  + job.jobName()
                                  + ": create it first, by PgCron.create"));
          return CronTable.runs(statements, entry, back);
        });
  }

  static AdapterException wrong(String problem) {
    return new AdapterException(PORT, problem, false, null);
  }

  private <T> T call(String operation, Database.Work<T> work) {
    return onConnection(operation, connection -> work);
  }

  /** One transaction: that pg_cron has the job and that it runs it are true together. */
  private <T> T change(String operation, Database.Work<T> work) {
    return onConnection(
        operation,
        connection ->
            statements -> {
              connection.setAutoCommit(false);
              try {
                T result = work.run(statements);
                connection.commit();
                return result;
              } catch (SQLException | RuntimeException | Error e) {
                Database.rollback(connection, e);
                throw e;
              } finally {
                Database.autoCommit(connection);
              }
            });
  }

  private <T> T onConnection(String operation, Function<Connection, Database.Work<T>> work) {
    try (Connection connection = source.getConnection()) {
      return work.apply(connection).run(new Statements(connection));
    } catch (SQLException e) {
      throw Database.failure(PORT, operation, e);
    }
  }

  /** A job, by its name in pg_cron and the time at which it runs, in UTC. */
  public enum Job {
    /** Judges the heartbeats, and tells once of an agent that is down. Every 5 minutes. */
    AGENT_HEALTH_CHECK("agent-health-check", "*/5 * * * *"),
    /** Asks for looks at releases that agents have missed. Every 6 hours. */
    AUTO_UPGRADE_CHECK("auto-upgrade-check", "0 */6 * * *"),
    /** Deletes what was kept long enough. Daily at 03:00. */
    LOG_CLEANUP("log-cleanup", "0 3 * * *");

    private final String jobName;
    private final String schedule;

    Job(String jobName, String schedule) {
      this.jobName = jobName;
      this.schedule = schedule;
    }

    /** Returns its name in pg_cron. */
    public String jobName() {
      return jobName;
    }

    /** Returns the schedule that it has unless another is given. */
    public String schedule() {
      return schedule;
    }

    static Optional<Job> named(String name) {
      for (Job job : values()) {
        if (job.jobName.equals(name)) {
          return Optional.of(job);
        }
      }
      return Optional.empty();
    }
  }

  /**
   * A job as pg_cron has it.
   *
   * @param job which one
   * @param schedule when it runs, in UTC
   * @param active whether it is run; false: it is paused
   */
  public record Entry(Job job, String schedule, boolean active) {
    /** Validates that all are there. */
    public Entry {
      Objects.requireNonNull(job, "job");
      Objects.requireNonNull(schedule, "schedule");
    }
  }

  /**
   * The runs of a job in a time.
   *
   * @param expected how often it should have run
   * @param actual how it ran, oldest first
   */
  public record Runs(int expected, List<Run> actual) {
    /** Copies. */
    public Runs {
      actual = List.copyOf(actual);
    }

    /** Returns how many runs are missing. */
    public int missing() {
      return Math.max(0, expected - actual.size());
    }

    /** Returns the runs that failed. */
    public List<Run> failed() {
      return actual.stream().filter(run -> !run.succeeded()).collect(Collectors.toList());
    }
  }

  /**
   * A run.
   *
   * @param at when it began
   * @param succeeded whether it ended well
   * @param message what pg_cron noted of it
   */
  public record Run(Instant at, boolean succeeded, String message) {
    /** Validates that all are there. */
    public Run {
      Objects.requireNonNull(at, "at");
      Objects.requireNonNull(message, "message");
    }
  }
}
