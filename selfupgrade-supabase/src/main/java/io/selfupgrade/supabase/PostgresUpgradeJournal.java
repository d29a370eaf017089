package io.selfupgrade.supabase;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.InstanceId;
import io.selfupgrade.agent.Version;
import io.selfupgrade.upgrade.FailedVersion;
import io.selfupgrade.upgrade.Reason;
import io.selfupgrade.upgrade.StepRecord;
import io.selfupgrade.upgrade.Trigger;
import io.selfupgrade.upgrade.UpgradeJournal;
import io.selfupgrade.upgrade.UpgradePhase;
import io.selfupgrade.upgrade.UpgradeRecord;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/** The journal: each protected write is one statement that has the fence in its FROM. */
final class PostgresUpgradeJournal implements UpgradeJournal {

  private static final String PORT = "UpgradeJournal";

  private static final Set<UpgradePhase> DECIDED_WITH_THE_LEASE =
      EnumSet.of(UpgradePhase.HANDED_OVER, UpgradePhase.CONFIRMED);

  private static final String OPEN =
      "with "
          + Sql.FENCE
          + ", u as (insert into selfupgrade.upgrades (agent, trigger, from_version)"
          + " select f.agent, ?, ? from f on conflict do nothing returning *) select "
          + UpgradeRows.COLUMNS
          + " from u";

  private static final String JOIN =
      "with "
          + Sql.FENCE
          + " select "
          + UpgradeRows.COLUMNS
          + " from f join selfupgrade.upgrades u on u.agent = f.agent and u.phase in "
          + Sql.OPEN_PHASES;

  private static final String TARGET =
      "with "
          + Sql.FENCE
          + """
            update selfupgrade.upgrades u set to_version = ?, manifest_sha256 = ?
              from f where u.agent = f.agent and u.id = ? and u.phase = 'OPEN'
            """;

  private static final String MOVE =
      "with "
          + Sql.FENCE
          + """
            , m as (
              update selfupgrade.upgrades u
                 set phase = ?, phase_at = clock_timestamp(),
                     trial_at = case when ? then clock_timestamp() else u.trial_at end,
                     reason_code = coalesce(?, u.reason_code), reason = coalesce(?, u.reason),
                     retryable = coalesce(?::boolean, u.retryable)
                from f where u.agent = f.agent and u.id = ? and u.phase = ?
              returning u.agent, u.phase, u.to_version),
            s as (
              update selfupgrade.agent_state a
                 set candidate_version =
                     case when m.phase = 'TRIAL' then m.to_version
                          when m.phase in %s then a.candidate_version end
                from m where a.name = m.agent)
            select pg_notify('%s', m.agent) from m
            """
              .formatted(Sql.OPEN_PHASES, Sql.CHANNEL);

  private static final String RECORD =
      "with "
          + Sql.FENCE
          + """
            insert into selfupgrade.upgrade_steps
                   (upgrade, agent, step, event, detail, instance, epoch, launcher, sequence)
            select u.id, u.agent, ?, ?, ?, ?, ?, ?, ?::bigint
              from f join selfupgrade.upgrades u on u.agent = f.agent
             where u.id = ?
            on conflict (launcher, sequence) do nothing
            """;

  private static final String ANSWER =
      "with "
          + Sql.FENCE
          + """
            update selfupgrade.upgrade_requests r set upgrade = u.id, answered_at = clock_timestamp()
              from f join selfupgrade.upgrades u on u.agent = f.agent
             where u.id = ? and r.agent = f.agent and r.upgrade is null
               and (r.trigger <> 'WEBHOOK' or (u.phase = 'OPEN' and u.to_version is null))
            """;

  private static final String ADOPT =
      "with "
          + Sql.FENCE
          + """
            , a as (
              update selfupgrade.agent_state s set version = ?, candidate_version = null
                from f
               where s.name = f.agent
                 and not exists (select from selfupgrade.upgrades u
                                  where u.agent = f.agent and u.phase in %s)
              returning s.name, f.holder, f.epoch)
            insert into selfupgrade.upgrade_steps (agent, step, event, detail, instance, epoch)
            select a.name, 'VERIFY', 'ADOPTED', ?, a.holder, a.epoch from a
            """
              .formatted(Sql.OPEN_PHASES);

  private final Database database;
  private final PostgresTrialDecisions trials;
  private final FailedVersions failed;
  private final PostgresFreezes freezes;

