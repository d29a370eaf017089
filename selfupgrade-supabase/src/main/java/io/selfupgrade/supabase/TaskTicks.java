package io.selfupgrade.supabase;

import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.InstanceId;
import io.selfupgrade.schedule.Claimant;
import io.selfupgrade.schedule.ClaimedRun;
import io.selfupgrade.schedule.RunClaim;
import io.selfupgrade.schedule.RunEnd;
import io.selfupgrade.schedule.TaskStore.Claiming;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/** Ticks from their claim to their end; a batch is a statement. */
final class TaskTicks {

  /**
   * Takes due ticks: each task moves on and the ledger gets its row, or neither. Whether a tick is
   * due is judged here: a claimant knows the server's clock by a reading, and it may be set back.
   */
  private static final String TAKE =
      """
      , u as (
        select u.task, u.passed, %1$s as expected, %2$s as tick, %3$s as next
          from unnest(?::text[], ?::bigint[], ?::bigint[], ?::bigint[], ?::integer[])
               as u(task, expected_micros, tick_micros, next_micros, passed)),
      s as (
        update selfupgrade.task_state s set next_run = u.next, last_run = u.tick
          from f join selfupgrade.scheduled_tasks t on t.agent = f.agent join u on u.task = t.name
         where t.enabled%4$s and s.task = t.id and s.next_run = u.expected
           and u.tick <= statement_timestamp()
        returning s.task, t.name, t.payload, f.agent, f.holder, f.epoch, u.tick, u.passed),
      r as (
        insert into selfupgrade.task_runs as r
               (agent, task_id, task, due, state, holder, epoch, passed_over, finished_at)
        select s.agent, s.task, s.name, s.tick, n.state, s.holder, s.epoch, s.passed,
               case when n.state = 'SKIPPED' then clock_timestamp() end
          from s cross join (select ? as state) n
        on conflict (task_id, due) do nothing
        returning r.*)
      select %5$s, r.failures, s.payload from r join s on s.task = r.task_id
      """;

  private static final String CLAIM_WAITING =
      """
      , w as (
        select o.id, t.payload
          from f join selfupgrade.scheduled_tasks t
            on t.agent = f.agent and t.name = any (?) and t.enabled%1$s
         cross join lateral (
           select w.id from selfupgrade.task_runs w
            where w.task_id = t.id and w.state = 'WAITING'
              and (w.ready_at is null or w.ready_at <= statement_timestamp())
            order by w.due limit 1 for update of w skip locked) o)
      update selfupgrade.task_runs r
         set state = 'RUNNING', attempt = r.attempt + 1, holder = f.holder, epoch = f.epoch,
             started_at = clock_timestamp(), finished_at = null, error = ''
        from w, f where r.id = w.id
      returning %2$s, r.failures, w.payload
      """;

  private static final String FINISH =
      """
      with e as (
        select * from unnest(?::uuid[], ?::integer[], ?::text[], ?::text[], ?::bigint[])
                 as e(id, attempt, how, error, pause)),
      r as (
        update selfupgrade.task_runs r
           set state = case e.how when 'SUCCEEDED' then 'SUCCEEDED' when 'FAILED' then 'FAILED'
                                  when 'QUARANTINED' then 'FAILED' else 'WAITING' end,
               finished_at = case when e.how not in ('RETRY', 'GIVEN_BACK')
                                  then clock_timestamp() end,
               error = e.error,
               failures = r.failures + (e.how = 'RETRY')::integer,
               quarantined = e.how = 'QUARANTINED',
               ready_at = case when e.how = 'RETRY'
                               then clock_timestamp() + e.pause * interval '1 microsecond' end
          from e where r.id = e.id and r.attempt = e.attempt and r.state = 'RUNNING'
        returning r.id, r.agent, r.state),
      n as (
        select pg_notify('%s', a.agent)
          from (select distinct r.agent from r where r.state = 'WAITING') a)
      select r.id, (select count(*) from n) as told from r
      """
          .formatted(Sql.CHANNEL);

