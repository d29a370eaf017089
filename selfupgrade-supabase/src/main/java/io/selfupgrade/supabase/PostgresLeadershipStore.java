package io.selfupgrade.supabase;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.InstanceId;
import io.selfupgrade.failover.Acquisition;
import io.selfupgrade.failover.InstanceRecord;
import io.selfupgrade.failover.LeadershipSession;
import io.selfupgrade.failover.LeadershipStore;
import io.selfupgrade.failover.Lease;
import io.selfupgrade.failover.SessionLock;
import io.selfupgrade.failover.Succession;
import io.selfupgrade.failover.TakeOver;
import io.selfupgrade.upgrade.ReasonCode;
import io.selfupgrade.upgrade.UpgradePhase;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;

/** The leadership row, changed by compare-and-set on the database's clock. */
final class PostgresLeadershipStore implements LeadershipStore {

  private static final String PORT = "LeadershipStore";
  private static final Duration SHORTEST_ANSWER = Duration.ofMillis(500);

  private static final String READ =
      "select agent, holder, epoch, lock_held, "
          + Sql.remaining("expires_at")
          + " as remaining from selfupgrade.leadership where agent = ?";

  private static final String RENEW =
      """
      with r as (
        update selfupgrade.leadership
           set expires_at = clock_timestamp() + %s, lock_held = ?, lock_pid = ?, lock_backend_start = ?
         where agent = ? and holder = ? and epoch = ? and expires_at >= clock_timestamp()
        returning agent, holder),
      s as (update selfupgrade.agent_state a set health_check = clock_timestamp()
              from r where a.name = r.agent),
      i as (update selfupgrade.instances n set heartbeat_at = clock_timestamp()
              from r where n.id = r.holder)
      select 1 from r
      """
          .formatted(Sql.SPAN);

  private static final String RELEASE =
      """
      with r as (
        update selfupgrade.leadership
           set expires_at = clock_timestamp() - interval '1 millisecond',
               lock_held = false, lock_pid = null, lock_backend_start = null
         where agent = ? and holder = ? and epoch = ? and expires_at >= clock_timestamp()
        returning agent)
      select pg_notify('%s', r.agent) from r
      """
          .formatted(Sql.CHANNEL);

  private static final String TAKE =
      """
      update selfupgrade.leadership
         set holder = ?, epoch = epoch + 1, expires_at = clock_timestamp() + %s,
             lock_held = false, lock_pid = null, lock_backend_start = null
       where agent = ? and holder = ? and epoch = ?
      returning agent, holder, epoch
      """
          .formatted(Sql.SPAN);

  private static final String FIRST =
      """
      insert into selfupgrade.leadership (agent, holder, epoch, expires_at)
      values (?, ?, 1, clock_timestamp() + %s)
      on conflict do nothing
      returning agent, holder, epoch
      """
          .formatted(Sql.SPAN);

  private static final String FIRST_STATE =
      """
      insert into selfupgrade.agent_state (name, version, config)
      select ?, ?, coalesce((select jsonb_object_agg(t.key, t.value)
                               from selfupgrade.settings t where t.agent = ?), '{}')
      on conflict (name) do nothing
      """;

  private static final String OPEN_UPGRADE =
      "select id, phase, candidate from selfupgrade.upgrades where agent = ? and phase in "
          + Sql.OPEN_PHASES;

  private static final String ROLL_BACK =
      """
      update selfupgrade.upgrades
         set phase = 'ROLLING_BACK', phase_at = clock_timestamp(),
             reason_code = case when look = 'FAILED' then look_code else ? end,
             reason = case when look = 'FAILED' then look_reason else ? end,
             retryable = true
       where id = ? and phase = 'HANDED_OVER'
      """;

  private static final String MAY_BE_GIVEN =
      """
      select 1 from selfupgrade.instances i
        join selfupgrade.agent_state s on s.name = i.agent and s.version = i.version
       where i.agent = ? and i.id = ? and i.stopped_at is null
         and not exists (select from selfupgrade.upgrades u where u.agent = i.agent and u.phase in %s)
      """
          .formatted(Sql.OPEN_PHASES);

  private final Database database;

  PostgresLeadershipStore(Database database) {
    this.database = database;
  }

  @Override
  public Optional<Lease> read(AgentName agent) {
    return database.call(
        PORT,
        "reading who leads " + agent,
        statements -> statements.first(READ, PostgresLeadershipStore::lease, Arguments.of(agent)));
  }

  private static Lease lease(Row row) throws SQLException {
    return new Lease(row.fence(), row.duration("remaining"), row.flag("lock_held"));
  }

  @Override
  public Acquisition acquire(InstanceRecord candidate, TakeOver way, Duration ttl) {
    return database.transaction(
        PORT,
        "taking the lead of " + candidate.agent(),
        statements -> {
          Optional<Lease> lease = lockedLease(statements, candidate.agent());
          if (lease.isEmpty()) {
            Optional<Fence> first = first(statements, candidate, ttl);
            if (first.isPresent()) {
              return new Acquisition.Acquired(first.get(), Optional.empty());
            }
            lease = lockedLease(statements, candidate.agent());
          }
          return succeed(statements, lease.orElseThrow(), new Attempt(candidate, way, ttl));
        });
  }

