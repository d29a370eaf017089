package io.selfupgrade.supabase;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.InstanceId;
import io.selfupgrade.agent.Version;
import io.selfupgrade.upgrade.Reason;
import io.selfupgrade.upgrade.TrialDecisions;
import io.selfupgrade.upgrade.UpgradeJournal;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;

/**
 * Decisions on a trial, each one transaction.
 *
 * <p>All that change the lease lock its row first and the upgrade's second, so that no two can wait
 * for each other.
 */
final class PostgresTrialDecisions implements TrialDecisions {

  private static final String PORT = "UpgradeJournal";

  private static final String HAND_OVER =
      """
      update selfupgrade.upgrades
         set phase = 'HANDED_OVER', phase_at = clock_timestamp(), candidate = ?, epoch = ?,
             deadline = clock_timestamp() + %s,
             look = null, look_code = null, look_reason = null, look_at = null,
             self_check = null, self_code = null, self_reason = null, self_at = null
       where id = ? and agent = ? and phase = 'TRIAL'
         and not exists (select from selfupgrade.freezes z where z.agent = upgrades.agent)
      """
          .formatted(Sql.SPAN);

  /** A look that passed was at the process before; one that failed still counts. */
  private static final String RESUME =
      "with "
          + Sql.FENCE
          + """
            update selfupgrade.upgrades u
               set candidate = f.holder, epoch = f.epoch, deadline = clock_timestamp() + %s,
                   look = nullif(u.look, 'PASSED'),
                   self_check = null, self_code = null, self_reason = null, self_at = null
              from f where u.agent = f.agent and u.id = ? and u.phase = 'HANDED_OVER'
            """
              .formatted(Sql.SPAN);

  private static final String SELF_CHECK =
      "with "
          + Sql.FENCE
          + """
            update selfupgrade.upgrades u
               set self_check = ?, self_code = ?, self_reason = ?, self_at = clock_timestamp()
              from f where u.agent = f.agent and u.id = ? and u.phase = 'HANDED_OVER'
            """;

  private static final String LOOK =
      """
      update selfupgrade.upgrades
         set look = ?, look_code = ?, look_reason = ?, look_at = clock_timestamp()
       where id = ? and phase = 'HANDED_OVER' and from_version = ?
      returning agent
      """;

  private static final String GO_BACK =
      """
      update selfupgrade.upgrades
         set phase = 'ROLLING_BACK', phase_at = clock_timestamp(), retryable = ?,
             reason_code = case when look = 'FAILED' then look_code else ? end,
             reason = case when look = 'FAILED' then look_reason else ? end
       where id = ? and phase = 'HANDED_OVER' and from_version = ?
         and (look = 'FAILED' or deadline < clock_timestamp())
      """;

  private static final String CONFIRM =
      """
      with u as (
        update selfupgrade.upgrades u set phase = 'CONFIRMED', phase_at = clock_timestamp()
         where u.id = ? and u.agent = ? and u.phase = 'HANDED_OVER'
           and u.deadline > clock_timestamp()
           and u.look is distinct from 'FAILED'
           and not exists (select from selfupgrade.freezes z where z.agent = u.agent)
           and (u.look = 'PASSED' and u.look_at > clock_timestamp() - %1$s
                or not exists (
                  select from selfupgrade.instances i
                   where i.agent = u.agent and i.version = u.from_version and i.id <> ?
                     and i.stopped_at is null and i.heartbeat_at > clock_timestamp() - %1$s))
        returning u.agent, u.to_version)
      update selfupgrade.agent_state s set version = u.to_version, floor = u.to_version,
             candidate_version = null
        from u where s.name = u.agent
      """
          .formatted(Sql.SPAN);

  private final Database database;

  PostgresTrialDecisions(Database database) {
    this.database = database;
  }