  private static final String OWN =
      "select 1 from selfupgrade.task_runs"
          + " where id = ? and attempt = ? and state = 'RUNNING' for update";

  /** The transaction that may still be ending holds the row: reading it waits for that. */
  private static final String ENDED =
      "select 1 from (select state, attempt from selfupgrade.task_runs where id = ? for update) r"
          + " where r.state = 'SUCCEEDED' and r.attempt = ?";

  /** A run whose row is locked is being committed right now: the next call sees how it ended. */
  private static final String RECLAIM =
      "with recursive "
          + Sql.FENCE
          + ", "
          + OneShotTable.HELD
          + """
            , gone as (
              select g.holder from f cross join lateral (
                select distinct r.holder from selfupgrade.task_runs r
                 where r.agent = f.agent and r.state = 'RUNNING'
                union
                select h.holder from held h) g
               where g.holder = ?::uuid
                  or g.holder <> f.holder
                     and not exists (
                       select from selfupgrade.instances i
                        where i.id = g.holder and i.stopped_at is null
                          and i.heartbeat_at > clock_timestamp() - %s)),
            ticks as (
              select r.id from selfupgrade.task_runs r join f on r.agent = f.agent
               where r.state = 'RUNNING' and r.holder in (select holder from gone)
               for update of r skip locked),
            shots as (
              select o.id from held h join gone g on g.holder = h.holder
                join selfupgrade.one_shots o on o.id = h.id
               where o.running and o.holder = h.holder
               for update of o skip locked),
            t as (
              update selfupgrade.task_runs r set state = 'WAITING', finished_at = null
                from ticks where r.id = ticks.id returning 1),
            s as (
              update selfupgrade.one_shots s set running = false
                from shots where s.id = shots.id returning 1)
            select (select count(*) from t) + (select count(*) from s) as count
            """
              .formatted(Sql.SPAN);

  private static final String DISOWN =
      "with recursive "
          + OneShotTable.HELD
          + """
            , k as (select ?::uuid as holder, ?::uuid[] as known),
            t as (
              update selfupgrade.task_runs r set state = 'WAITING', finished_at = null
                from k where r.agent = ? and r.holder = k.holder and r.state = 'RUNNING'
                         and not (r.id = any (k.known)) returning 1),
            s as (
              update selfupgrade.one_shots s set running = false
                from k, held h
               where h.holder = k.holder and not (h.id = any (k.known))
                 and s.id = h.id and s.holder = h.holder and s.running returning 1)
            select (select count(*) from t) + (select count(*) from s) as count
            """;

  private final Database database;
  private final OneShotTable oneShots;

  TaskTicks(Database database, OneShotTable oneShots) {
    this.database = database;
    this.oneShots = oneShots;
  }

  List<ClaimedRun> claim(Claimant by, List<Claiming> ticks) {
    return database.call(
        PostgresTaskStore.PORT,
        "claiming " + described(ticks),
        statements ->
            statements.list(take(by), TaskRows::claimed, arguments(by, ticks, "RUNNING")));
  }

  Set<String> skip(Claimant by, List<Claiming> ticks) {
    return new HashSet<>(
        database.call(
            PostgresTaskStore.PORT,
            "skipping " + described(ticks),
            statements ->
                statements.list(
                    take(by), row -> row.text("task"), arguments(by, ticks, "SKIPPED"))));
  }

  private static String take(Claimant by) {
    return "with "
        + Sql.claimant(by)
        + TAKE.formatted(
            Sql.instant("u.expected_micros"),
            Sql.instant("u.tick_micros"),
            Sql.instant("u.next_micros"),
            Sql.scope(by),
            TaskRows.RUN);
  }

  private static Arguments arguments(Claimant by, List<Claiming> ticks, String state) {
    return Arguments.of(
        by,
        Arguments.Column.of("text", ticks, Claiming::task),
        Arguments.Column.of("int8", ticks, tick -> Arguments.micros(tick.expectedNext())),
        Arguments.Column.of("int8", ticks, tick -> Arguments.micros(tick.tick())),
        Arguments.Column.of(
            "int8", ticks, tick -> tick.nextDue().map(Arguments::micros).orElse(null)),
        Arguments.Column.of("int4", ticks, Claiming::passedOver),
        state);
  }

