package io.selfupgrade.supabase;

import java.sql.SQLException;
import java.util.List;

/** Rows of so many other agents that reading a whole table is never the short way. */
final class ManyAgents {

  private static final String AGENT = "'other-' || n % 1000";
  private static final String FEW = " from generate_series(0, 999) n";
  private static final String MANY = " from generate_series(0, 3999) n";
  private static final String THEN = "clock_timestamp() - n * interval '1 minute'";
  private static final String NOBODY = "'00000000-0000-0000-0000-000000000000'";

  private static final List<String> ROWS =
      List.of(
          "agent_state (name, version) select 'other-' || n, '1.0.0'" + FEW,
          "leadership (agent, holder, epoch, expires_at) select 'other-' || n, gen_random_uuid(), 1, "
              + THEN
              + FEW,
          "instances (id, agent, version, build, launched, place, started_at, stopped_at)"
              + " select gen_random_uuid(), "
              + AGENT
              + ", '1.0.0', '', false, 'there', "
              + THEN
              + ", case when n > 999 then clock_timestamp() end"
              + MANY,
          "upgrades (agent, trigger, from_version, to_version, manifest_sha256, phase, phase_at)"
              + " select "
              + AGENT
              + ", 'SCHEDULED', '1.0.0', '2.0.0', repeat('b', 64), 'CONFIRMED', "
              + THEN
              + MANY,
          "upgrade_steps (upgrade, agent, step, event, detail, instance, epoch)"
              + " select id, agent, 'CHECK', 'PASSED', '', gen_random_uuid(), 1"
              + " from selfupgrade.upgrades",
          "upgrade_requests (agent, trigger, upgrade, answered_at)"
              + " select agent, 'MANUAL', id, clock_timestamp() from selfupgrade.upgrades",
          "rollback_requests (agent, to_version, by, upgrade)"
              + " select agent, '1.0.0', 'them', id from selfupgrade.upgrades",
          "upgrade_verdicts (upgrade, approved, by, why)"
              + " select id, true, 'them', '' from selfupgrade.upgrades",
          "failed_versions (agent, version, manifest_sha256, reason_code, reason)"
              + " select 'other-' || n, '3.0.0', repeat('c', 64), 'TROUBLE', ''"
              + FEW,
          "freezes (agent, why) select 'other-' || n, 'why'" + FEW,
          "snapshots (id, agent, kind, taken_at, rows, bytes) select gen_random_uuid(), "
              + AGENT
              + ", 'ASKED', "
              + THEN
              + ", '{}', 0"
              + MANY,
          "snapshot_rows (snapshot, agent, table_name, content)"
              + " select id, agent, 'settings', '{}' from selfupgrade.snapshots",
          "scheduled_tasks (agent, name, task_type, schedule, period_micros, missed, overlap)"
              + " select "
              + AGENT
              + ", 'task-' || n, 'task', 'EVERY', 60000000, 'SKIP', 'SKIP'"
              + MANY,
          "task_state (task, agent, planned, next_run)"
              + " select id, agent, true, clock_timestamp() from selfupgrade.scheduled_tasks",
          "task_runs (agent, task_id, task, due, state, holder, epoch, finished_at)"
              + " select agent, id, name, clock_timestamp(), 'SUCCEEDED', "
              + NOBODY
              + ", 1, clock_timestamp() from selfupgrade.scheduled_tasks",
          "one_shots (id, agent, handler, due, ready_at, payload) select gen_random_uuid(), "
              + AGENT
              + ", 'task', clock_timestamp(), clock_timestamp(), '{}'"
              + MANY,
          "one_shot_ends (id, agent, handler, due, attempt, failures, state, quarantined, holder,"
              + " epoch, started_at, error) select id, agent, handler, due, 1, 0, 'SUCCEEDED', false, "
              + NOBODY
              + ", 1, due, '' from selfupgrade.one_shots",
          "one_shot_keys (agent, key, id) select agent, id::text, id from selfupgrade.one_shots",
          "settings (agent, key, value) select " + AGENT + ", 'key-' || n, '1'" + MANY,
          "agent_logs (agent, instance, level, message, created_at) select "
              + AGENT
              + ", gen_random_uuid(), 'info', 'a message', "
              + THEN
              + MANY,
          "notifications (agent, event, notifier, kind, title, body, state, settled_at, instance, epoch)"
              + " select "
              + AGENT
              + ", 'event-' || n, 'slack', 'HEALTH', '', '', 'DELIVERED', clock_timestamp(), "
              + NOBODY
              + ", 1"
              + MANY,
          "memories (agent, external_id, content, instance) select "
              + AGENT
              + ", 'id-' || n, 'a memory of word' || n, gen_random_uuid()"
              + MANY,
          "memory_vectors (memory, agent, model, at, embedding)"
              + " select id, agent, 'a-model', created_at, array[1, 0] from selfupgrade.memories",
          "memory_fresh_vectors (memory, agent, model, at, embedding)"
              + " select memory, agent, 'another', at, embedding from selfupgrade.memory_vectors",
          "memory_use (memory, agent, uses) select id, agent, 1 from selfupgrade.memories",
          "conversations (agent, name, last_seq) select " + AGENT + ", 'chat-' || n, 2" + MANY,
          "conversation_messages (conversation, agent, seq, role, content, characters, instance)"
              + " select id, agent, s, 'USER', 'hello', 5, gen_random_uuid()"
              + " from selfupgrade.conversations, generate_series(1, 2) s",
          "release_indexes (agent, channel, serial) select 'other-' || n, 'stable', 1" + FEW,
          "revoked_keys (agent, key_id, release) select 'other-' || n, repeat('0', 32), '1.0.0'"
              + FEW,
          "key_changes (agent, manifest, signatures) select 'other-' || n, 'm', 's'" + FEW,
          "deployments (agent, version, target, state, instance, epoch) select "
              + AGENT
              + ", '1.0.0', 'deploy.yml', 'DISPATCHED', gen_random_uuid(), 1"
              + MANY,
          "source_cache (key) select 'https://other.example/' || n" + FEW,
          "source_pins (key, value) select 'https://other.example/' || n, 'v'" + FEW,
          "deliveries (agent, delivery, body_digest, subject, request, accepted_at)"
              + " select agent, id::text, encode(sha256(id::text::bytea), 'hex'), '', id,"
              + " clock_timestamp() - interval '1 day' from selfupgrade.upgrade_requests",
          "changes (agent, target, key, digest, title, state, instance, epoch) select "
              + AGENT
              + ", 'acme/bot', 'key-' || n, repeat('d', 64), '', 'MERGED', gen_random_uuid(), 1"
              + MANY,
          "outages (agent, holder, epoch, heartbeat_at, ended_at) select "
              + AGENT
              + ", gen_random_uuid(), 1, clock_timestamp(), clock_timestamp()"
              + MANY,
          "commands (agent, kind, after_request, outage, state, settled_at)"
              + " select agent, 'DEPLOY', null, id, 'DONE', clock_timestamp()"
              + " from selfupgrade.outages",
          "control_keys (agent, key, wish, command)"
              + " select agent, id::text, 'DEPLOY {}', id from selfupgrade.commands",
          "alarms (agent, outage, ending, settled_at) select agent, id, false, clock_timestamp()"
              + " from selfupgrade.outages",
          "watches (agent) select 'other-' || n" + FEW,
          "hosts (agent, host) select " + AGENT + ", 'host-' || n" + MANY,
          "budget_samples (hour, measured_at, database_bytes)"
              + " select date_trunc('hour', t), t, 1 from generate_series("
              + "clock_timestamp() - interval '59 days', clock_timestamp(), interval '1 hour') t");

  private ManyAgents() {}

  /** Fills all tables; leaves them as they are after a while: cleaned up, with statistics. */
  static void fill(Statements statements) throws SQLException {
    // Whoever counts how tables are read wants no other statistics in the middle.
    statements.script(
        "do $$ declare one text; begin for one in select relname from pg_class"
            + " where relnamespace = 'selfupgrade'::regnamespace and relkind = 'r' loop"
            + " execute format('alter table selfupgrade.%I set (autovacuum_enabled = false)', one);"
            + " end loop; end $$");
    // Without the triggers that keep the copy of the settings.
    statements.script("set session_replication_role = replica");
    for (String rows : ROWS) {
      statements.script("insert into selfupgrade." + rows);
    }
    statements.script("set session_replication_role = origin");
    statements.script("vacuum analyze");
  }
}
