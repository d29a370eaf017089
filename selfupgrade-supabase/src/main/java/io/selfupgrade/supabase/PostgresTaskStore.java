package io.selfupgrade.supabase;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.InstanceId;
import io.selfupgrade.schedule.Claimant;
import io.selfupgrade.schedule.ClaimedRun;
import io.selfupgrade.schedule.OneShotBatch;
import io.selfupgrade.schedule.RunClaim;
import io.selfupgrade.schedule.RunEnd;
import io.selfupgrade.schedule.RunRecord;
import io.selfupgrade.schedule.Runner;
import io.selfupgrade.schedule.Schedule;
import io.selfupgrade.schedule.TaskAgenda;
import io.selfupgrade.schedule.TaskConfig;
import io.selfupgrade.schedule.TaskStatus;
import io.selfupgrade.schedule.TaskStore;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/** Tasks, one-shots and the ledger of what was run; what is done often is one statement a batch. */
final class PostgresTaskStore implements TaskStore {

  static final String PORT = "TaskStore";

  private static final String PLAN =
      """
      update selfupgrade.task_state s set next_run = ?, planned = true
        from f join selfupgrade.scheduled_tasks t on t.agent = f.agent
       where t.name = ? and s.task = t.id and not s.planned
      """;

  private static final String OPEN_RUNS =
      """
      left join lateral (
        select count(*) filter (where r.state = 'RUNNING') as running,
               count(*) filter (where r.state = 'WAITING') as waiting,
               min(coalesce(r.ready_at, r.started_at)) filter (where r.state = 'WAITING') as ready
          from selfupgrade.task_runs r
         where r.task_id = t.id and r.state in ('WAITING', 'RUNNING')) c on true
      """;

  private static final String AGENDA =
      "select clock_timestamp() as now, t.id is not null as found, "
          + TaskRows.DEFINITION
          + """
            , t.anchor, s.next_run, c.running, c.waiting, c.ready
              from (select 1) one
              left join selfupgrade.scheduled_tasks t
                on t.agent = ? and t.task_type = any (?) and t.enabled
               and not exists (select from selfupgrade.task_state s
                                where s.task = t.id and %s)
              left join selfupgrade.task_state s on s.task = t.id
            """
              .formatted(TaskRows.LEFT_OUT)
          + OPEN_RUNS
          + " order by t.name";

  private static final String LIST =
      "select "
          + TaskRows.DEFINITION
          + """
            , t.paused and not (t.runner = 'DATABASE' and t.retired is not null) as paused,
              case when t.retired is not null and not t.enabled then t.retired
                   when t.runner = 'AGENT' and %s then %s end as hindrance,
              s.next_run, c.running, c.waiting, l.id is not null as ran, l.*
              from selfupgrade.scheduled_tasks t
              left join selfupgrade.task_state s on s.task = t.id
            """
              .formatted(
                  TaskRows.LEFT_OUT,
                  TaskRows.notDeclared(
                      "(select o.holder from selfupgrade.leadership o where o.agent = t.agent)"))
          + OPEN_RUNS
          + """
              left join lateral (
                select %s from selfupgrade.task_runs r
                 where r.task_id = t.id order by r.due desc limit 1) l on true
             where t.agent = ? and (?::text is null or t.name = ?)
             order by t.name
            """
              .formatted(TaskRows.RUN);

  /** What waits is skipped first, so that nobody claims it of a task that is gone. */
  private static final String REMOVE =
      """
      with t as (
        delete from selfupgrade.scheduled_tasks
         where agent = ? and name = ? returning id, agent, runner),
      s as (
        delete from selfupgrade.task_state s using t where s.task = t.id returning 1),
      r as (
        update selfupgrade.task_runs r set state = 'SKIPPED', finished_at = clock_timestamp()
          from t where r.task_id = t.id and r.state = 'WAITING' returning 1)
      select t.id, t.runner, pg_notify('%s', t.agent) from t
      """
          .formatted(Sql.CHANNEL);

