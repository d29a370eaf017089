package io.selfupgrade.supabase;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.schedule.RunClaim;
import io.selfupgrade.schedule.RunRecord;
import io.selfupgrade.schedule.TaskStore.Standstill;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** What was run, as operators and judges read it. */
final class TaskLedger {

  /** A one-shot that was begun, as a run. */
  private static final String BEGUN =
      """
      select 'ONE_SHOT' as kind, s.id, s.agent, s.handler as task, s.due, s.attempt, s.holder,
             s.epoch, case when s.running then 'RUNNING' else 'WAITING' end as state, s.started_at,
             null::timestamptz as finished_at, '' as error, false as quarantined
        from selfupgrade.one_shots s where s.attempt > 0
      """;

  private static final String ENDED =
      """
      select 'ONE_SHOT' as kind, e.id, e.agent, e.handler as task, e.due, e.attempt, e.holder,
             e.epoch, e.state, e.started_at, e.finished_at, e.error, e.quarantined
        from selfupgrade.one_shot_ends e where true
      """;

  private static final String TICKS =
      "select 'TICK' as kind, " + TaskRows.RUN + " from selfupgrade.task_runs r where ";

  private static final String HISTORY =
      "select * from (("
          + TICKS
          + "r.agent = ? and r.task = ? order by r.due desc limit ?) union all ("
          + ENDED
          + " and e.agent = ? and e.handler = ? order by e.finished_at desc limit ?) union all ("
          + BEGUN
          + " and s.running and s.agent = ? and s.handler = ? and s.ready_at <= statement_timestamp()"
          + " limit ?)) r"
          + " order by r.due desc limit ?";

  private static final String QUARANTINED =
      "select * from (("
          + TICKS
          + "r.agent = ? and r.quarantined order by r.due desc limit ?) union all ("
          + ENDED
          + " and e.agent = ? and e.quarantined order by e.finished_at desc limit ?)) r"
          + " order by r.due desc limit ?";

  private static final String FIND_ONE_SHOT =
      BEGUN + " and s.id = ? union all " + ENDED + " and e.id = ?";

  private static final String RELEASE =
      """
      with r as (
        update selfupgrade.task_runs r
           set state = 'WAITING', quarantined = false, failures = 0, finished_at = null,
               ready_at = null
         where r.agent = ? and r.id = ? and r.quarantined and r.state = 'FAILED'
           and exists (select from selfupgrade.scheduled_tasks t where t.id = r.task_id)
        returning r.agent)
      select pg_notify('%s', r.agent) from r
      """
          .formatted(Sql.CHANNEL);

  /** A run of the database is seen by its lock; its row comes with its end. */
  private static final String DATABASES =
      """
      t.runner = 'DATABASE' and not t.paused
         and not exists (select from selfupgrade.task_runs r
                          where r.task_id = t.id and r.finished_at > clock_timestamp() - %s)
         and not exists (select from pg_locks k
                          where k.locktype = 'advisory' and k.objsubid = 1 and k.granted
                            and k.database = (select d.oid from pg_database d
                                               where d.datname = current_database())
                            and (k.classid::bigint << 32 | k.objid::bigint)
                                = hashtextextended('selfupgrade.task.' || t.id, 0))
      """
          .formatted(Sql.SPAN);

  private static final String OVERDUE = overdue("t.enabled");

  /** Whether some of a handler's run is looked for among those that are ready longest. */
  private static final String LYING =
      "with recursive "
          + OneShotTable.HANDLERS
          + """
            select o.handler as name from one_handler o
             where exists (select from selfupgrade.one_shots s
                            where s.agent = ? and s.handler = o.handler and not s.running
                              and s.ready_at < statement_timestamp() - %1$s)
               and not exists (select from selfupgrade.one_shot_ends e
                                where e.agent = ? and e.handler = o.handler
                                  and e.finished_at > statement_timestamp() - %1$s)
               and not exists (
                 select from (select r.running from selfupgrade.one_shots r
                               where r.agent = ? and r.handler = o.handler
                                 and r.ready_at <= statement_timestamp()
                               order by r.ready_at limit 5000) r
                  where r.running)
            """
              .formatted(Sql.SPAN);

