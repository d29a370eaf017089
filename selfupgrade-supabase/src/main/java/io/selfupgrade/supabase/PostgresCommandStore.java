package io.selfupgrade.supabase;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.InstanceId;
import io.selfupgrade.control.Command;
import io.selfupgrade.control.CommandStore;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** Commands; they are filed by the functions of the schema, which others call as well. */
final class PostgresCommandStore implements CommandStore {

  private static final String PORT = "CommandStore";
  private static final int LONGEST_NOTE = 500;

  private static final String FILE =
      "select command, filed from selfupgrade.file_command(?, ?, ?,"
          + " jsonb_strip_nulls(jsonb_build_object('version', ?::text)), "
          + Sql.SPAN
          + ")";

  private static final String FILE_BOTH =
      "select command, filed from selfupgrade.atomic_upgrade_and_deploy(?, ?)";

  /** Most looks find nothing: they cost one index lookup and no lock. */
  private static final String ANY =
      """
      select 1 from selfupgrade.commands
       where agent = ? and state in ('WAITING', 'TAKEN') and outage is null
         and (held_until is null or least(held_until, expires_at) <= clock_timestamp()) limit 1
      """;

  /**
   * How the upgrade before a command ended: what is tried again without a person, or was superseded
   * by a newer release, goes on in the agent's next upgrade.
   */
  private static final String UPGRADE_BEFORE =
      """
      left join selfupgrade.upgrade_requests r on r.id = c.after_request
      left join selfupgrade.upgrades u on u.id = r.upgrade
      left join lateral (
        select n.phase from selfupgrade.upgrades n
         where n.agent = u.agent and n.seq >= u.seq
           and not (n.phase in ('ABORTED', 'ROLLED_BACK')
                    and (n.retryable or n.reason_code is not distinct from 'SUPERSEDED'))
         order by n.seq limit 1) e on true
      """;

  /**
   * What nobody has to look at any more. One that was taken may have been carried out, also by
   * somebody who is gone: it is handed out once more instead.
   */
  private static final String END =
      "with "
          + Sql.FENCE
          + """
            , over as (
              select c.id,
                     case when c.state = 'WAITING' and c.expires_at <= clock_timestamp() then 'EXPIRED'
                          when c.attempts > ? then 'FAILED'
                          when e.phase in ('REFUSED', 'ABORTED', 'ROLLED_BACK', 'ROLLBACK_FAILED') then 'REFUSED'
                     end as ended, e.phase
                from f join selfupgrade.commands c on c.agent = f.agent
            """
          + UPGRADE_BEFORE
          + """
               where c.state in ('WAITING', 'TAKEN') and c.outage is null)
            update selfupgrade.commands c
               set state = o.ended, settled_at = clock_timestamp(),
                   note = left(case o.ended
                                 when 'EXPIRED' then 'its time to live is over'
                                 when 'FAILED' then 'given up after ' || c.attempts || ' attempts'
                                 else 'the upgrade before it ended ' || o.phase end
                               || case when c.note = '' then '' else '; before that: ' || c.note end, 500)
              from over o
             where c.id = o.id and o.ended is not null and c.state in ('WAITING', 'TAKEN')
            """;

  private static final String TAKE =
      "with "
          + Sql.FENCE
          + """
            , next as (
              select c.id, c.taken_by as before,
                     c.state = 'TAKEN' and (c.expires_at <= clock_timestamp() or c.attempts >= ?) as over
                from f join selfupgrade.commands c on c.agent = f.agent
            """
          + UPGRADE_BEFORE
          + """
               where c.state in ('WAITING', 'TAKEN') and c.outage is null
                 and (c.held_until is null or c.held_until <= clock_timestamp())
                 and (c.after_request is null or e.phase in ('CONFIRMED', 'UP_TO_DATE'))
               order by c.seq limit 1 for update of c)
            update selfupgrade.commands c
               set state = 'TAKEN', attempts = c.attempts + 1, taken_by = f.holder, epoch = f.epoch,
                   held_until = null
              from next n, f where c.id = n.id
            returning c.id, c.kind, c.detail ->> 'version' as version, c.attempts, n.before, c.filed_at, n.over
            """;

