package io.selfupgrade.supabase;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Json;
import io.selfupgrade.schedule.RunRecord;
import io.selfupgrade.schedule.Runner;
import io.selfupgrade.schedule.Schedule;
import io.selfupgrade.schedule.TaskConfig;
import io.selfupgrade.schedule.TaskPolicy;
import io.selfupgrade.schedule.TaskStatus;
import io.selfupgrade.schedule.TaskStore;
import io.selfupgrade.store.AgentStore.SchemaMode;
import io.selfupgrade.supabase.embedded.OtherPostgres;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * A server with pg_cron, on which tests ring by themselves: the command that pg_cron has, as the
 * user as whom it runs it. A handler is there that keeps what it was called with, and fails on
 * demand.
 */
final class CronServer implements BeforeAllCallback {

  static final Schedule EVERY_MINUTE = Schedule.every(Duration.ofMinutes(1));

  private static final String HANDLER =
      """
      create extension pg_cron;
      create table public.calls (agent text, task text, run jsonb);
      create function public.note(run jsonb) returns void language plpgsql as $$
      begin
          insert into public.calls (agent, task, run) values (run ->> 'agent', run ->> 'task', run);
          perform pg_advisory_xact_lock(hashtext(run -> 'payload' ->> 'waits'));
          if (run ->> 'attempt')::integer <= coalesce((run -> 'payload' ->> 'fails')::integer, 0) then
              raise exception 'no luck with %', run ->> 'task';
          end if;
      end
      $$;
      select selfupgrade.register_handler('note', 'public.note(jsonb)');
      """;

  private static final String NOTHING_SCHEDULED =
      "delete from selfupgrade.scheduled_tasks; select count(cron.unschedule(jobid)) from cron.job";

  private @Nullable Started started;

  /** One server for all classes of this JVM; stopped after the last of them. */
  private record Started(OtherPostgres server, PostgresStore store) implements AutoCloseable {

    static Started now() {
      OtherPostgres server = OtherPostgres.withExtensions();
      PostgresStore store = PostgresStore.at(server.jdbcUrl("postgres"));
      store.open(SchemaMode.APPLY);
      try {
        Agents.update(server.jdbcUrl("postgres"), HANDLER);
      } catch (SQLException e) {
        throw new AssertionError("no handler for the tests", e);
      }
      return new Started(server, store);
    }

    @Override
    public void close() {
      store.close();
      server.close();
    }
  }

  @Override
  public void beforeAll(ExtensionContext context) throws SQLException {
    started =
        context
            .getRoot()
            .getStore(ExtensionContext.Namespace.create(CronServer.class))
            .computeIfAbsent(Started.class, key -> Started.now(), Started.class);
    Agents.update(url(), NOTHING_SCHEDULED);
  }

  String url() {
    return Objects.requireNonNull(started, "started").server().jdbcUrl("postgres");
  }

  PostgresStore store() {
    return Objects.requireNonNull(started, "started").store();
  }

  TaskStore tasks() {
    return store().tasks();
  }

  String value(String sql) throws SQLException {
    return Agents.query(url(), sql);
  }

  /** A task that the database runs by the handler that is there. */
  static TaskConfig task(Schedule schedule, TaskPolicy policy, String payload) {
    return new TaskConfig("digest", "note", schedule, policy, Json.of(payload), Runner.DATABASE);
  }

  /** Schedules it for a new agent that has never been started; its next tick is so long ago. */
  AgentName scheduled(TaskConfig task, Duration overdue) throws SQLException {
    AgentName agent = Agents.newName();
    assertThat(tasks().schedule(agent, task)).isEqualTo(TaskStore.Change.CREATED);
    due(agent, "clock_timestamp() - interval '" + overdue.toSeconds() + " seconds'");
    return agent;
  }

  /** Moves the next tick, and the grid with it. */
  void due(AgentName agent, String when) throws SQLException {
    value(
        "with t as (update selfupgrade.scheduled_tasks t set anchor = "
            + when
            + " where agent = '"
            + agent
            + "' returning id, anchor) update selfupgrade.task_state s set next_run = t.anchor from t"
            + " where s.task = t.id returning 1");
  }

  String id(AgentName agent) throws SQLException {
    return value("select id from selfupgrade.scheduled_tasks where agent = '" + agent + "'");
  }

  /** Does what pg_cron does when a task's job is due; fails if there is no such job. */
  String ring(AgentName agent) throws SQLException {
    String command =
        value("select command from cron.job where jobname = 'selfupgrade-task-" + id(agent) + "'");
    return value(command);
  }

  /** The schedule of a task's job, with its state. */
  String alarm(AgentName agent) throws SQLException {
    return value(
        "select schedule || case when active then '' else ' paused' end from cron.job"
            + " where jobname = 'selfupgrade-task-"
            + id(agent)
            + "'");
  }

  /** What the handler was called with and was committed. */
  long calls(AgentName agent) throws SQLException {
    return Long.parseLong(value("select count(*) from public.calls where agent = '" + agent + "'"));
  }

  List<RunRecord> history(AgentName agent) {
    return tasks().history(agent, "digest", 1_000);
  }

  List<RunRecord.State> states(AgentName agent) {
    return history(agent).stream().map(RunRecord::state).toList();
  }

  TaskStatus status(AgentName agent) {
    return tasks().list(agent, Optional.of("digest")).get(0);
  }

  Instant nextDue(AgentName agent) {
    return status(agent).nextDue().orElseThrow();
  }
}