  private static String described(List<Claiming> ticks) {
    return ticks.size() == 1
        ? "tick " + ticks.get(0).tick() + " of task " + ticks.get(0).task()
        : ticks.size() + " ticks";
  }

  List<ClaimedRun> claimWaiting(Claimant by, Collection<String> tasks) {
    String sql = "with " + Sql.claimant(by) + CLAIM_WAITING.formatted(Sql.scope(by), TaskRows.RUN);
    return database.call(
        PostgresTaskStore.PORT,
        "claiming waiting ticks of " + tasks.size() + " tasks",
        statements ->
            statements.list(sql, TaskRows::claimed, Arguments.of(by, List.copyOf(tasks))));
  }

  Set<UUID> finish(List<RunEnd> ends) {
    return database.call(
        PostgresTaskStore.PORT,
        "recording the ends of " + ends.size() + " runs",
        statements -> finish(statements, ends));
  }

  /** Records ends on one connection; one statement for each kind of run and end that there is. */
  private Set<UUID> finish(Statements statements, List<RunEnd> ends) throws SQLException {
    Set<UUID> done = new HashSet<>();
    List<RunEnd> ticks = of(RunClaim.Kind.TICK, ends);
    if (!ticks.isEmpty()) {
      done.addAll(statements.list(FINISH, row -> row.uuid("id"), ends(ticks)));
    }
    done.addAll(oneShots.finish(statements, of(RunClaim.Kind.ONE_SHOT, ends)));
    return done;
  }

  private static List<RunEnd> of(RunClaim.Kind kind, List<RunEnd> ends) {
    return ends.stream().filter(end -> end.claim().kind() == kind).toList();
  }

  static Arguments ends(List<RunEnd> ends) {
    return Arguments.of(
        Arguments.Column.of("uuid", ends, end -> end.claim().run()),
        Arguments.Column.of("int4", ends, end -> end.claim().attempt()),
        Arguments.Column.of("text", ends, end -> end.how().name()),
        Arguments.Column.of("text", ends, end -> TaskRows.kept(end.error())),
        Arguments.Column.of("int8", ends, end -> Arguments.micros(end.pause())));
  }

  /** Records one end in a transaction that is open; false if the claim is lost. */
  boolean finishIn(Statements statements, RunEnd end) throws SQLException {
    return !finish(statements, List.of(end)).isEmpty();
  }

  /** Holds the row of a claim until the transaction ends; false if it is lost. */
  static boolean own(Statements statements, RunClaim claim) throws SQLException {
    return claim.kind() == RunClaim.Kind.ONE_SHOT
        ? OneShotTable.own(statements, claim)
        : statements.any(OWN, Arguments.of(claim.run(), claim.attempt()));
  }

  /** Tells whether the claim's success is committed; waits for one that is being committed. */
  static boolean ended(Statements statements, RunClaim claim) throws SQLException {
    return claim.kind() == RunClaim.Kind.ONE_SHOT
        ? OneShotTable.ended(statements, claim)
        : statements.any(ENDED, Arguments.of(claim.run(), claim.attempt()));
  }

  int reclaim(Fence fence, Optional<InstanceId> attestedDead, Duration silence) {
    return count(
        "reclaiming lost runs of " + fence.agent(),
        RECLAIM,
        Arguments.of(fence, fence.agent(), fence.agent(), fence.agent(), attestedDead, silence));
  }

  int disown(Claimant by, Set<UUID> known) {
    return count(
        "giving back what " + by.agent() + " does not know of",
        DISOWN,
        Arguments.of(
            by.agent(),
            by.agent(),
            by.agent(),
            by.instance(),
            Arguments.Column.of("uuid", known, id -> id),
            by.agent()));
  }

  private int count(String operation, String sql, Arguments arguments) {
    return database
        .call(
            PostgresTaskStore.PORT,
            operation,
            statements -> statements.first(sql, row -> (int) row.number("count"), arguments))
        .orElse(0);
  }
}
