package io.selfupgrade.supabase;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Fence;
import io.selfupgrade.change.ChangeBrief;
import io.selfupgrade.change.ChangeProgress;
import io.selfupgrade.change.ChangeRecord;
import io.selfupgrade.change.ChangeState;
import io.selfupgrade.change.ChangeStore;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** The journal of changes; beginning one is decided under the leadership's lock. */
final class PostgresChangeStore implements ChangeStore {

  private static final String PORT = "ChangeStore";
  private static final int LONGEST_NOTE = 2_000;

  private static final String INSERT =
      """
      insert into selfupgrade.changes (agent, target, key, digest, title, instance, epoch)
      values (?, ?, ?, ?, ?, ?, ?) on conflict (agent, target, key) where state <> 'REFUSED' do nothing
      """;

  private static final String NOTE =
      "with "
          + Sql.FENCE
          + """
            update selfupgrade.changes c
               set state = ?, note = ?, noted_at = clock_timestamp(),
                   base_commit = coalesce(c.base_commit, ?),
                   own_commit = coalesce(c.own_commit, ?),
                   pull_request = coalesce(c.pull_request, ?::bigint),
                   merged_commit = coalesce(c.merged_commit, ?)
              from f where c.agent = f.agent and c.id = ?
               and c.state not in ('MERGED', 'CLOSED', 'REFUSED')
            """;

  private static final String SELECT =
      """
      select id, agent, target, key, digest, title, state, base_commit, own_commit, pull_request,
             merged_commit, note, created_at
        from selfupgrade.changes where agent = ?
      """;

  private static final String OF_KEY = SELECT + " and target = ? and key = ?";

  private final Database database;

  PostgresChangeStore(Database database) {
    this.database = database;
  }

  @Override
  public Optional<ChangeRecord> begin(Fence fence, ChangeBrief brief) {
    return database.transaction(
        PORT,
        "beginning change " + brief.key(),
        statements -> {
          if (!statements.any(Sql.LEAD_FOR_UPDATE, Arguments.of(fence))) {
            return Optional.empty();
          }
          AgentName agent = fence.agent();
          statements.update(
              INSERT,
              Arguments.of(
                  agent,
                  brief.target(),
                  brief.key(),
                  brief.digest(),
                  brief.title(),
                  fence.holder(),
                  fence.epoch()));
          return statements.first(
              OF_KEY + " and state <> 'REFUSED'",
              PostgresChangeStore::row,
              Arguments.of(agent, brief.target(), brief.key()));
        });
  }

  @Override
  public boolean note(
      Fence fence, UUID change, ChangeState state, ChangeProgress made, String note) {
    String kept = note.substring(0, Math.min(LONGEST_NOTE, note.length()));
    return database.call(
        PORT,
        "noting change " + change,
        statements ->
            statements.update(
                    NOTE,
                    Arguments.of(
                        fence,
                        state,
                        kept,
                        made.base(),
                        made.commit(),
                        made.pullRequest(),
                        made.merged(),
                        change))
                > 0);
  }

  @Override
  public Optional<ChangeRecord> find(AgentName agent, String target, String key) {
    return database.call(
        PORT,
        "reading change " + key,
        statements ->
            statements.first(
                OF_KEY + " order by seq desc limit 1",
                PostgresChangeStore::row,
                Arguments.of(agent, target, key)));
  }

  @Override
  public List<ChangeRecord> history(AgentName agent, int limit) {
    return database.call(
        PORT,
        "reading the changes of " + agent,
        statements ->
            statements.list(
                SELECT + " order by seq desc limit ?",
                PostgresChangeStore::row,
                Arguments.of(agent, limit)));
  }

  private static ChangeRecord row(Row row) throws SQLException {
    long pullRequest = row.number("pull_request");
    return new ChangeRecord(
        row.uuid("id"),
        row.agent("agent"),
        new ChangeBrief(row.text("target"), row.text("key"), row.text("digest"), row.text("title")),
        row.constant(ChangeState.class, "state"),
        new ChangeProgress(
            row.textIfAny("base_commit"),
            row.textIfAny("own_commit"),
            pullRequest == 0 ? Optional.empty() : Optional.of(pullRequest),
            row.textIfAny("merged_commit")),
        row.text("note"),
        row.instant("created_at"));
  }
}