  /** Locks first, then reads: what is read with the lock holds until the transaction ends. */
  private static Optional<Lease> lockedLease(Statements statements, AgentName agent)
      throws SQLException {
    return statements.first(
        READ + " for update", PostgresLeadershipStore::lease, Arguments.of(agent));
  }

  private static Optional<Fence> first(
      Statements statements, InstanceRecord candidate, Duration ttl) throws SQLException {
    AgentName agent = candidate.agent();
    Optional<Fence> fence =
        statements.first(FIRST, Row::fence, Arguments.of(agent, candidate.id(), ttl));
    if (fence.isPresent()) {
      statements.update(FIRST_STATE, Arguments.of(agent, candidate.version(), agent));
      statements.any(Sql.NOTIFY, Arguments.of(agent));
    }
    return fence;
  }

  private record Attempt(InstanceRecord candidate, TakeOver way, Duration ttl) {}

  private static Acquisition succeed(Statements statements, Lease lease, Attempt attempt)
      throws SQLException {
    AgentName agent = attempt.candidate.agent();
    Optional<Succession.OpenUpgrade> open = openUpgrade(statements, agent);
    Succession.Situation situation =
        new Succession.Situation(
            statements.first(
                "select version from selfupgrade.agent_state where name = ?",
                row -> row.version("version"),
                Arguments.of(agent)),
            open);
    Succession.Decision decision =
        Succession.decide(
            Optional.of(lease), attempt.candidate, attempt.way, situation, attempt.ttl);
    if (!decision.granted()) {
      return new Acquisition.Denied(Optional.of(lease), decision.why());
    }
    Fence fence = take(statements, lease.fence(), attempt.candidate.id().value(), attempt.ttl);
    Optional<UUID> goingBack =
        decision.goesBack() ? open.map(Succession.OpenUpgrade::id) : Optional.empty();
    if (goingBack.isPresent()) {
      String why =
          "the candidate was gone, and an instance of "
              + attempt.candidate.version()
              + " took the lead";
      statements.update(ROLL_BACK, Arguments.of(ReasonCode.CANDIDATE_DIED, why, goingBack.get()));
    }
    statements.any(Sql.NOTIFY, Arguments.of(agent));
    return new Acquisition.Acquired(fence, goingBack);
  }

  private static Optional<Succession.OpenUpgrade> openUpgrade(
      Statements statements, AgentName agent) throws SQLException {
    return statements.first(
        OPEN_UPGRADE,
        row ->
            new Succession.OpenUpgrade(
                row.uuid("id"),
                row.constant(UpgradePhase.class, "phase"),
                row.uuidIfAny("candidate").map(InstanceId::new)),
        Arguments.of(agent));
  }

  /** Passes the lead from a holder whose row the transaction has locked. */
  static Fence take(Statements statements, Fence from, UUID holder, Duration ttl)
      throws SQLException {
    return statements
        .first(TAKE, Row::fence, Arguments.of(holder, ttl, from))
        .orElseThrow(() -> new SQLException("the locked leadership row changed", "40001"));
  }

  @Override
  public Optional<Fence> transfer(Fence fence, InstanceId to, Duration ttl) {
    return database.transaction(
        PORT,
        "giving the lead of " + fence.agent() + " to " + to,
        statements -> {
          if (!statements.any(Sql.LEAD_FOR_UPDATE, Arguments.of(fence))
              || !statements.any(MAY_BE_GIVEN, Arguments.of(fence.agent(), to))) {
            return Optional.empty();
          }
          Fence given = take(statements, fence, to.value(), ttl);
          statements.any(Sql.NOTIFY, Arguments.of(fence.agent()));
          return Optional.of(given);
        });
  }

  @Override
  public boolean renew(Fence fence, Duration ttl, Optional<SessionLock> lock) {
    Arguments arguments =
        Arguments.of(
            ttl,
            lock.isPresent(),
            lock.map(SessionLock::backendPid),
            lock.map(SessionLock::backendStart),
            fence);
    return database.call(
        PORT,
        "renewing the lease of " + fence.agent(),
        statements -> {
          Connection connection = statements.connection();
          int before = connection.getNetworkTimeout();
          // An answer that comes after the lease is of no use; better to try another connection.
          connection.setNetworkTimeout(Runnable::run, (int) answerWithin(ttl).toMillis());
          try {
            return statements.any(RENEW, arguments);
          } finally {
            if (!connection.isClosed()) {
              connection.setNetworkTimeout(Runnable::run, before);
            }
          }
        });
  }

  private static Duration answerWithin(Duration ttl) {
    Duration third = ttl.dividedBy(3);
    return third.compareTo(SHORTEST_ANSWER) < 0 ? SHORTEST_ANSWER : third;
  }

  @Override
  public boolean release(Fence fence) {
    return database.call(
        PORT,
        "releasing the lease of " + fence.agent(),
        statements -> statements.any(RELEASE, Arguments.of(fence)));
  }

  /**
   * {@inheritDoc}
   *
   * @throws AdapterException if no connection can be had
   */
  @Override
  public LeadershipSession openSession(AgentName agent) {
    return PostgresSession.open(database, agent);
  }
}
