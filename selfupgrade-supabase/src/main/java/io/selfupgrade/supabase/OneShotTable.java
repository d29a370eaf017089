package io.selfupgrade.supabase;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.Json;
import io.selfupgrade.schedule.Claimant;
import io.selfupgrade.schedule.ClaimedRun;
import io.selfupgrade.schedule.OneShotBatch;
import io.selfupgrade.schedule.RunClaim;
import io.selfupgrade.schedule.RunEnd;
import io.selfupgrade.schedule.TaskStore.Submitted;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.LongSupplier;

/**
 * Work to be done once: a row that waits, and one that tells how it ended. A batch is a statement.
 */
final class OneShotTable {

  private static final String ROWS =
      """
      insert into selfupgrade.one_shots (id, agent, handler, due, ready_at, payload)
      select u.id, ?, u.handler, d.due, d.due, u.payload::jsonb
        from unnest(?::uuid[], ?::text[], ?::bigint[], ?::text[]%2$s) as u(id, handler, micros, payload%3$s)
       cross join lateral (select coalesce(%1$s, statement_timestamp()) as due) d
      """;

  private static final String SUBMIT =
      "with i as ("
          + ROWS.formatted(Sql.instant("u.micros"), "", "")
          + ") select pg_notify('"
          + Sql.CHANNEL
          + "', ?)";

  /** A key that is known, of this batch or an earlier one, is not taken; nor is its work. */
  private static final String SUBMIT_KEYED =
      """
      with k as (
        insert into selfupgrade.one_shot_keys (agent, key, id)
        select ?, u.key, u.id from unnest(?::uuid[], ?::text[]) as u(id, key) where u.key is not null
        on conflict do nothing returning id),
      i as (
      """
          + ROWS.formatted(Sql.instant("u.micros"), ", ?::text[]", ", key")
          + """
           where u.key is null or exists (select from k where k.id = u.id))
          select pg_notify('%s', ?)
          """
              .formatted(Sql.CHANNEL);

  private static final String KNOWN =
      "select key, id from selfupgrade.one_shot_keys where agent = ? and key = any (?)";

  private static final String CANCEL =
      "delete from selfupgrade.one_shots where agent = ? and id = ? and not running";

  /**
   * Claims some of each handler, those that are ready longest first and come after a {@link
   * ClaimMarks mark}, and tells when the next of each is ready. statement_timestamp is the server's
   * clock and, unlike clock_timestamp, one that an index can be searched by.
   */
  private static final String CLAIM =
      """
      , h as (
        select h.handler, h.most, coalesce(%s, '-infinity') as after_ready, h.after_id
          from unnest(?::text[], ?::integer[], ?::bigint[], ?::uuid[])
            as h(handler, most, micros, after_id)),
      c as (
        update selfupgrade.one_shots s
           set running = true, attempt = s.attempt + 1, holder = f.holder, epoch = f.epoch,
               started_at = clock_timestamp()
          from f
         where s.ctid = any (array(
                 select o.place from h cross join lateral (
                   select w.ctid as place from selfupgrade.one_shots w
                    where w.agent = ? and w.handler = h.handler and not w.running
                      and w.ready_at <= statement_timestamp()
                      and (w.ready_at, w.id) > (h.after_ready, h.after_id)
                    order by w.ready_at, w.id limit h.most for update skip locked) o))
        returning s.id, s.handler, s.due, s.ready_at, s.attempt, s.failures, s.payload, s.epoch)
      select c.id, c.handler, c.due, c.ready_at, c.attempt, c.failures, c.payload, c.epoch,
             null::timestamptz as next, null::timestamptz as now
        from c
      union all
      select null, h.handler, null, null, 0, 0, null, null,
             (select w.ready_at from selfupgrade.one_shots w
               where w.agent = ? and w.handler = h.handler and not w.running
                 and w.ready_at > statement_timestamp()
               order by w.ready_at limit 1),
             statement_timestamp()
        from h
      """
          .formatted(Sql.instant("h.micros"));

  /**
   * A recursive common table expression: the handlers that one-shots of an agent are for, one look
   * into the index each. Takes the agent twice.
   */
  static final String HANDLERS =
      """
      one_handler (handler) as (
        (select s.handler from selfupgrade.one_shots s where s.agent = ? order by s.handler limit 1)
        union all
        select (select s.handler from selfupgrade.one_shots s
                 where s.agent = ? and s.handler > o.handler order by s.handler limit 1)
          from one_handler o where o.handler is not null)
      """;

  /**
   * The one-shots of an agent that are being run, after {@link #HANDLERS}. No index knows them, so
   * that a claim changes no index; they are sought among those that are ready, and by ten minutes
   * more, as the clock may have been set back. Takes the agent three times in all.
   */
  static final String HELD =
      HANDLERS
          + """
      , held as materialized (
        select r.id, r.handler, r.holder from one_handler o cross join lateral (
          select s.id, s.handler, s.holder from selfupgrade.one_shots s
           where s.agent = ? and s.handler = o.handler and s.running
             and s.ready_at <= statement_timestamp() + interval '10 minutes') r)
      """;

