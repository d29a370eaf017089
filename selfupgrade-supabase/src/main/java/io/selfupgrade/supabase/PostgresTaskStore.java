package io.selfupgrade.supabase;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.InstanceId;
import io.selfupgrade.schedule.RunClaim;
import io.selfupgrade.schedule.RunRecord;
import io.selfupgrade.schedule.TaskAgenda;
import io.selfupgrade.schedule.TaskDefinition;
import io.selfupgrade.schedule.TaskStore;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/** Tasks and the ledger of their ticks; a claim is one statement. */
final class PostgresTaskStore implements TaskStore {

  static final String PORT = "TaskStore";

  private static final String PLAN =
      "with "
          + Sql.FENCE
          + """
            update selfupgrade.task_state s set next_run = ?, planned = true
              from f join selfupgrade.scheduled_tasks t on t.agent = f.agent
             where t.name = ? and s.task = t.id and not s.planned
            """;

  private static final String AGENDA =
      "select clock_timestamp() as now, t.id is not null as found, "
          + TaskRows.DEFINITION
          + """
            , t.anchor, s.next_run, c.running, c.waiting
              from (select 1) one
              left join selfupgrade.scheduled_tasks t
                on t.agent = ? and t.name = any (?) and t.enabled
              left join selfupgrade.task_state s on s.task = t.id
              left join lateral (
                select count(*) filter (where r.state = 'RUNNING') as running,
                       count(*) filter (where r.state = 'WAITING') as waiting
                  from selfupgrade.task_runs r
                 where r.task_id = t.id and r.state in ('WAITING', 'RUNNING')) c on true
             order by t.name
            """;

  /** Takes a due tick: the task moves on and the ledger gets its row, or neither. */
  private static final String TAKE =
      "with "
          + Sql.FENCE
          + """
            , s as (
              update selfupgrade.task_state s set next_run = ?::timestamptz, last_run = ?
                from f join selfupgrade.scheduled_tasks t on t.agent = f.agent
               where t.name = ? and t.enabled and s.task = t.id and s.next_run = ?
              returning s.task, t.name, f.agent, f.holder, f.epoch),
            r as (
              insert into selfupgrade.task_runs as r
                     (agent, task_id, task, due, state, holder, epoch, passed_over, finished_at)
              select s.agent, s.task, s.name, ?, n.state, s.holder, s.epoch, ?,
                     case when n.state = 'SKIPPED' then clock_timestamp() end
                from s cross join (select ? as state) n
              on conflict (task_id, due) do nothing
              returning %1$s)
            select %1$s from r
            """
              .formatted(TaskRows.RUN);

  private static final String CLAIM_WAITING =
      "with "
          + Sql.FENCE
          + """
            , w as (
              select w.id from selfupgrade.task_runs w join f on w.agent = f.agent
               where w.task = ? and w.state = 'WAITING'
               order by w.due limit 1 for update of w skip locked)
            update selfupgrade.task_runs r
               set state = 'RUNNING', attempt = r.attempt + 1, holder = f.holder, epoch = f.epoch,
                   started_at = clock_timestamp(), finished_at = null, error = ''
              from w, f where r.id = w.id
            returning %s
            """
              .formatted(TaskRows.RUN);

  static final String FINISH =
      """
      update selfupgrade.task_runs set state = ?, finished_at = clock_timestamp(), error = ?
       where id = ? and attempt = ? and state = 'RUNNING'
      """;

  private static final String GIVE_BACK =
      """
      with r as (
        update selfupgrade.task_runs set state = 'WAITING', finished_at = null
         where id = ? and attempt = ? and state = 'RUNNING' returning agent)
      select pg_notify('%s', r.agent) from r
      """
          .formatted(Sql.CHANNEL);

  /** A run whose row is locked is being committed right now: the next call sees how it ended. */
  private static final String RECLAIM =
      "with "
          + Sql.FENCE
          + """
            , lost as (
              select r.id from selfupgrade.task_runs r join f on r.agent = f.agent
               where r.state = 'RUNNING'
                 and (r.holder = ?::uuid
                      or r.holder <> f.holder
                         and not exists (
                           select from selfupgrade.instances i
                            where i.id = r.holder and i.stopped_at is null
                              and i.heartbeat_at > clock_timestamp() - %s))
               for update of r skip locked)
            update selfupgrade.task_runs r set state = 'WAITING', finished_at = null
              from lost where r.id = lost.id
            """
              .formatted(Sql.SPAN);

  private static final String OVERDUE =
      """
      select t.name from selfupgrade.scheduled_tasks t
        join selfupgrade.task_state s on s.task = t.id
       where t.agent = ? and t.enabled
         and not exists (select from selfupgrade.task_runs r
                          where r.task_id = t.id and r.state = 'RUNNING')
         and not exists (select from selfupgrade.leadership l
                           join selfupgrade.task_runs r on r.agent = l.agent and r.epoch = l.epoch
                          where l.agent = t.agent and r.task_id = t.id
                            and r.finished_at > clock_timestamp() - %1$s)
         and (s.next_run < clock_timestamp() - %1$s
              or exists (select from selfupgrade.task_runs r
                          where r.task_id = t.id and r.state = 'WAITING'
                            and r.due < clock_timestamp() - %1$s))
       order by t.name
      """
          .formatted(Sql.SPAN);