  private static final String PAUSE =
      """
      with t as (
        update selfupgrade.scheduled_tasks t
           set paused = p.paused,
               enabled = not p.paused and t.runner = 'AGENT' and (t.retired is null or t.enabled),
               retired = case when not t.enabled and t.runner = 'AGENT' then t.retired end
          from (select ?::boolean as paused) p
         where t.agent = ? and t.name = ? and t.paused <> p.paused
        returning t.id, t.agent, t.runner)
      select t.id, t.runner, pg_notify('%s', t.agent) from t
      """
          .formatted(Sql.CHANNEL);

  private static final String RUN_NOW =
      """
      with t as (
        update selfupgrade.task_state s
           set planned = true,
               next_run = case when s.next_run <= statement_timestamp() then s.next_run
                               else statement_timestamp() end
          from selfupgrade.scheduled_tasks t
         where t.agent = ? and t.name = ? and s.task = t.id
           and (t.enabled or t.runner = 'DATABASE' and not t.paused)
        returning t.id, t.agent, t.runner)
      select t.id, t.runner, pg_notify('%s', t.agent) from t
      """
          .formatted(Sql.CHANNEL);

  private static final String SET_ALARM = "select selfupgrade.set_alarm(?)";

  private final Database database;
  private final TaskDeclarations declarations;
  private final OneShotTable oneShots;
  private final TaskTicks ticks;
  private final TaskLedger ledger;

  PostgresTaskStore(Database database) {
    this.database = database;
    this.declarations = new TaskDeclarations(database);
    this.oneShots = new OneShotTable(database, System::nanoTime);
    this.ticks = new TaskTicks(database, oneShots);
    this.ledger = new TaskLedger(database);
  }

  /** Returns the connections, for commits in a tick's own transaction. */
  Database database() {
    return database;
  }

  /** Returns what ends runs, for the same. */
  TaskTicks ticks() {
    return ticks;
  }

  @Override
  public Optional<Change> upsert(Fence fence, TaskConfig definition) {
    return declarations.upsert(fence, definition);
  }

  @Override
  public Optional<Declared> declare(Fence fence, Set<String> tasks) {
    return declarations.declare(fence, tasks);
  }

  @Override
  public Change schedule(AgentName agent, TaskConfig definition) {
    Change change = declarations.schedule(agent, definition);
    database.wake(agent);
    return change;
  }

  @Override
  public boolean remove(AgentName agent, String task) {
    return told(agent, "removing task " + task, REMOVE, Arguments.of(agent, task));
  }

  @Override
  public boolean pause(AgentName agent, String task, boolean paused) {
    return told(
        agent,
        (paused ? "pausing task " : "resuming task ") + task,
        PAUSE,
        Arguments.of(paused, agent, task));
  }

  @Override
  public boolean runNow(AgentName agent, String task) {
    return told(agent, "running task " + task + " now", RUN_NOW, Arguments.of(agent, task));
  }

  private boolean told(AgentName agent, String operation, String sql, Arguments arguments) {
    boolean done =
        database.transaction(
            PORT,
            operation,
            statements -> {
              Optional<Told> task = statements.first(sql, Told::of, arguments);
              if (task.isPresent() && task.get().runner() == Runner.DATABASE) {
                statements.any(SET_ALARM, Arguments.of(task.get().id()));
              }
              return task.isPresent();
            });
    database.wake(agent);
    return done;
  }

  private record Told(UUID id, Runner runner) {
    static Told of(Row row) throws SQLException {
      return new Told(row.uuid("id"), row.constant(Runner.class, "runner"));
    }
  }

  @Override
  public List<TaskStatus> list(AgentName agent, Optional<String> task) {
    return database.call(
        PORT,
        "listing the tasks of " + agent,
        statements ->
            statements
                .list(LIST, PostgresTaskStore::status, Arguments.of(agent, task, task))
                .stream()
                .flatMap(Optional::stream)
                .toList());
  }