  PostgresUpgradeJournal(Database database) {
    this.database = database;
    this.trials = new PostgresTrialDecisions(database);
    this.failed = new FailedVersions(database);
    this.freezes = new PostgresFreezes(database);
  }

  private <T> T call(String operation, Database.Work<T> work) {
    return database.call(PORT, operation, work);
  }

  @Override
  public Optional<UpgradeRecord> open(Fence fence, Trigger trigger, Version from) {
    return call(
        "opening an upgrade of " + fence.agent(),
        statements -> {
          Optional<UpgradeRecord> opened =
              statements.first(OPEN, UpgradeRows::upgrade, Arguments.of(fence, trigger, from));
          return opened.isPresent()
              ? opened
              : statements.first(JOIN, UpgradeRows::upgrade, Arguments.of(fence));
        });
  }

  @Override
  public Optional<UpgradeRecord> openUpgrade(AgentName agent) {
    return upgrades("u.agent = ? and u.phase in " + Sql.OPEN_PHASES, agent).stream().findFirst();
  }

  @Override
  public Optional<UpgradeRecord> find(UUID upgrade) {
    return upgrades("u.id = ?", upgrade).stream().findFirst();
  }

  @Override
  public List<UpgradeRecord> history(AgentName agent, int limit) {
    return upgrades("u.agent = ? order by u.seq desc limit ?", agent, limit);
  }

  @Override
  public List<UpgradeRecord> historyOf(AgentName agent, String build, int limit) {
    return upgrades(
        "u.agent = ? and u.manifest_sha256 = ? and not exists (select from"
            + " selfupgrade.failed_versions v where v.agent = u.agent and v.version = u.to_version"
            + " and v.forgiven_at > u.phase_at) order by u.seq desc limit ?",
        agent,
        build,
        limit);
  }

  private List<UpgradeRecord> upgrades(String where, Object... values) {
    return call(
        "reading upgrades",
        statements ->
            statements.list(
                "select " + UpgradeRows.COLUMNS + " from selfupgrade.upgrades u where " + where,
                UpgradeRows::upgrade,
                Arguments.of(values)));
  }

  @Override
  public boolean target(Fence fence, UUID upgrade, UpgradeRecord.Target target) {
    return changes(
        "naming the target of upgrade " + upgrade,
        TARGET,
        Arguments.of(fence, target.version(), target.manifestSha256(), upgrade));
  }

  @Override
  public boolean move(
      Fence fence, UUID upgrade, UpgradePhase from, UpgradePhase to, Optional<Ending> ending) {
    if (!from.canMoveTo(to) || DECIDED_WITH_THE_LEASE.contains(to)) {
      return false;
    }
    Optional<Reason> reason = ending.map(Ending::reason);
    Arguments arguments =
        Arguments.of(
            fence,
            to,
            to == UpgradePhase.TRIAL,
            reason.map(Reason::code),
            reason.map(Reason::message),
            ending.map(Ending::retryable),
            upgrade,
            from);
    return call(
        "moving upgrade " + upgrade + " from " + from + " to " + to,
        statements -> statements.any(MOVE, arguments));
  }

  @Override
  public boolean record(Fence fence, UUID upgrade, StepRecord step) {
    return changes(
        "recording a step of upgrade " + upgrade,
        RECORD,
        stepArguments(fence, upgrade, step, Optional.empty(), Optional.empty()));
  }

  @Override
  public boolean copyLauncherEntry(
      Fence fence, UUID upgrade, String launcher, long sequence, StepRecord step) {
    return changes(
        "copying entry " + sequence + " of launcher " + launcher,
        RECORD,
        stepArguments(fence, upgrade, step, Optional.of(launcher), Optional.of(sequence)));
  }

  private static Arguments stepArguments(
      Fence fence,
      UUID upgrade,
      StepRecord step,
      Optional<String> launcher,
      Optional<Long> sequence) {
    return Arguments.of(
        fence,
        step.step(),
        step.event(),
        step.detail().replace("\u0000", "\uFFFD"),
        step.instance(),
        step.epoch(),
        launcher,
        sequence,
        upgrade);
  }

  @Override
  public List<StepRecord> steps(UUID upgrade) {
    return call(
        "reading the steps of upgrade " + upgrade,
        statements ->
            statements.list(
                "select step, event, detail, instance, epoch, at from selfupgrade.upgrade_steps"
                    + " where upgrade = ? order by id",
                UpgradeRows::step,
                Arguments.of(upgrade)));
  }

