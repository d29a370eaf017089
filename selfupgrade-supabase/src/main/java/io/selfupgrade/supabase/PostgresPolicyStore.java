package io.selfupgrade.supabase;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.Version;
import io.selfupgrade.upgrade.PolicyStore;
import io.selfupgrade.upgrade.SignedDocument;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;

/** What policies remember; each write is one statement that decides by itself. */
final class PostgresPolicyStore implements PolicyStore {

  private static final String PORT = "PolicyStore";

  private static final String SAW =
      """
      insert into selfupgrade.release_indexes as i (agent, channel, serial) values (?, ?, ?)
      on conflict (agent, channel) do update
         set serial = greatest(i.serial, excluded.serial), seen_at = clock_timestamp()
      """;

  private static final String DECIDE =
      """
      insert into selfupgrade.upgrade_verdicts (upgrade, approved, by, why)
      select u.id, ?, ?, ? from selfupgrade.upgrades u
       where u.id = ? and u.phase = 'AWAITING_APPROVAL' and u.manifest_sha256 = ?
         for share
      on conflict do nothing
      """;

  /** The least of what the server, the database and the login still allow. */
  private static final String FREE =
      """
      with used as (
        select count(*) as by_all,
               count(*) filter (where datname = current_database()) as by_database,
               count(*) filter (where usename = current_user) as by_login
          from pg_stat_activity where usesysid is not null and datid is not null)
      select least(
          current_setting('max_connections')::bigint
            - current_setting('superuser_reserved_connections')::bigint
            - coalesce(current_setting('reserved_connections', true)::bigint, 0) - used.by_all,
          (select d.datconnlimit - used.by_database from pg_database d
            where d.datname = current_database() and d.datconnlimit >= 0),
          (select r.rolconnlimit - used.by_login from pg_roles r
            where r.rolname = current_user and r.rolconnlimit >= 0)) as free
        from used
      """;

  private static final String ANSWER_ROLLBACK =
      "with "
          + Sql.FENCE
          + """
            update selfupgrade.rollback_requests r set upgrade = u.id, answered_at = clock_timestamp()
              from f join selfupgrade.upgrades u on u.agent = f.agent
             where u.id = ? and r.id = ? and r.agent = f.agent and r.upgrade is null
            """;

  private final Database database;

  PostgresPolicyStore(Database database) {
    this.database = database;
  }

  @Override
  public Instant now() {
    return database
        .call(
            PORT,
            "reading the time",
            statements ->
                statements.first(
                    "select clock_timestamp() as now", row -> row.instant("now"), Arguments.of()))
        .orElseThrow();
  }

  @Override
  public Optional<SeenIndex> seen(AgentName agent, String channel) {
    return database.call(
        PORT,
        "reading what was seen of channel " + channel,
        statements ->
            statements.first(
                "select serial, seen_at from selfupgrade.release_indexes"
                    + " where agent = ? and channel = ?",
                row -> new SeenIndex(row.number("serial"), row.instant("seen_at")),
                Arguments.of(agent, channel)));
  }

  @Override
  public void saw(AgentName agent, String channel, long serial) {
    database.call(
        PORT,
        "noting the index of channel " + channel,
        statements -> statements.update(SAW, Arguments.of(agent, channel, serial)));
  }

  @Override
  public Optional<Version> floor(AgentName agent) {
    return database
        .call(
            PORT,
            "reading the floor of " + agent,
            statements ->
                statements.first(
                    "select floor from selfupgrade.agent_state where name = ?",
                    row -> row.textIfAny("floor"),
                    Arguments.of(agent)))
        .flatMap(floor -> floor)
        .map(Version::parse);
  }

  @Override
  public boolean decide(UUID upgrade, String manifestSha256, Verdict verdict) {
    Arguments arguments =
        Arguments.of(verdict.approved(), verdict.by(), verdict.why(), upgrade, manifestSha256);
    return database.call(
        PORT,
        "deciding upgrade " + upgrade,
        statements -> statements.update(DECIDE, arguments) > 0);
  }

  @Override
  public Optional<Verdict> verdict(UUID upgrade) {
    return database.call(
        PORT,
        "reading what was decided about upgrade " + upgrade,
        statements ->
            statements.first(
                "select approved, by, why from selfupgrade.upgrade_verdicts where upgrade = ?",
                row -> new Verdict(row.flag("approved"), row.text("by"), row.text("why")),
                Arguments.of(upgrade)));
  }

  @Override
  public UUID askRollback(AgentName agent, Version to, String by) {
    return database
        .call(
            PORT,
            "asking for the way back to " + to,
            statements ->
                statements.first(
                    "with r as (insert into selfupgrade.rollback_requests (agent, to_version, by)"
                        + " values (?, ?, ?) returning id, agent)"
                        + " select r.id, pg_notify('"
                        + Sql.CHANNEL
                        + "', r.agent) from r",
                    row -> row.uuid("id"),
                    Arguments.of(agent, to, by)))
        .orElseThrow();
  }

  @Override
  public Optional<WantedRollback> waitingRollback(AgentName agent) {
    return database.call(
        PORT,
        "reading the wishes to go back of " + agent,
        statements ->
            statements.first(
                "select id, to_version, by from selfupgrade.rollback_requests"
                    + " where agent = ? and upgrade is null order by seq limit 1",
                row ->
                    new WantedRollback(row.uuid("id"), row.version("to_version"), row.text("by")),
                Arguments.of(agent)));
  }

  @Override
  public boolean answerRollback(Fence fence, UUID wish, UUID upgrade) {
    return database.call(
        PORT,
        "answering wish " + wish,
        statements -> statements.update(ANSWER_ROLLBACK, Arguments.of(fence, upgrade, wish)) > 0);
  }

  @Override
  public Map<String, String> revokedKeys(AgentName agent) {
    return database
        .call(
            PORT,
            "reading the revoked keys of " + agent,
            statements ->
                statements.list(
                    "select key_id, release from selfupgrade.revoked_keys where agent = ?",
                    row -> Map.entry(row.text("key_id"), row.text("release")),
                    Arguments.of(agent)))
        .stream()
        .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
  }

  @Override
  public void revoke(AgentName agent, Set<String> keys, Version by) {
    database.call(
        PORT,
        "revoking keys of " + agent,
        statements ->
            statements.update(
                "insert into selfupgrade.revoked_keys (agent, key_id, release)"
                    + " select ?, key, ? from unnest(?) key on conflict do nothing",
                Arguments.of(agent, by, keys)));
  }

  @Override
  public List<SignedDocument> keyChanges(AgentName agent) {
    return database.call(
        PORT,
        "reading the changes of keys of " + agent,
        statements ->
            statements.list(
                "select manifest, signatures from selfupgrade.key_changes"
                    + " where agent = ? order by seq",
                row -> new SignedDocument(row.bytes("manifest"), row.bytes("signatures")),
                Arguments.of(agent)));
  }

  @Override
  public void noteKeyChange(AgentName agent, SignedDocument manifest) {
    database.call(
        PORT,
        "noting a change of keys of " + agent,
        statements ->
            statements.update(
                "insert into selfupgrade.key_changes (agent, manifest, signatures)"
                    + " values (?, ?, ?) on conflict do nothing",
                Arguments.of(agent, manifest.document(), manifest.signatures())));
  }

  @Override
  public OptionalLong freeConnections() {
    return OptionalLong.of(
        database
            .call(
                PORT,
                "counting free connections",
                statements -> statements.first(FREE, row -> row.number("free"), Arguments.of()))
            .orElseThrow());
  }
}