  private static final String STANDSTILL =
      "(select 'TASK' as kind, o.name from ("
          + overdue("(t.enabled or " + DATABASES + ")")
          + ") o) union all (select 'HANDLER' as kind, l.name from ("
          + LYING
          + ") l) order by kind, name";

  private final Database database;

  TaskLedger(Database database) {
    this.database = database;
  }

  private static String overdue(String watched) {
    return """
      select t.name from selfupgrade.scheduled_tasks t
        join selfupgrade.task_state s on s.task = t.id
       where t.agent = ? and %3$s and not %2$s
         and not exists (select from selfupgrade.task_runs r
                          where r.task_id = t.id and r.state = 'RUNNING')
         and not exists (select from selfupgrade.leadership l
                           join selfupgrade.task_runs r on r.agent = l.agent and r.epoch = l.epoch
                          where l.agent = t.agent and r.task_id = t.id
                            and r.finished_at > clock_timestamp() - %1$s)
         and (s.next_run < clock_timestamp() - %1$s - t.jitter_micros * interval '1 microsecond'
              and not (t.overlap = 'QUEUE'
                       and exists (select from selfupgrade.task_runs r
                                    where r.task_id = t.id and r.state = 'WAITING'
                                      and r.ready_at > clock_timestamp() - %1$s))
              or exists (select from selfupgrade.task_runs r
                          where r.task_id = t.id and r.state = 'WAITING'
                            and greatest(r.due, r.ready_at) < clock_timestamp() - %1$s))
       order by t.name
      """
        .formatted(Sql.SPAN, TaskRows.LEFT_OUT, watched);
  }

  Optional<RunRecord> find(RunClaim claim) {
    UUID id = claim.run();
    List<RunRecord> found =
        claim.kind() == RunClaim.Kind.ONE_SHOT
            ? runs(FIND_ONE_SHOT, Arguments.of(id, id))
            : runs(TICKS + "r.id = ?", Arguments.of(id));
    return found.stream().findFirst();
  }

  List<RunRecord> history(AgentName agent, String task, int limit) {
    return runs(
        HISTORY, Arguments.of(agent, task, limit, agent, task, limit, agent, task, limit, limit));
  }

  List<RunRecord> runsOfEpoch(AgentName agent, long epoch, int limit) {
    return runs(
        TICKS + "r.agent = ? and r.epoch = ? order by r.due limit ?",
        Arguments.of(agent, epoch, limit));
  }

  List<RunRecord> quarantined(AgentName agent, int limit) {
    return runs(QUARANTINED, Arguments.of(agent, limit, agent, limit, limit));
  }

  boolean release(AgentName agent, UUID run) {
    return database.call(
        PostgresTaskStore.PORT,
        "releasing run " + run,
        statements -> statements.any(RELEASE, Arguments.of(agent, run)));
  }

  List<String> overdue(AgentName agent, Duration grace) {
    return database.call(
        PostgresTaskStore.PORT,
        "looking for overdue tasks of " + agent,
        statements ->
            statements.list(
                OVERDUE, row -> row.text("name"), Arguments.of(agent, grace, grace, grace, grace)));
  }

  Standstill standstill(AgentName agent, Duration grace) {
    List<String> tasks = new ArrayList<>();
    List<String> handlers = new ArrayList<>();
    database.call(
        PostgresTaskStore.PORT,
        "looking for what stands still of " + agent,
        statements ->
            statements.list(
                STANDSTILL,
                row -> (row.text("kind").equals("TASK") ? tasks : handlers).add(row.text("name")),
                Arguments.of(
                    agent, grace, grace, grace, grace, grace, agent, agent, agent, grace, agent,
                    grace, agent)));
    return new Standstill(tasks, handlers);
  }

  private List<RunRecord> runs(String sql, Arguments arguments) {
    return database.call(
        PostgresTaskStore.PORT,
        "reading runs",
        statements -> statements.list(sql, TaskRows::runOfKind, arguments));
  }
}
