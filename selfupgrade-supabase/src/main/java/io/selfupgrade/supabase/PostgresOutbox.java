package io.selfupgrade.supabase;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Fence;
import io.selfupgrade.observe.LogEvent;
import io.selfupgrade.observe.Notification;
import io.selfupgrade.observe.Outbox;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;

/** Notifications on their way; each decision is one statement. */
final class PostgresOutbox implements Outbox {

  private static final String PORT = "Outbox";
  private static final int LONGEST_NOTE = 500;

  private static final String FILE =
      """
      insert into selfupgrade.notifications (agent, event, notifier, kind, title, body, instance, epoch)
      select ?, ?, n, ?, ?, ?, ?, ? from unnest(?::text[]) n
      on conflict (agent, event, notifier) do nothing
      """;

  private static final String COLUMNS =
      "n.id, n.agent, n.event, n.notifier, n.kind, n.title, n.body, n.state, n.attempts,"
          + " n.filed_at, "
          + Sql.age("n.filed_at")
          + " as age";

  /**
   * Beside the agent's own, what is to be told of another agent that is down, whose own primary is
   * not there to tell it: by a notifier which this agent has declared, too.
   */
  private static final String CLAIM =
      "with "
          + Sql.FENCE
          + """
          , those as (
            select f.agent from f
            union select o.agent from selfupgrade.outages o, f where o.ended_at is null)
          , c as (
            select n.id from those join selfupgrade.notifications n on n.agent = those.agent, f
             where n.state = 'WAITING' and n.due_at <= clock_timestamp()
               and (n.agent = f.agent or n.kind = 'HEALTH' and exists (
                     select from selfupgrade.watches w
                      where w.agent = f.agent and n.notifier = any (w.notifiers)))
             order by n.filed_at, n.id limit ? for update of n skip locked)
          update selfupgrade.notifications n
             set attempts = n.attempts + 1, due_at = clock_timestamp() + %s
            from c, f where n.id = c.id
          returning %s
          """
              .formatted(Sql.SPAN, COLUMNS);

  private static final String SETTLE =
      "with "
          + Sql.FENCE
          + """
          update selfupgrade.notifications n
             set state = a.state, note = ?,
                 due_at = clock_timestamp() + coalesce(%s, interval '0'),
                 settled_at = case when a.state <> 'WAITING' then clock_timestamp() end
            from f cross join (select ? as state) a
           where (n.agent = f.agent or n.kind = 'HEALTH') and n.id = ? and n.state = 'WAITING'
          """
              .formatted(Sql.SPAN);

  private final Database database;

  PostgresOutbox(Database database) {
    this.database = database;
  }

  @Override
  public int file(Notification news, Collection<String> notifiers, LogEvent.Stamp by) {
    Arguments arguments =
        Arguments.of(
            news.agent(),
            news.key(),
            news.kind(),
            news.title(),
            news.text(),
            by.instance(),
            by.epoch(),
            notifiers);
    return database.call(
        PORT,
        "filing notification " + news.key(),
        statements -> statements.update(FILE, arguments));
  }

  @Override
  public List<Parcel> claim(Fence fence, int most, Duration hold) {
    return database
        .call(
            PORT,
            "claiming notifications of " + fence.agent(),
            statements ->
                statements.list(CLAIM, PostgresOutbox::parcel, Arguments.of(fence, most, hold)))
        .stream()
        .sorted(Comparator.comparing(Parcel::filedAt).thenComparing(Parcel::id))
        .toList();
  }

  @Override
  public boolean settle(Fence fence, UUID parcel, Settlement how) {
    String note = how.note();
    Arguments arguments =
        Arguments.of(
            fence,
            note.substring(0, Math.min(LONGEST_NOTE, note.length())),
            how.pause(),
            how.state(),
            parcel);
    return database.call(
        PORT,
        "settling notification " + parcel,
        statements -> statements.update(SETTLE, arguments) > 0);
  }

  @Override
  public List<Parcel> newest(AgentName agent, int limit) {
    return database.call(
        PORT,
        "reading the notifications of " + agent,
        statements ->
            statements.list(
                "select "
                    + COLUMNS
                    + " from selfupgrade.notifications n where n.agent = ?"
                    + " order by n.filed_at desc, n.id limit ?",
                PostgresOutbox::parcel,
                Arguments.of(agent, limit)));
  }

  private static Parcel parcel(Row row) throws SQLException {
    Notification news =
        new Notification(
            row.agent("agent"),
            row.text("event"),
            row.constant(Notification.Kind.class, "kind"),
            row.text("title"),
            row.text("body"));
    return new Parcel(
        row.uuid("id"),
        news,
        row.text("notifier"),
        row.constant(State.class, "state"),
        (int) row.number("attempts"),
        row.instant("filed_at"),
        row.duration("age"));
  }
}