  @Override
  public UUID request(AgentName agent, Trigger trigger) {
    return call(
        "filing a request of " + agent,
        statements ->
            statements
                .first(
                    "with r as (insert into selfupgrade.upgrade_requests (agent, trigger)"
                        + " values (?, ?) returning id, agent)"
                        + " select r.id, pg_notify('"
                        + Sql.CHANNEL
                        + "', r.agent) from r",
                    row -> row.uuid("id"),
                    Arguments.of(agent, trigger))
                .orElseThrow());
  }

  @Override
  public boolean answerRequests(Fence fence, UUID upgrade) {
    return changes("answering requests", ANSWER, Arguments.of(fence, upgrade));
  }

  @Override
  public Optional<Trigger> waitingRequest(AgentName agent) {
    return call(
        "reading the requests of " + agent,
        statements ->
            statements.first(
                "select trigger from selfupgrade.upgrade_requests"
                    + " where agent = ? and upgrade is null order by seq limit 1",
                row -> row.constant(Trigger.class, "trigger"),
                Arguments.of(agent)));
  }

  @Override
  public Optional<UUID> answerOf(UUID request) {
    return call(
            "reading request " + request,
            statements ->
                statements.first(
                    "select upgrade from selfupgrade.upgrade_requests where id = ?",
                    row -> row.uuidIfAny("upgrade"),
                    Arguments.of(request)))
        .flatMap(answer -> answer);
  }

  @Override
  public boolean listFailed(Fence fence, Version version, String manifestSha256, Reason reason) {
    return failed.listFailed(fence, version, manifestSha256, reason);
  }

  @Override
  public List<FailedVersion> failedVersions(AgentName agent) {
    return failed.failedVersions(agent);
  }

  @Override
  public boolean forgive(AgentName agent, Version version) {
    return failed.forgive(agent, version);
  }

  @Override
  public Optional<String> frozen(AgentName agent) {
    return freezes.frozen(agent);
  }

  @Override
  public Optional<Instant> frozenSince(AgentName agent) {
    return freezes.frozenSince(agent);
  }

  @Override
  public void freeze(AgentName agent, String why) {
    freezes.freeze(agent, why);
  }

  @Override
  public void unfreeze(AgentName agent) {
    freezes.unfreeze(agent);
  }

  @Override
  public Optional<Version> confirmedVersion(AgentName agent) {
    return call(
        "reading the confirmed version of " + agent,
        statements ->
            statements.first(
                "select version from selfupgrade.agent_state where name = ?",
                row -> row.version("version"),
                Arguments.of(agent)));
  }

  @Override
  public boolean adopt(Fence fence, Version version) {
    return database.transaction(
        PORT,
        "adopting version " + version,
        statements ->
            statements.any(Sql.LEAD_FOR_UPDATE, Arguments.of(fence))
                && statements.update(
                        ADOPT,
                        Arguments.of(fence, version, "version " + version + " runs and leads"))
                    > 0);
  }

  private boolean changes(String operation, String sql, Arguments arguments) {
    return call(operation, statements -> statements.update(sql, arguments) > 0);
  }

  @Override
  public Optional<Fence> handOver(
      Fence fence, UUID upgrade, InstanceId candidate, Duration ttl, Duration limit) {
    return trials.handOver(fence, upgrade, candidate, ttl, limit);
  }

  @Override
  public boolean resume(Fence fence, UUID upgrade, Duration remaining) {
    return trials.resume(fence, upgrade, remaining);
  }

  @Override
  public boolean selfCheck(Fence fence, UUID upgrade, Optional<Reason> failure) {
    return trials.selfCheck(fence, upgrade, failure);
  }

  @Override
  public boolean look(UUID upgrade, Version fromVersion, Optional<Reason> failure) {
    return trials.look(upgrade, fromVersion, failure);
  }

  @Override
  public Optional<Fence> goBack(
      UUID upgrade, Version fromVersion, InstanceId instance, Duration ttl, Ending ending) {
    return trials.goBack(upgrade, fromVersion, instance, ttl, ending);
  }

  @Override
  public boolean confirm(Fence fence, UUID upgrade, Duration ttl) {
    return trials.confirm(fence, upgrade, ttl);
  }
}