  private static final String ENDS =
      """
      with e as (
        select * from unnest(?::uuid[], ?::integer[], ?::text[], ?::text[], ?::bigint[])
                 as e(id, attempt, how, error, pause)),
      """;

  private static final String END =
      ENDS
          + """
          d as (
            delete from selfupgrade.one_shots s using e
             where s.id = e.id and s.attempt = e.attempt and s.running
            returning s.*, e.how, e.error)
          insert into selfupgrade.one_shot_ends
                 (id, agent, handler, due, attempt, failures, state, quarantined, holder, epoch,
                  started_at, error, payload)
          select d.id, d.agent, d.handler, d.due, d.attempt, d.failures,
                 case when d.how = 'SUCCEEDED' then 'SUCCEEDED' else 'FAILED' end,
                 d.how = 'QUARANTINED', d.holder, d.epoch, d.started_at, d.error,
                 case when d.how <> 'SUCCEEDED' then d.payload end
            from d
          returning id
          """;

  private static final String AGAIN =
      ENDS
          + """
          b as (
            update selfupgrade.one_shots s
               set running = false, failures = s.failures + (e.how = 'RETRY')::integer,
                   ready_at = case when e.how = 'RETRY'
                                   then clock_timestamp() + e.pause * interval '1 microsecond'
                                   else s.ready_at end
              from e
             where s.id = e.id and s.attempt = e.attempt and s.running
            returning s.id, s.agent),
          n as (
            select pg_notify('%s', a.agent) from (select distinct b.agent from b) a)
          select b.id, (select count(*) from n) as told from b
          """
              .formatted(Sql.CHANNEL);

  private static final String OWN =
      "select 1 from selfupgrade.one_shots where id = ? and attempt = ? and running for update";

  private static final String ENDED =
      "select 1 from selfupgrade.one_shot_ends"
          + " where id = ? and attempt = ? and state = 'SUCCEEDED'";

  private static final String RELEASE =
      """
      with d as (
        delete from selfupgrade.one_shot_ends
         where agent = ? and id = ? and quarantined and payload is not null returning *)
      insert into selfupgrade.one_shots
             (id, agent, handler, due, ready_at, payload, attempt, holder, epoch, started_at)
      select d.id, d.agent, d.handler, d.due, statement_timestamp(), d.payload, d.attempt, d.holder,
             d.epoch, d.started_at
        from d
      returning pg_notify('%s', agent)
      """
          .formatted(Sql.CHANNEL);

  private final Database database;
  private final ClaimMarks marks;

  OneShotTable(Database database, LongSupplier nanoTime) {
    this.database = database;
    this.marks = new ClaimMarks(nanoTime);
  }

  List<UUID> submit(AgentName agent, List<Submitted> work) {
    List<String> keys = work.stream().flatMap(one -> one.work().key().stream()).toList();
    Map<String, UUID> known =
        database.call(
            PostgresTaskStore.PORT,
            "submitting " + work.size() + " one-shots of " + agent,
            statements -> {
              if (keys.isEmpty()) {
                statements.any(SUBMIT, submission(agent, work, false));
                return Map.of();
              }
              statements.any(SUBMIT_KEYED, submission(agent, work, true));
              return known(statements, agent, keys);
            });
    database.wake(agent);
    return work.stream().map(one -> one.work().key().map(known::get).orElse(one.id())).toList();
  }

  private static Arguments submission(AgentName agent, List<Submitted> work, boolean keyed) {
    Arguments.Column ids = Arguments.Column.of("uuid", work, Submitted::id);
    Arguments.Column keys = Arguments.Column.of("text", work, one -> one.work().key().orElse(null));
    Arguments.Column handlers = Arguments.Column.of("text", work, one -> one.work().handler());
    Arguments.Column due =
        Arguments.Column.of(
            "int8", work, one -> one.work().due().map(Arguments::micros).orElse(null));
    Arguments.Column payloads =
        Arguments.Column.of("text", work, one -> one.work().payload().text());
    return keyed
        ? Arguments.of(agent, ids, keys, agent, ids, handlers, due, payloads, keys, agent)
        : Arguments.of(agent, ids, handlers, due, payloads, agent);
  }

  private static Map<String, UUID> known(Statements statements, AgentName agent, List<String> keys)
      throws SQLException {
    Map<String, UUID> known = new HashMap<>();
    statements.list(
        KNOWN,
        row -> known.put(row.text("key"), row.uuid("id")) == null,
        Arguments.of(agent, keys));
    return known;
  }

  boolean cancel(AgentName agent, UUID work) {
    return database.call(
            PostgresTaskStore.PORT,
            "cancelling one-shot " + work,
            statements -> statements.update(CANCEL, Arguments.of(agent, work)))
        > 0;
  }

