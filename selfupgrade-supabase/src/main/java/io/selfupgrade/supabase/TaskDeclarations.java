package io.selfupgrade.supabase;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Fence;
import io.selfupgrade.schedule.Runner;
import io.selfupgrade.schedule.TaskConfig;
import io.selfupgrade.schedule.TaskStore;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Declares tasks: what is new or changed is written, what is not keeps its grid. */
final class TaskDeclarations {

  private static final String LEADS =
      "select 1 from selfupgrade.leadership where agent = ? and holder = ? and epoch = ?"
          + " for key share";

  private static final String FIND =
      "select "
          + TaskRows.DEFINITION
          + ", t.enabled, t.runner = 'AGENT' and not t.paused as agents_run_it, "
          + "t.retired is not null as retired,"
          + " t.payload = ?::jsonb as same_payload from selfupgrade.scheduled_tasks t"
          + " where t.agent = ? and t.name = ? for update";

  private static final String CREATE =
      """
      with t as (
        insert into selfupgrade.scheduled_tasks
               (agent, name, task_type, schedule, cron_expression, time_zone, period_micros, due_at,
                missed, missed_most, missed_micros, overlap, retry_failures, retry_first_micros,
                retry_longest_micros, deadline_micros, jitter_micros, scope, payload, runner, enabled)
        values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?::jsonb, ?, ?)
        on conflict (agent, name) do nothing
        returning id, agent)
      insert into selfupgrade.task_state (task, agent) select t.id, t.agent from t
      """;

  private static final String CHANGE =
      """
      update selfupgrade.scheduled_tasks
         set task_type = ?, schedule = ?, cron_expression = ?, time_zone = ?, period_micros = ?,
             due_at = ?, missed = ?, missed_most = ?, missed_micros = ?, overlap = ?,
             retry_failures = ?, retry_first_micros = ?, retry_longest_micros = ?,
             deadline_micros = ?, jitter_micros = ?, scope = ?, payload = ?::jsonb,
             runner = ?, paused = paused and not %1$s, enabled = ? and (not paused or %1$s),
             retired = null
       where agent = ? and name = ?
      """
          .formatted("(retired is not null and runner = 'DATABASE')");

  private static final String NEW_GRID =
      """
      with t as (
        update selfupgrade.scheduled_tasks set anchor = clock_timestamp()
         where agent = ? and name = ? returning id)
      update selfupgrade.task_state s set planned = false, next_run = null
        from t where s.task = t.id
      """;

  private static final String REQUIRE_RUNNABLE =
      "select selfupgrade.require_runnable(t.id) from selfupgrade.scheduled_tasks t"
          + " where t.agent = ? and t.name = ?";

  private static final String SET_ALARM =
      "select selfupgrade.set_alarm(t.id) from selfupgrade.scheduled_tasks t"
          + " where t.agent = ? and t.name = ?";

  private static final String ONLY_SCHEDULED =
      """
      update selfupgrade.task_state s set declared_epoch = null
        from selfupgrade.scheduled_tasks t
       where t.agent = ? and t.name = ? and s.task = t.id and s.declared_epoch is not null
      """;

  /**
   * The update of the first row is the fence: it finds no row, and nothing is said, if it fails.
   */
  private static final String DECLARE =
      """
      with f as (
        update selfupgrade.leadership l set declared_epoch = l.epoch
         where l.agent = ? and l.holder = ? and l.epoch = ? returning l.agent, l.holder, l.epoch),
      n as (
        select f.*, ?::text[] as names,
               exists (select from selfupgrade.upgrades u
                        where u.agent = f.agent and u.phase in ('HANDED_OVER', 'ROLLING_BACK'))
               as on_trial
          from f),
      d as (
        update selfupgrade.task_state s set declared_epoch = n.epoch
          from n join selfupgrade.scheduled_tasks t on t.agent = n.agent and t.name = any (n.names)
         where s.task = t.id and s.declared_epoch is distinct from n.epoch),
      r as (
        update selfupgrade.scheduled_tasks t
           set enabled = false, paused = t.runner = 'DATABASE', retired = %s
          from n join selfupgrade.task_state s on s.agent = n.agent
         where not n.on_trial and t.agent = n.agent and s.task = t.id and s.declared_epoch < n.epoch
           and not (t.name = any (n.names)) and not t.paused
           and (t.enabled or t.runner = 'DATABASE')
        returning t.id, t.name, t.runner)
      select n.on_trial, r.id is not null as retired, r.id, r.name, r.runner
        from n left join r on true order by r.name
      """
          .formatted(TaskRows.notDeclared("n.holder"));

  private final Database database;

  TaskDeclarations(Database database) {
    this.database = database;
  }

  Optional<TaskStore.Change> upsert(Fence fence, TaskConfig definition) {
    return database.transaction(
        PostgresTaskStore.PORT,
        "declaring task " + definition.name(),
        statements ->
            statements.any(LEADS, Arguments.of(fence))
                ? Optional.of(written(statements, fence.agent(), definition))
                : Optional.empty());
  }