  private static Optional<TaskStatus> status(Row row) throws SQLException {
    Optional<TaskConfig> definition = TaskRows.definition(row);
    if (definition.isEmpty()) {
      return Optional.empty();
    }
    Optional<String> hindrance =
        definition.get().schedule() instanceof Schedule.Unreadable unreadable
            ? Optional.of(unreadable.why())
            : row.textIfAny("hindrance");
    return Optional.of(
        new TaskStatus(
            definition.get(),
            row.flag("paused"),
            row.instantIfAny("next_run"),
            (int) row.number("running"),
            (int) row.number("waiting"),
            row.flag("ran") ? Optional.of(TaskRows.run(row)) : Optional.empty(),
            hindrance));
  }

  @Override
  public boolean plan(Claimant by, String task, Instant firstDue) {
    return database.call(
            PORT,
            "planning task " + task,
            statements ->
                statements.update(
                    "with " + Sql.claimant(by) + PLAN + Sql.scope(by),
                    Arguments.of(by, firstDue, task)))
        > 0;
  }

  @Override
  public TaskAgenda agenda(AgentName agent, Collection<String> handlers) {
    List<AgendaRow> rows =
        database.call(
            PORT,
            "reading the tasks of " + agent,
            statements ->
                statements.list(
                    AGENDA,
                    PostgresTaskStore::agendaRow,
                    Arguments.of(agent, List.copyOf(handlers))));
    return new TaskAgenda(
        rows.get(0).now(), rows.stream().flatMap(row -> row.entry().stream()).toList());
  }

  private record AgendaRow(Instant now, Optional<TaskAgenda.Entry> entry) {}

  private static AgendaRow agendaRow(Row row) throws SQLException {
    Instant now = row.instant("now");
    Optional<TaskConfig> definition =
        row.flag("found") ? TaskRows.definition(row) : Optional.empty();
    if (definition.isEmpty()) {
      return new AgendaRow(now, Optional.empty());
    }
    return new AgendaRow(
        now,
        Optional.of(
            new TaskAgenda.Entry(
                definition.get(),
                row.instant("anchor"),
                row.instantIfAny("next_run"),
                (int) row.number("running"),
                (int) row.number("waiting"),
                row.instantIfAny("ready"))));
  }

  @Override
  public List<ClaimedRun> claim(Claimant by, List<Claiming> due) {
    return ticks.claim(by, due);
  }

  @Override
  public Set<String> skip(Claimant by, List<Claiming> due) {
    return ticks.skip(by, due);
  }

  @Override
  public List<ClaimedRun> claimWaiting(Claimant by, Collection<String> tasks) {
    return ticks.claimWaiting(by, tasks);
  }

  @Override
  public List<UUID> submit(AgentName agent, List<Submitted> work) {
    return oneShots.submit(agent, work);
  }

  @Override
  public boolean cancel(AgentName agent, UUID work) {
    return oneShots.cancel(agent, work);
  }

  @Override
  public OneShotBatch claimOneShots(Claimant by, Map<String, Integer> most) {
    return oneShots.claim(by, most);
  }

  @Override
  public Set<UUID> finish(List<RunEnd> ends) {
    return ticks.finish(ends);
  }

  @Override
  public int disown(Claimant by, Set<UUID> known) {
    return ticks.disown(by, known);
  }

  @Override
  public int reclaim(Fence fence, Optional<InstanceId> attestedDead, Duration silence) {
    return ticks.reclaim(fence, attestedDead, silence);
  }

  @Override
  public Optional<RunRecord> find(RunClaim claim) {
    return ledger.find(claim);
  }

  @Override
  public List<RunRecord> history(AgentName agent, String task, int limit) {
    return ledger.history(agent, task, limit);
  }

  @Override
  public List<RunRecord> runsOfEpoch(AgentName agent, long epoch, int limit) {
    return ledger.runsOfEpoch(agent, epoch, limit);
  }

  @Override
  public List<RunRecord> quarantined(AgentName agent, int limit) {
    return ledger.quarantined(agent, limit);
  }

  @Override
  public boolean release(AgentName agent, UUID run) {
    boolean released = ledger.release(agent, run) || oneShots.release(agent, run);
    database.wake(agent);
    return released;
  }

  @Override
  public List<String> overdue(AgentName agent, Duration grace) {
    return ledger.overdue(agent, grace);
  }

  @Override
  public Standstill standstill(AgentName agent, Duration grace) {
    return ledger.standstill(agent, grace);
  }
}
