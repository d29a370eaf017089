package io.selfupgrade.supabase;

import io.selfupgrade.agent.Fence;
import io.selfupgrade.observe.Retention;
import io.selfupgrade.observe.RetentionStore;
import java.sql.SQLException;
import java.time.Duration;

/** Deletes old rows, a bounded number in a statement, so that no lock is held for long. */
final class PostgresRetention implements RetentionStore {

  private static final String PORT = "RetentionStore";

  /** Takes the fence, the age and the number of rows. */
  private static final String DELETE =
      "with "
          + Sql.FENCE
          + """
          , c as (select clock_timestamp() - (?::bigint * interval '1 microsecond') as cutoff),
          old as (%2$s limit ?)%3$s
          delete from selfupgrade.%1$s t using old where %4$s
          """;

  private static final String LOGS =
      """
      select l.id from selfupgrade.agent_logs l, f, c
       where l.agent = f.agent and l.created_at < c.cutoff order by l.created_at
      """;

  private static final String NOTIFICATIONS =
      """
      select n.id from selfupgrade.notifications n, f, c
       where n.agent = f.agent and n.filed_at < c.cutoff and n.state <> 'WAITING' order by n.filed_at
      """;

  private static final String INSTANCES =
      """
      select i.id from selfupgrade.instances i, f, c
       where i.agent = f.agent and coalesce(i.stopped_at, i.heartbeat_at) < c.cutoff
         and i.id <> f.holder
         and not exists (select from selfupgrade.upgrades u
                          where u.agent = f.agent and u.candidate = i.id and u.phase in %1$s)
         and not exists (select from selfupgrade.task_runs r
                          where r.agent = f.agent and r.holder = i.id and r.state = 'RUNNING')
       order by i.started_at
      """
          .formatted(Sql.OPEN_PHASES);

  private static final String TASK_RUNS =
      """
      select r.id from selfupgrade.task_runs r, f, c
       where r.agent = f.agent and r.due < c.cutoff and r.finished_at < c.cutoff
         and r.state not in ('WAITING', 'RUNNING')
         and r.due < (select max(n.due) from selfupgrade.task_runs n where n.task_id = r.task_id)
       order by r.due
      """;

  private static final String ONE_SHOT_ENDS =
      """
      select e.id from selfupgrade.one_shot_ends e, f, c
       where e.agent = f.agent and e.finished_at < c.cutoff order by e.finished_at
      """;

  private static final String ONE_SHOT_KEYS =
      """
      select k.agent, k.key from selfupgrade.one_shot_keys k, f, c
       where k.agent = f.agent and k.filed_at < c.cutoff
         and not exists (select from selfupgrade.one_shots s where s.id = k.id)
         and not exists (select from selfupgrade.one_shot_ends e where e.id = k.id)
       order by k.filed_at
      """;

  private static final String UPGRADE_STEPS =
      """
      select s.id from f, c, selfupgrade.upgrade_steps s
        left join selfupgrade.upgrades u on u.id = s.upgrade
       where s.agent = f.agent and s.at < c.cutoff
         and (u.id is null or (u.phase not in %1$s and u.phase_at < c.cutoff))
       order by s.id
      """
          .formatted(Sql.OPEN_PHASES);

  private static final String SNAPSHOTS =
      """
      select s.id from selfupgrade.snapshots s, f, c
       where s.agent = f.agent and s.taken_at < c.cutoff
         and (select count(*) from selfupgrade.snapshots n
               where n.agent = s.agent and n.seq > s.seq) >= 3
       order by s.seq
      """;

  private static final String THEIR_ROWS =
      ", r as (delete from selfupgrade.snapshot_rows r using old where r.snapshot = old.id)";

  private static final String DELIVERIES =
      """
      select d.id, d.request from f, c, selfupgrade.deliveries d
        join selfupgrade.upgrade_requests r on r.id = d.request
       where d.agent = f.agent and d.accepted_at < c.cutoff and r.upgrade is not null
       order by d.accepted_at
      """;

  private static final String THEIR_REQUESTS =
      ", r as (delete from selfupgrade.upgrade_requests r using old where r.id = old.request)";

  private static final String MESSAGES =
      """
      select m.conversation, m.seq from f, c, selfupgrade.conversations v
        join selfupgrade.conversation_messages m on m.conversation = v.id
       where v.agent = f.agent and v.last_at < c.cutoff order by v.last_at, v.id, m.seq
      """;

  private static final String SILENT =
      """
      select v.id from selfupgrade.conversations v, f, c
       where v.agent = f.agent and v.last_at < c.cutoff
         and not exists (select from selfupgrade.conversation_messages m where m.conversation = v.id)
       order by v.last_at
      """;

  private final Database database;

  PostgresRetention(Database database) {
    this.database = database;
  }

  @Override
  public int delete(Fence fence, Retention.Kept what, Duration olderThan, int most) {
    return database.call(
        PORT,
        "deleting old rows of " + fence.agent() + ", " + what,
        statements -> {
          int deleted = statements.update(sql(what), Arguments.of(fence, olderThan, most));
          return deleted < most
              ? deleted + deleteRest(statements, fence, what, olderThan, most - deleted)
              : deleted;
        });
  }

  private static int deleteRest(
      Statements statements, Fence fence, Retention.Kept what, Duration olderThan, int most)
      throws SQLException {
    if (what == Retention.Kept.TASK_RUNS) {
      return deleteOneShots(statements, fence, olderThan, most);
    }
    // Looked at again where somebody has just gone on with it.
    return what == Retention.Kept.CONVERSATIONS
        ? statements.update(
            DELETE.formatted(
                "conversations",
                SILENT,
                "",
                "t.id = old.id and t.last_at < (select c.cutoff from c)"),
            Arguments.of(fence, olderThan, most))
        : 0;
  }

  /** Their keys are kept as long as they are, and not counted. */
  private static int deleteOneShots(
      Statements statements, Fence fence, Duration olderThan, int most) throws SQLException {
    Arguments arguments = Arguments.of(fence, olderThan, most);
    int deleted = statements.update(delete("one_shot_ends", ONE_SHOT_ENDS, ""), arguments);
    statements.update(
        DELETE.formatted(
            "one_shot_keys", ONE_SHOT_KEYS, "", "(t.agent, t.key) = (old.agent, old.key)"),
        arguments);
    return deleted;
  }

  private static String sql(Retention.Kept what) {
    return switch (what) {
      case LOGS -> delete("agent_logs", LOGS, "");
      case NOTIFICATIONS -> delete("notifications", NOTIFICATIONS, "");
      case INSTANCES -> delete("instances", INSTANCES, "");
      case TASK_RUNS -> delete("task_runs", TASK_RUNS, "");
      case UPGRADE_STEPS -> delete("upgrade_steps", UPGRADE_STEPS, "");
      case SNAPSHOTS -> delete("snapshots", SNAPSHOTS, THEIR_ROWS);
      case DELIVERIES -> delete("deliveries", DELIVERIES, THEIR_REQUESTS);
      case CONVERSATIONS ->
          DELETE.formatted(
              "conversation_messages",
              MESSAGES,
              "",
              "t.conversation = old.conversation and t.seq = old.seq");
    };
  }

  private static String delete(String table, String old, String before) {
    return DELETE.formatted(table, old, before, "t.id = old.id");
  }
}