  private final Database database;
  private final TaskDeclarations declarations;

  PostgresTaskStore(Database database) {
    this.database = database;
    this.declarations = new TaskDeclarations(database);
  }

  /** Returns the connections, for commits in a tick's own transaction. */
  Database database() {
    return database;
  }

  @Override
  public Optional<Change> upsert(Fence fence, TaskDefinition definition) {
    return declarations.upsert(fence, definition);
  }

  @Override
  public boolean plan(Fence fence, String task, Instant firstDue) {
    return changes("planning task " + task, PLAN, Arguments.of(fence, firstDue, task)) > 0;
  }

  @Override
  public TaskAgenda agenda(AgentName agent, Collection<String> tasks) {
    List<AgendaRow> rows =
        database.call(
            PORT,
            "reading the tasks of " + agent,
            statements ->
                statements.list(
                    AGENDA, PostgresTaskStore::agendaRow, Arguments.of(agent, List.copyOf(tasks))));
    return new TaskAgenda(
        rows.get(0).now(), rows.stream().flatMap(row -> row.entry().stream()).toList());
  }

  private record AgendaRow(Instant now, Optional<TaskAgenda.Entry> entry) {}

  private static AgendaRow agendaRow(Row row) throws SQLException {
    Instant now = row.instant("now");
    if (!row.flag("found")) {
      return new AgendaRow(now, Optional.empty());
    }
    return new AgendaRow(
        now,
        Optional.of(
            new TaskAgenda.Entry(
                TaskRows.definition(row),
                row.instant("anchor"),
                row.instantIfAny("next_run"),
                (int) row.number("running"),
                (int) row.number("waiting"))));
  }

  @Override
  public Optional<RunClaim> claim(Fence fence, Claiming claiming) {
    return take(fence, claiming, RunRecord.State.RUNNING);
  }

  @Override
  public boolean skip(Fence fence, Claiming claiming) {
    return take(fence, claiming, RunRecord.State.SKIPPED).isPresent();
  }

  private Optional<RunClaim> take(Fence fence, Claiming claiming, RunRecord.State state) {
    Arguments arguments =
        Arguments.of(
            fence,
            claiming.nextDue(),
            claiming.tick(),
            claiming.task(),
            claiming.expectedNext(),
            claiming.tick(),
            claiming.passedOver(),
            state);
    return database.call(
        PORT,
        "claiming tick " + claiming.tick() + " of task " + claiming.task(),
        statements -> statements.first(TAKE, TaskRows::claim, arguments));
  }

  @Override
  public Optional<RunClaim> claimWaiting(Fence fence, String task) {
    return database.call(
        PORT,
        "claiming a waiting tick of task " + task,
        statements -> statements.first(CLAIM_WAITING, TaskRows::claim, Arguments.of(fence, task)));
  }

  @Override
  public boolean finish(RunClaim claim, Optional<String> error) {
    RunRecord.State state = error.isPresent() ? RunRecord.State.FAILED : RunRecord.State.SUCCEEDED;
    String kept = TaskRows.kept(error).orElse("");
    return changes(
            "finishing run " + claim.run(),
            FINISH,
            Arguments.of(state, kept, claim.run(), claim.attempt()))
        > 0;
  }

  @Override
  public boolean giveBack(RunClaim claim) {
    return database.call(
        PORT,
        "giving back run " + claim.run(),
        statements -> statements.any(GIVE_BACK, Arguments.of(claim.run(), claim.attempt())));
  }

  @Override
  public Optional<RunRecord> find(RunClaim claim) {
    Objects.requireNonNull(claim, "claim");
    return runs("r.id = ?", claim.run()).stream().findFirst();
  }

  @Override
  public int reclaim(Fence fence, Optional<InstanceId> attestedDead, Duration silence) {
    return changes(
        "reclaiming lost runs of " + fence.agent(),
        RECLAIM,
        Arguments.of(fence, attestedDead, silence));
  }

  @Override
  public List<RunRecord> history(AgentName agent, String task, int limit) {
    return runs("r.agent = ? and r.task = ? order by r.due desc limit ?", agent, task, limit);
  }

  @Override
  public List<RunRecord> runsOfEpoch(AgentName agent, long epoch, int limit) {
    return runs("r.agent = ? and r.epoch = ? order by r.due limit ?", agent, epoch, limit);
  }

  private List<RunRecord> runs(String where, Object... values) {
    return database.call(
        PORT,
        "reading runs",
        statements ->
            statements.list(
                "select " + TaskRows.RUN + " from selfupgrade.task_runs r where " + where,
                TaskRows::run,
                Arguments.of(values)));
  }

  @Override
  public List<String> overdue(AgentName agent, Duration grace) {
    return database.call(
        PORT,
        "looking for overdue tasks of " + agent,
        statements ->
            statements.list(
                OVERDUE, row -> row.text("name"), Arguments.of(agent, grace, grace, grace)));
  }

  private int changes(String operation, String sql, Arguments arguments) {
    return database.call(PORT, operation, statements -> statements.update(sql, arguments));
  }
}
