package io.selfupgrade.examples.quickstart;

import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Optional;
import java.util.UUID;

/** What the ledger says about the agent's ticks. */
final class Ticks {

  /** Each due instant until then, from the task's creation on, whether it has a run or not. */
  private static final String DUE =
      "with due as (select generate_series(t.anchor + p.period, ?::timestamptz, p.period) as at, t.id"
          + " from selfupgrade.scheduled_tasks t cross join lateral"
          + " (select t.period_micros * interval '1 microsecond' as period) p"
          + " where t.agent = 'quickstart' and t.name = 'tick')";

  private final Database database;

  Ticks(Database database) {
    this.database = database;
  }

  /** Returns the first tick that an instance which started after then has committed. */
  Optional<Instant> firstBySuccessor(Instant killed) throws SQLException {
    return database
        .all(
            "select r.finished_at from selfupgrade.task_runs r join selfupgrade.instances i on i.id ="
                + " r.holder where r.agent = 'quickstart' and r.task = 'tick' and r.state ="
                + " 'SUCCEEDED' and i.started_at > ?::timestamptz order by r.finished_at limit 1",
            row -> row.getObject(1, OffsetDateTime.class).toInstant(),
            killed.toString())
        .stream()
        .findFirst();
  }

  /** Tells whether the instance has committed a tick. */
  boolean hasRunOf(UUID instance) throws SQLException {
    return database.flag(
        "select exists (select from selfupgrade.task_runs where agent = 'quickstart' and task ="
            + " 'tick' and state = 'SUCCEEDED' and holder = ?)",
        instance);
  }

  /** Tells whether a tick later than then has ended, and none up to then is open. */
  boolean areDoneUntil(Instant until) throws SQLException {
    return database.flag(
        "select coalesce(bool_or(due > ?::timestamptz and state = 'SUCCEEDED'), false) and not"
            + " coalesce(bool_or(due <= ?::timestamptz and state in ('WAITING', 'RUNNING')), false)"
            + " from selfupgrade.task_runs where agent = 'quickstart' and task = 'tick'",
        until.toString(),
        until.toString());
  }

  /** Counts until then; the lateness leaves out what was due in the outage. */
  Count count(Instant until, Instant outageFrom, Instant outageTo) throws SQLException {
    long expected = database.number(DUE + " select count(*) from due", until.toString());
    long missed =
        database.number(
            DUE
                + " select count(*) from due where not exists (select from selfupgrade.task_runs r"
                + " where r.task_id = due.id and r.due = due.at and r.state = 'SUCCEEDED')",
            until.toString());
    long doubled = database.number("select count(*) - count(distinct key) from quickstart.tick");
    double latenessMillis =
        database.decimal(
            "select coalesce(percentile_disc(0.99) within group (order by extract(epoch from"
                + " started_at - due) * 1000), 0) from selfupgrade.task_runs where agent ="
                + " 'quickstart' and task = 'tick' and due <= ?::timestamptz and not (due between"
                + " ?::timestamptz and ?::timestamptz)",
            until.toString(),
            outageFrom.toString(),
            outageTo.toString());
    return new Count(expected, missed, doubled, Duration.ofMillis(Math.round(latenessMillis)));
  }

  /**
   * The agent's ticks.
   *
   * @param expected due until the end
   * @param missed due, without a run that succeeded
   * @param doubled rows that a tick has written beyond its first
   * @param latenessP99 99 of 100 began at most so long after they were due
   */
  record Count(long expected, long missed, long doubled, Duration latenessP99) {}
}