  Optional<TaskStore.Declared> declare(Fence fence, Set<String> tasks) {
    return database.transaction(
        PostgresTaskStore.PORT,
        "saying which tasks the code of " + fence.agent() + " declares",
        statements -> {
          List<Said> said =
              statements.list(DECLARE, Said::of, Arguments.of(fence, List.copyOf(tasks)));
          List<String> retired = new ArrayList<>();
          for (Said one : said) {
            if (one.retired().isPresent()) {
              retired.add(one.retired().get());
              if (one.runner().equals(Optional.of(Runner.DATABASE))) {
                statements.any(SET_ALARM, Arguments.of(fence.agent(), one.retired().get()));
              }
            }
          }
          return said.stream()
              .findFirst()
              .map(first -> new TaskStore.Declared(first.onTrial(), retired));
        });
  }

  /** What the store answers: a row for each task that is retired, or one if none is. */
  private record Said(boolean onTrial, Optional<String> retired, Optional<Runner> runner) {
    static Said of(Row row) throws SQLException {
      return row.flag("retired")
          ? new Said(
              row.flag("on_trial"),
              Optional.of(row.text("name")),
              Optional.of(row.constant(Runner.class, "runner")))
          : new Said(row.flag("on_trial"), Optional.empty(), Optional.empty());
    }
  }

  TaskStore.Change schedule(AgentName agent, TaskConfig definition) {
    return database.transaction(
        PostgresTaskStore.PORT,
        "scheduling task " + definition.name(),
        statements -> {
          TaskStore.Change change = written(statements, agent, definition);
          statements.update(ONLY_SCHEDULED, Arguments.of(agent, definition.name()));
          statements.any(Sql.NOTIFY, Arguments.of(agent));
          return change;
        });
  }

  private static TaskStore.Change written(
      Statements statements, AgentName agent, TaskConfig definition) throws SQLException {
    Optional<Known> known = find(statements, agent, definition);
    if (known.isEmpty() && create(statements, agent, definition)) {
      inStep(statements, agent, definition, Runner.AGENT);
      return TaskStore.Change.CREATED;
    }
    if (known.isEmpty()) {
      known = find(statements, agent, definition);
    }
    Known before = known.orElseThrow();
    TaskStore.Change change = change(statements, agent, before, definition);
    inStep(statements, agent, definition, before.definition().runner());
    return change;
  }

  /** What the database is to run it accepts first; then pg_cron knows of it, or no longer. */
  private static void inStep(
      Statements statements, AgentName agent, TaskConfig definition, Runner before)
      throws SQLException {
    if (definition.runner() == Runner.DATABASE) {
      statements.any(REQUIRE_RUNNABLE, Arguments.of(agent, definition.name()));
    }
    if (definition.runner() == Runner.DATABASE || before == Runner.DATABASE) {
      statements.any(SET_ALARM, Arguments.of(agent, definition.name()));
    }
  }

  /**
   * A declared task.
   *
   * @param definition as it is kept
   * @param same whether it is enabled, unless it is paused or no agent runs it, is not retired, and
   *     has the payload that is declared
   */
  private record Known(TaskConfig definition, boolean same) {}

  private static Optional<Known> find(Statements statements, AgentName agent, TaskConfig definition)
      throws SQLException {
    return statements.first(
        FIND,
        row ->
            new Known(
                TaskRows.definition(row).orElse(definition),
                row.flag("enabled") == row.flag("agents_run_it")
                    && !row.flag("retired")
                    && row.flag("same_payload")),
        Arguments.of(definition.payload(), agent, definition.name()));
  }

  private static boolean create(Statements statements, AgentName agent, TaskConfig definition)
      throws SQLException {
    List<@Nullable Object> values = new ArrayList<>();
    values.add(agent);
    values.add(definition.name());
    values.addAll(columns(definition));
    return statements.update(CREATE, Arguments.of(values.toArray())) > 0;
  }

  private static List<@Nullable Object> columns(TaskConfig definition) {
    TaskRows.ScheduleColumns schedule = TaskRows.ScheduleColumns.of(definition.schedule());
    List<@Nullable Object> values = new ArrayList<>();
    values.add(definition.handler());
    values.add(schedule.kind());
    values.add(schedule.cron());
    values.add(schedule.zone());
    values.add(schedule.period());
    values.add(schedule.dueAt());
    values.addAll(TaskRows.PolicyColumns.of(definition.policy()).values());
    values.add(definition.payload());
    values.add(definition.runner());
    values.add(definition.runner() == Runner.AGENT);
    return values;
  }

  private static TaskStore.Change change(
      Statements statements, AgentName agent, Known known, TaskConfig definition)
      throws SQLException {
    TaskConfig before = known.definition();
    boolean sameGrid = TaskRows.same(before.schedule(), definition.schedule());
    boolean sameRest =
        before.handler().equals(definition.handler())
            && TaskRows.same(before.policy(), definition.policy())
            && before.runner() == definition.runner();
    if (sameGrid && sameRest && known.same()) {
      return TaskStore.Change.UNCHANGED;
    }
    List<@Nullable Object> values = columns(definition);
    values.add(agent);
    values.add(definition.name());
    statements.update(CHANGE, Arguments.of(values.toArray()));
    if (!sameGrid) {
      statements.update(NEW_GRID, Arguments.of(agent, definition.name()));
    }
    return TaskStore.Change.UPDATED;
  }
}