  @Override
  public Optional<Fence> handOver(
      Fence fence, UUID upgrade, InstanceId candidate, Duration ttl, Duration limit) {
    Arguments move = Arguments.of(candidate, fence.epoch() + 1, limit, upgrade, fence.agent());
    return database.transaction(
        PORT,
        "handing over to " + candidate,
        statements -> {
          if (!statements.any(Sql.LEAD_FOR_UPDATE, Arguments.of(fence))
              || statements.update(HAND_OVER, move) == 0) {
            return Optional.empty();
          }
          return Optional.of(pass(statements, fence, candidate, ttl));
        });
  }

  private static Fence pass(Statements statements, Fence from, InstanceId holder, Duration ttl)
      throws SQLException {
    Fence fence = PostgresLeadershipStore.take(statements, from, holder.value(), ttl);
    statements.any(Sql.NOTIFY, Arguments.of(from.agent()));
    return fence;
  }

  @Override
  public boolean resume(Fence fence, UUID upgrade, Duration remaining) {
    return database.call(
        PORT,
        "resuming the trial of upgrade " + upgrade,
        statements -> statements.update(RESUME, Arguments.of(fence, remaining, upgrade)) > 0);
  }

  @Override
  public boolean selfCheck(Fence fence, UUID upgrade, Optional<Reason> failure) {
    Arguments arguments =
        Arguments.of(
            fence,
            verdict(failure),
            failure.map(Reason::code),
            failure.map(Reason::message),
            upgrade);
    return database.call(
        PORT,
        "writing the self-check of upgrade " + upgrade,
        statements -> statements.update(SELF_CHECK, arguments) > 0);
  }

  private static String verdict(Optional<Reason> failure) {
    return failure.isPresent() ? "FAILED" : "PASSED";
  }

  @Override
  public boolean look(UUID upgrade, Version fromVersion, Optional<Reason> failure) {
    Arguments arguments =
        Arguments.of(
            verdict(failure),
            failure.map(Reason::code),
            failure.map(Reason::message),
            upgrade,
            fromVersion);
    return database.call(
        PORT,
        "writing a look at upgrade " + upgrade,
        statements -> statements.any(LOOK, arguments));
  }

  @Override
  public Optional<Fence> goBack(
      UUID upgrade,
      Version fromVersion,
      InstanceId instance,
      Duration ttl,
      UpgradeJournal.Ending ending) {
    Arguments move =
        Arguments.of(
            ending.retryable(),
            ending.reason().code(),
            ending.reason().message(),
            upgrade,
            fromVersion);
    return database.transaction(
        PORT,
        "going back from upgrade " + upgrade,
        statements -> {
          Optional<Fence> holder = lockHolder(statements, upgrade);
          if (holder.isEmpty() || statements.update(GO_BACK, move) == 0) {
            return Optional.empty();
          }
          return Optional.of(pass(statements, holder.get(), instance, ttl));
        });
  }

  private static Optional<Fence> lockHolder(Statements statements, UUID upgrade)
      throws SQLException {
    Optional<AgentName> agent =
        statements.first(
            "select agent from selfupgrade.upgrades where id = ?",
            row -> row.agent("agent"),
            Arguments.of(upgrade));
    if (agent.isEmpty()) {
      return Optional.empty();
    }
    return statements.first(
        "select agent, holder, epoch from selfupgrade.leadership where agent = ? for update",
        Row::fence,
        Arguments.of(agent.get()));
  }

  @Override
  public boolean confirm(Fence fence, UUID upgrade, Duration ttl) {
    return database.transaction(
        PORT,
        "confirming upgrade " + upgrade,
        statements -> {
          Arguments arguments = Arguments.of(upgrade, fence.agent(), ttl, fence.holder(), ttl);
          boolean confirmed =
              statements.any(Sql.LEAD_FOR_UPDATE, Arguments.of(fence))
                  && statements.update(CONFIRM, arguments) > 0;
          if (confirmed) {
            statements.any(Sql.NOTIFY, Arguments.of(fence.agent()));
          }
          return confirmed;
        });
  }
}
