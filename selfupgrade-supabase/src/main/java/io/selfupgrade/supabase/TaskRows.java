package io.selfupgrade.supabase;

import io.selfupgrade.agent.Json;
import io.selfupgrade.schedule.ClaimedRun;
import io.selfupgrade.schedule.Missed;
import io.selfupgrade.schedule.Overlap;
import io.selfupgrade.schedule.Retry;
import io.selfupgrade.schedule.RunClaim;
import io.selfupgrade.schedule.RunRecord;
import io.selfupgrade.schedule.Runner;
import io.selfupgrade.schedule.Schedule;
import io.selfupgrade.schedule.Scope;
import io.selfupgrade.schedule.TaskConfig;
import io.selfupgrade.schedule.TaskPolicy;
import java.sql.SQLException;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tasks and ticks between the api's records and the tables' columns. */
final class TaskRows {

  private static final Logger LOG = LoggerFactory.getLogger(PostgresStore.class);
  private static final int MOST_TOLD = 100;
  private static final Set<String> UNREADABLE_TOLD = ConcurrentHashMap.newKeySet();

  /** The columns of a definition; the table's alias is {@code t}. */
  static final String DEFINITION =
      "t.name, t.task_type, t.schedule, t.cron_expression, t.time_zone, t.period_micros, t.due_at,"
          + " t.missed, t.missed_most, t.missed_micros, t.overlap, t.payload, t.scope,"
          + " t.retry_failures, t.retry_first_micros, t.retry_longest_micros, t.deadline_micros,"
          + " t.jitter_micros, t.runner";

  /** The columns of a run; the table's alias is {@code r}. */
  static final String RUN =
      "r.id, r.agent, r.task, r.due, r.attempt, r.holder, r.epoch, r.state, r.started_at,"
          + " r.finished_at, r.error, r.quarantined";

  /**
   * Whether code declared a task, and the code that leads has said that it does not; the aliases
   * are {@code t} and, of its state, {@code s}.
   */
  static final String LEFT_OUT =
      "exists (select from selfupgrade.leadership o where o.agent = t.agent"
          + " and o.declared_epoch = o.epoch and s.declared_epoch < o.epoch)";

  private TaskRows() {}

  /** Says in SQL that the code of an instance does not declare a task. */
  static String notDeclared(String instance) {
    return "coalesce((select 'version ' || i.version from selfupgrade.instances i where i.id = "
        + instance
        + "), 'the version that leads') || ' does not declare it'";
  }

  /** The parts of a schedule, one for each column. */
  record ScheduleColumns(
      String kind,
      @Nullable String cron,
      @Nullable String zone,
      @Nullable Duration period,
      @Nullable Instant dueAt) {

    static ScheduleColumns of(Schedule schedule) {
      if (schedule instanceof Schedule.Cron cron) {
        return new ScheduleColumns("CRON", cron.expression(), cron.zone().getId(), null, null);
      }
      if (schedule instanceof Schedule.Every every) {
        return new ScheduleColumns(
            "EVERY", null, null, every.period().truncatedTo(ChronoUnit.MICROS), null);
      }
      if (schedule instanceof Schedule.At at) {
        return new ScheduleColumns(
            "AT", null, null, null, at.instant().truncatedTo(ChronoUnit.MICROS));
      }
      if (schedule instanceof Schedule.Unreadable unreadable) {
        return new ScheduleColumns("UNREADABLE", unreadable.why(), null, null, null);
      }
      throw new IllegalStateException("schedule " + schedule + " has no columns yet");
    }
  }

  /** The parts of a policy, one for each column. */
  record PolicyColumns(
      String missed,
      @Nullable Integer most,
      @Nullable Duration oldest,
      Overlap overlap,
      Retry retry,
      @Nullable Duration deadline,
      Spread spread) {

    /** When and by whom. */
    record Spread(Duration jitter, Scope scope) {}

    static PolicyColumns of(TaskPolicy policy) {
      Missed missed = policy.missed();
      if (missed instanceof Missed.Skip) {
        return of("SKIP", null, null, policy);
      }
      if (missed instanceof Missed.RunOnce) {
        return of("RUN_ONCE", null, null, policy);
      }
      if (missed instanceof Missed.RunAll all) {
        return of("RUN_ALL", all.most(), null, policy);
      }
      if (missed instanceof Missed.Within within) {
        return of("WITHIN", null, cut(within.oldest()), policy);
      }
      throw new IllegalStateException("rule " + missed + " has no columns yet");
    }

    private static PolicyColumns of(
        String missed, @Nullable Integer most, @Nullable Duration oldest, TaskPolicy policy) {
      Retry retry = policy.retry();
      return new PolicyColumns(
          missed,
          most,
          oldest,
          policy.overlap(),
          retry.pauses(cut(retry.first()), cut(retry.longest())),
          policy.deadline().map(PolicyColumns::cut).orElse(null),
          new Spread(cut(policy.jitter()), policy.scope()));
    }

    private static Duration cut(Duration time) {
      return time.truncatedTo(ChronoUnit.MICROS);
    }

    /** Returns the columns' values, in the order of {@link TaskDeclarations}. */
    List<@Nullable Object> values() {
      List<@Nullable Object> values = new ArrayList<>();
      values.add(missed);
      values.add(most);
      values.add(oldest);
      values.add(overlap);
      values.add(retry.failures());
      values.add(retry.first());
      values.add(retry.longest());
      values.add(deadline);
      values.add(spread.jitter());
      values.add(spread.scope());
      return values;
    }
  }

