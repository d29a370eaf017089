package io.selfupgrade.supabase;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Json;
import io.selfupgrade.observe.LogEvent;
import io.selfupgrade.observe.LogLevel;
import io.selfupgrade.observe.LogStore;
import java.sql.SQLException;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;

/**
 * The logs of agents; a batch is one statement over arrays, which needs neither a temporary table
 * nor the right to make one.
 */
final class PostgresLogStore implements LogStore {

  private static final String PORT = "LogStore";

  private static final String APPEND =
      """
      insert into selfupgrade.agent_logs (id, agent, instance, epoch, level, message, context, created_at)
      select * from unnest(?::text[]::uuid[], ?::text[], ?::text[]::uuid[], ?::text[]::bigint[], ?::text[],
                           ?::text[], ?::text[]::jsonb[], ?::text[]::timestamptz[])
      on conflict (id) do nothing
      """;

  private static final String NEWEST =
      """
      select id, agent, instance, epoch, level, message, context, created_at
        from selfupgrade.agent_logs where agent = ? order by created_at desc, id limit ?
      """;

  private final Database database;

  PostgresLogStore(Database database) {
    this.database = database;
  }

  @Override
  public int append(List<LogEvent> events) {
    if (events.isEmpty()) {
      return 0;
    }
    Arguments arguments =
        Arguments.of(
            column(events, LogEvent::id),
            column(events, LogEvent::agent),
            column(events, event -> event.by().instance()),
            column(events, event -> event.by().epoch()),
            column(events, event -> event.level().column()),
            column(events, LogEvent::message),
            column(events, LogEvent::context),
            column(events, LogEvent::createdAt));
    return database.call(
        PORT,
        "writing " + events.size() + " log events",
        statements -> statements.update(APPEND, arguments));
  }

  @Override
  public List<LogEvent> newest(AgentName agent, int limit) {
    return database.call(
        PORT,
        "reading the log of " + agent,
        statements -> statements.list(NEWEST, PostgresLogStore::event, Arguments.of(agent, limit)));
  }

  private static List<String> column(List<LogEvent> events, Function<LogEvent, Object> part) {
    return events.stream().map(event -> part.apply(event).toString()).toList();
  }

  private static LogEvent event(Row row) throws SQLException {
    return new LogEvent(
        row.uuid("id"),
        row.agent("agent"),
        new LogEvent.Stamp(row.instance("instance"), row.number("epoch")),
        row.instant("created_at"),
        LogLevel.valueOf(row.text("level").toUpperCase(Locale.ROOT)),
        row.text("message"),
        Json.of(row.text("context")));
  }
}