  private static final String PUT_BACK =
      "with "
          + Sql.FENCE
          + """
            update selfupgrade.commands c
               set state = 'WAITING', attempts = c.attempts - 1, taken_by = null, note = ?,
                   held_until = clock_timestamp() + %s
              from f where c.agent = f.agent and c.id = ? and c.state = 'TAKEN' and c.outage is null
            """
              .formatted(Sql.SPAN);

  private static final String SETTLE =
      "with "
          + Sql.FENCE
          + """
          update selfupgrade.commands c set state = ?, settled_at = clock_timestamp(), note = ?
            from f where c.agent = f.agent and c.id = ? and c.state = 'TAKEN' and c.outage is null
          """;

  private final Database database;

  PostgresCommandStore(Database database) {
    this.database = database;
  }

  @Override
  public Filed file(AgentName agent, Command.Wish wish) {
    return filed(
        "filing a command for " + agent,
        FILE,
        Arguments.of(agent, wish.key(), wish.kind(), wish.version(), wish.within()));
  }

  @Override
  public Filed fileUpgradeAndDeploy(AgentName agent, String key) {
    return filed("filing an upgrade of " + agent, FILE_BOTH, Arguments.of(agent, key));
  }

  private Filed filed(String operation, String sql, Arguments arguments) {
    return database
        .call(
            PORT,
            operation,
            statements ->
                statements.first(
                    sql, row -> new Filed(row.uuid("command"), row.flag("filed")), arguments))
        .orElseThrow();
  }

  @Override
  public Optional<Command> take(Fence fence) {
    boolean any =
        database.call(
            PORT,
            "looking for commands of " + fence.agent(),
            statements -> statements.any(ANY, Arguments.of(fence.agent())));
    if (!any) {
      return Optional.empty();
    }
    return database.transaction(
        PORT,
        "taking a command of " + fence.agent(),
        statements -> {
          statements.update(END, Arguments.of(fence, MOST_ATTEMPTS));
          return statements.first(
              TAKE, PostgresCommandStore::command, Arguments.of(fence, MOST_ATTEMPTS));
        });
  }

  @Override
  public boolean putBack(Fence fence, UUID command, Duration pause, String why) {
    Arguments arguments = Arguments.of(fence, kept(why), pause, command);
    return database.call(
        PORT,
        "putting back command " + command,
        statements -> statements.update(PUT_BACK, arguments) > 0);
  }

  @Override
  public boolean settle(Fence fence, UUID command, State end, String note) {
    Arguments arguments = Arguments.of(fence, end, kept(note), command);
    return database.call(
        PORT,
        "settling command " + command,
        statements -> statements.update(SETTLE, arguments) > 0);
  }

  private static String kept(String note) {
    return note.substring(0, Math.min(LONGEST_NOTE, note.length()));
  }

  @Override
  public List<Entry> newest(AgentName agent, int limit) {
    return database.call(
        PORT,
        "reading the commands of " + agent,
        statements ->
            statements.list(
                "select id, kind, state, attempts, note, filed_at from selfupgrade.commands"
                    + " where agent = ? order by seq desc limit ?",
                PostgresCommandStore::entry,
                Arguments.of(agent, limit)));
  }

  private static Command command(Row row) throws SQLException {
    return new Command(
        row.uuid("id"),
        row.text("kind"),
        row.textIfAny("version"),
        (int) row.number("attempts"),
        row.uuidIfAny("before").map(InstanceId::new),
        row.instant("filed_at"),
        row.flag("over"));
  }

  private static Entry entry(Row row) throws SQLException {
    return new Entry(
        row.uuid("id"),
        row.text("kind"),
        row.constant(State.class, "state"),
        (int) row.number("attempts"),
        row.text("note"),
        row.instant("filed_at"));
  }
}