  /**
   * Reads a definition. One that this version cannot read comes without its schedule and its
   * policy, and says why; it must not cost the others theirs.
   *
   * @return empty if not even the name is one
   */
  static Optional<TaskConfig> definition(Row row) throws SQLException {
    String name = row.text("name");
    String handler = row.text("task_type");
    try {
      return Optional.of(
          new TaskConfig(
              name,
              handler,
              schedule(row),
              policy(row),
              Json.of(row.text("payload")),
              row.constant(Runner.class, "runner")));
    } catch (IllegalArgumentException | DateTimeException | ArithmeticException e) {
      return unreadable(name, handler, "its row cannot be read: " + e.getMessage());
    }
  }

  private static Optional<TaskConfig> unreadable(String name, String handler, String why) {
    try {
      return Optional.of(TaskConfig.of(name, new Schedule.Unreadable(why)).handler(handler));
    } catch (IllegalArgumentException e) {
      if (UNREADABLE_TOLD.size() < MOST_TOLD && UNREADABLE_TOLD.add(name)) {
        LOG.error("A task is left out, for {}", why, e);
      }
      return Optional.empty();
    }
  }

  private static Schedule schedule(Row row) throws SQLException {
    String kind = row.text("schedule");
    return switch (kind) {
      case "CRON" -> Schedule.cron(row.text("cron_expression"), ZoneId.of(row.text("time_zone")));
      case "EVERY" -> Schedule.every(row.duration("period_micros"));
      case "AT" -> Schedule.at(row.instant("due_at"));
      default -> throw new IllegalArgumentException("schedule " + kind + " is of a newer version");
    };
  }

  private static TaskPolicy policy(Row row) throws SQLException {
    String kind = row.text("missed");
    Missed missed =
        switch (kind) {
          case "SKIP" -> Missed.skip();
          case "RUN_ONCE" -> Missed.runOnce();
          case "RUN_ALL" -> Missed.runAll((int) row.number("missed_most"));
          case "WITHIN" -> Missed.within(row.duration("missed_micros"));
          default -> throw new IllegalArgumentException("rule " + kind + " is of a newer version");
        };
    Retry retry =
        new Retry(
            (int) row.number("retry_failures"),
            row.duration("retry_first_micros"),
            row.duration("retry_longest_micros"));
    Optional<Duration> deadline =
        row.number("deadline_micros") == 0
            ? Optional.empty()
            : Optional.of(row.duration("deadline_micros"));
    return new TaskPolicy(
        missed,
        row.constant(Overlap.class, "overlap"),
        retry,
        deadline,
        row.duration("jitter_micros"),
        row.constant(Scope.class, "scope"));
  }

  static RunClaim claim(Row row) throws SQLException {
    return claim(row, RunClaim.Kind.TICK);
  }

  private static RunClaim claim(Row row, RunClaim.Kind kind) throws SQLException {
    return new RunClaim(
        row.uuid("id"),
        kind,
        row.text("task"),
        row.instant("due"),
        (int) row.number("attempt"),
        row.fence());
  }

  static ClaimedRun claimed(Row row) throws SQLException {
    return new ClaimedRun(claim(row), Json.of(row.text("payload")), (int) row.number("failures"));
  }

  static RunRecord run(Row row) throws SQLException {
    return run(row, RunClaim.Kind.TICK);
  }

  /** Reads a run whose kind is a column. */
  static RunRecord runOfKind(Row row) throws SQLException {
    return run(row, row.constant(RunClaim.Kind.class, "kind"));
  }

  private static RunRecord run(Row row, RunClaim.Kind kind) throws SQLException {
    return new RunRecord(
        claim(row, kind),
        row.constant(RunRecord.State.class, "state"),
        row.instant("started_at"),
        row.instantIfAny("finished_at"),
        row.text("error"),
        row.flag("quarantined"));
  }

  /** Tells whether two schedules are the same as far as the table can keep them. */
  static boolean same(Schedule left, Schedule right) {
    return ScheduleColumns.of(left).equals(ScheduleColumns.of(right));
  }

  /** Tells whether two policies are the same as far as the table can keep them. */
  static boolean same(TaskPolicy left, TaskPolicy right) {
    return PolicyColumns.of(left).equals(PolicyColumns.of(right));
  }

  /** Cuts an error to what is worth keeping. */
  static String kept(String error) {
    String clean = error.replace("\u0000", "\uFFFD");
    return clean.length() <= 8000 ? clean : clean.substring(0, 8000);
  }
}