  OneShotBatch claim(Claimant by, Map<String, Integer> most) {
    List<ClaimMarks.Ask> asks = marks.asks(by.agent(), most);
    Batch batch = claim(by, asks, new Batch(by, most));
    List<ClaimMarks.Ask> again = marks.found(by.agent(), asks, batch.counts, batch.last);
    return (again.isEmpty() ? batch : claim(by, again, batch)).result();
  }

  /** Adds to what was claimed: nothing of a statement whose answer was lost. */
  private Batch claim(Claimant by, List<ClaimMarks.Ask> asks, Batch before) {
    Arguments.Column handlers = Arguments.Column.of("text", asks, ClaimMarks.Ask::handler);
    Arguments.Column numbers = Arguments.Column.of("int4", asks, ClaimMarks.Ask::most);
    Arguments.Column micros = Arguments.Column.of("int8", asks, ask -> ask.after().microsIfAny());
    Arguments.Column ids = Arguments.Column.of("uuid", asks, ask -> ask.after().id());
    Batch[] batch = {before};
    database.call(
        PostgresTaskStore.PORT,
        "claiming one-shots of " + by.agent(),
        statements -> {
          batch[0] = new Batch(before);
          return statements.list(
              "with " + Sql.claimant(by) + CLAIM,
              batch[0]::add,
              Arguments.of(by, handlers, numbers, micros, ids, by.agent(), by.agent()));
        });
    return batch[0];
  }

  /** The rows of a claim. */
  private static final class Batch {
    private final Claimant by;
    private final Map<String, Integer> asked;
    private final List<ClaimedRun> claimed = new ArrayList<>();
    private final Map<String, Integer> counts = new HashMap<>();
    private final Map<String, ClaimMarks.Place> last = new HashMap<>();
    private final Map<String, Instant> next = new HashMap<>();
    private Instant now = Instant.EPOCH;

    private Batch(Claimant by, Map<String, Integer> asked) {
      this.by = by;
      this.asked = asked;
    }

    private Batch(Batch before) {
      this(before.by, before.asked);
      claimed.addAll(before.claimed);
      counts.putAll(before.counts);
      next.putAll(before.next);
    }

    private boolean add(Row row) throws SQLException {
      String handler = row.text("handler");
      Optional<UUID> id = row.uuidIfAny("id");
      if (id.isEmpty()) {
        now = row.instant("now");
        row.instantIfAny("next").ifPresent(ready -> next.put(handler, ready));
        return true;
      }
      ClaimMarks.Place place = ClaimMarks.Place.of(row.instant("ready_at"), id.get());
      last.merge(handler, place, ClaimMarks.Place::later);
      Fence fence = new Fence(by.agent(), by.instance(), row.number("epoch"));
      RunClaim claim =
          new RunClaim(
              id.get(),
              RunClaim.Kind.ONE_SHOT,
              handler,
              row.instant("due"),
              (int) row.number("attempt"),
              fence);
      claimed.add(
          new ClaimedRun(claim, Json.of(row.text("payload")), (int) row.number("failures")));
      counts.merge(handler, 1, Integer::sum);
      return true;
    }

    private OneShotBatch result() {
      // Where as many came as were asked for, there may be more that are due.
      asked.forEach(
          (handler, most) -> {
            if (counts.getOrDefault(handler, 0) >= most) {
              next.put(handler, now);
            }
          });
      claimed.sort(Comparator.comparing(run -> run.claim().due()));
      return new OneShotBatch(now, claimed, next);
    }
  }

  Set<UUID> finish(Statements statements, List<RunEnd> ends) throws SQLException {
    Set<UUID> done = new HashSet<>();
    finish(statements, END, ends.stream().filter(end -> !end.how().again()).toList(), done);
    finish(statements, AGAIN, ends.stream().filter(end -> end.how().again()).toList(), done);
    return done;
  }

  private static void finish(Statements statements, String sql, List<RunEnd> ends, Set<UUID> done)
      throws SQLException {
    if (!ends.isEmpty()) {
      done.addAll(statements.list(sql, row -> row.uuid("id"), TaskTicks.ends(ends)));
    }
  }

  /** Holds the row of a claim until the transaction ends; false if it is lost. */
  static boolean own(Statements statements, RunClaim claim) throws SQLException {
    return statements.any(OWN, Arguments.of(claim.run(), claim.attempt()));
  }

  /** Tells whether the claim's success is committed; waits for one that is being committed. */
  static boolean ended(Statements statements, RunClaim claim) throws SQLException {
    own(statements, claim);
    return statements.any(ENDED, Arguments.of(claim.run(), claim.attempt()));
  }

  boolean release(AgentName agent, UUID run) {
    return database.call(
        PostgresTaskStore.PORT,
        "releasing one-shot " + run,
        statements -> statements.any(RELEASE, Arguments.of(agent, run)));
  }
}
