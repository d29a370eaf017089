package io.selfupgrade.supabase;

import io.selfupgrade.agent.Fence;
import io.selfupgrade.schedule.TaskDefinition;
import io.selfupgrade.schedule.TaskStore;
import java.sql.SQLException;
import java.util.Optional;

/** Declares tasks: what is new or changed is written, what is not keeps its grid. */
final class TaskDeclarations {

  private static final String LEADS =
      "select 1 from selfupgrade.leadership where agent = ? and holder = ? and epoch = ?"
          + " for key share";

  private static final String FIND =
      "select "
          + TaskRows.DEFINITION
          + ", t.enabled, t.payload = ?::jsonb as same_payload from selfupgrade.scheduled_tasks t"
          + " where t.agent = ? and t.name = ? for update";

  private static final String CREATE =
      """
      with t as (
        insert into selfupgrade.scheduled_tasks
               (agent, name, task_type, schedule, cron_expression, time_zone, period_micros, due_at,
                missed, missed_most, missed_micros, overlap, payload)
        values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?::jsonb)
        on conflict (agent, name) do nothing
        returning id, agent)
      insert into selfupgrade.task_state (task, agent) select t.id, t.agent from t
      """;

  private static final String CHANGE =
      """
      update selfupgrade.scheduled_tasks
         set schedule = ?, cron_expression = ?, time_zone = ?, period_micros = ?, due_at = ?,
             missed = ?, missed_most = ?, missed_micros = ?, overlap = ?, payload = ?::jsonb,
             enabled = true
       where agent = ? and name = ?
      """;

  private static final String NEW_GRID =
      """
      with t as (
        update selfupgrade.scheduled_tasks set anchor = clock_timestamp()
         where agent = ? and name = ? returning id)
      update selfupgrade.task_state s set planned = false, next_run = null
        from t where s.task = t.id
      """;

  private final Database database;

  TaskDeclarations(Database database) {
    this.database = database;
  }

  Optional<TaskStore.Change> upsert(Fence fence, TaskDefinition definition) {
    return database.transaction(
        PostgresTaskStore.PORT,
        "declaring task " + definition.name(),
        statements -> {
          if (!statements.any(LEADS, Arguments.of(fence))) {
            return Optional.empty();
          }
          Optional<Known> known = find(statements, fence, definition);
          if (known.isEmpty() && create(statements, fence, definition)) {
            return Optional.of(TaskStore.Change.CREATED);
          }
          if (known.isEmpty()) {
            known = find(statements, fence, definition);
          }
          return Optional.of(change(statements, fence, known.orElseThrow(), definition));
        });
  }

  /**
   * A declared task.
   *
   * @param definition as it is kept
   * @param same whether it is enabled and has the payload that is declared now
   */
  private record Known(TaskDefinition definition, boolean same) {}

  private static Optional<Known> find(Statements statements, Fence fence, TaskDefinition definition)
      throws SQLException {
    return statements.first(
        FIND,
        row -> new Known(TaskRows.definition(row), row.flag("enabled") && row.flag("same_payload")),
        Arguments.of(definition.payload(), fence.agent(), definition.name()));
  }

  private static boolean create(Statements statements, Fence fence, TaskDefinition definition)
      throws SQLException {
    TaskRows.ScheduleColumns schedule = TaskRows.ScheduleColumns.of(definition.schedule());
    TaskRows.PolicyColumns policy = TaskRows.PolicyColumns.of(definition.policy());
    return statements.update(
            CREATE,
            Arguments.of(
                fence.agent(),
                definition.name(),
                definition.name(),
                schedule.kind(),
                schedule.cron(),
                schedule.zone(),
                schedule.period(),
                schedule.dueAt(),
                policy.missed(),
                policy.most(),
                policy.oldest(),
                policy.overlap(),
                definition.payload()))
        > 0;
  }

  private static TaskStore.Change change(
      Statements statements, Fence fence, Known known, TaskDefinition definition)
      throws SQLException {
    boolean sameGrid = TaskRows.same(known.definition().schedule(), definition.schedule());
    boolean samePolicy = TaskRows.same(known.definition().policy(), definition.policy());
    if (sameGrid && samePolicy && known.same()) {
      return TaskStore.Change.UNCHANGED;
    }
    TaskRows.ScheduleColumns schedule = TaskRows.ScheduleColumns.of(definition.schedule());
    TaskRows.PolicyColumns policy = TaskRows.PolicyColumns.of(definition.policy());
    statements.update(
        CHANGE,
        Arguments.of(
            schedule.kind(),
            schedule.cron(),
            schedule.zone(),
            schedule.period(),
            schedule.dueAt(),
            policy.missed(),
            policy.most(),
            policy.oldest(),
            policy.overlap(),
            definition.payload(),
            fence.agent(),
            definition.name()));
    if (!sameGrid) {
      statements.update(NEW_GRID, Arguments.of(fence.agent(), definition.name()));
    }
    return TaskStore.Change.UPDATED;
  }
}
