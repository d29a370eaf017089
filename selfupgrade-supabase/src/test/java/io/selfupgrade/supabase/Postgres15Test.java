package io.selfupgrade.supabase;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.Json;
import io.selfupgrade.agent.Secret;
import io.selfupgrade.control.JobStore;
import io.selfupgrade.control.JobStore.Job;
import io.selfupgrade.observe.Retention;
import io.selfupgrade.schedule.RunRecord;
import io.selfupgrade.schedule.Runner;
import io.selfupgrade.schedule.Schedule;
import io.selfupgrade.schedule.TaskConfig;
import io.selfupgrade.schedule.TaskPolicy;
import io.selfupgrade.store.AgentStore;
import io.selfupgrade.store.AgentStore.SchemaMode;
import io.selfupgrade.supabase.embedded.OtherPostgres;
import io.selfupgrade.testkit.AgentStoreContract;
import io.selfupgrade.testkit.Eventually;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * Every obligation of the ports on the oldest Postgres that is supported, with pg_cron and pgvector
 * in it; and, while these tests run, the minute passes after which pg_cron runs a job.
 */
class Postgres15Test extends AgentStoreContract {

  private static final Duration OVER_A_MINUTE = Duration.ofSeconds(100);

  private static OtherPostgres server;
  private static KeptOpen first;
  private static KeptOpen second;
  private static int databases;

  @BeforeAll
  static void startTheServer() throws SQLException {
    server = OtherPostgres.withExtensions();
    in("postgres", "create extension pg_cron");
    in("postgres", "create database contract");
    in("contract", "create extension vector");
    first = new KeptOpen(PostgresStore.at(server.jdbcUrl("contract")));
    second = new KeptOpen(PostgresStore.at(server.jdbcUrl("contract")));
  }

  @AfterAll
  static void stopTheServer() {
    if (second != null) {
      first.close();
      second.close();
    }
    if (server != null) {
      server.close();
    }
  }

  @Override
  protected AgentStore newStore() {
    return PostgresStore.at(server.jdbcUrl("contract"));
  }

  @Override
  protected AgentStore anotherStore() {
    return newStore();
  }

  @Override
  protected AgentStore usedStore() {
    return first.handle();
  }

  @Override
  protected AgentStore alsoUsedStore() {
    return second.handle();
  }

  @Override
  protected AgentStore storeWithoutSchema() {
    try {
      databases++;
      in("postgres", "create database empty_" + databases);
      return PostgresStore.at(server.jdbcUrl("empty_" + databases));
    } catch (SQLException e) {
      throw new AssertionError("no database for the test", e);
    }
  }

  @Test
  @Execution(ExecutionMode.CONCURRENT)
  void pgCronIsSeenToRunTheJobThatFindsAnAgentDown() throws SQLException {
    try (PostgresStore store = PostgresStore.at(server.jdbcUrl("postgres"))) {
      store.open(SchemaMode.APPLY);
      Fence lost = Agents.lead(store);
      store.jobs().declare(lost, new JobStore.Watch(List.of("slack"), Retention.DEFAULT));
      Agents.goSilent(server.jdbcUrl("postgres"), lost, Duration.ofMinutes(3));
      in("postgres", "select selfupgrade.set_watch('" + lost.agent() + "', true)");
      PgCron cron = PgCron.at(Secret.of(server.jdbcUrl("postgres")));

      cron.create(PgCron.Job.AGENT_HEALTH_CHECK, "* * * * *");
      Eventually.holds(
          "pg_cron has run the job",
          OVER_A_MINUTE,
          () -> !cron.runs(PgCron.Job.AGENT_HEALTH_CHECK, Duration.ofHours(1)).actual().isEmpty());

      Eventually.holds(
          "the agent is marked",
          OVER_A_MINUTE,
          () -> !store.outbox().newest(lost.agent(), 10).isEmpty());
      assertThat(store.outbox().newest(lost.agent(), 10))
          .singleElement()
          .satisfies(
              parcel ->
                  assertThat(parcel.notification().title())
                      .isEqualTo(lost.agent() + ": The agent is DOWN"));
      assertThat(store.logs().newest(lost.agent(), 10)).hasSize(1);
      assertThat(store.commands().newest(lost.agent(), 10)).hasSize(1);
      PgCron.Runs runs = cron.runs(PgCron.Job.AGENT_HEALTH_CHECK, Duration.ofHours(1));
      assertThat(runs.failed()).isEmpty();
      assertThat(runs.missing()).isZero();
      Job job = store.jobs().all().get(0);
      assertThat(job.runner()).isEqualTo(JobStore.Runner.DATABASE);
      assertThat(job.runs()).isPositive();
      assertThat(job.note().orElseThrow()).contains("1 newly down");
      assertThat(store.jobs().runDue())
          .as("the primaries leave that job alone")
          .extracting(JobStore.Ran::name)
          .doesNotContain(job.name());
    }
  }

  @Test
  @Execution(ExecutionMode.CONCURRENT)
  void pgCronIsSeenToRunATaskOfAnAgentThatIsOff() throws SQLException {
    String url = server.jdbcUrl("postgres");
    AgentName agent = Agents.newName();
    try (PostgresStore store = PostgresStore.at(url)) {
      store.open(SchemaMode.APPLY);
      in("postgres", "create table public.seen (run jsonb)");
      in(
          "postgres",
          "create function public.see(run jsonb) returns void language sql"
              + " as 'insert into public.seen values (run)';"
              + "select selfupgrade.register_handler('see', 'public.see(jsonb)')");
      store
          .tasks()
          .schedule(
              agent,
              new TaskConfig(
                  "digest",
                  "see",
                  Schedule.cron("* * * * *", ZoneOffset.UTC),
                  TaskPolicy.DEFAULT,
                  Json.of("{\"to\": \"all\"}"),
                  Runner.DATABASE));

      Eventually.holds(
          "pg_cron has run the task",
          OVER_A_MINUTE,
          () -> !store.tasks().history(agent, "digest", 5).isEmpty());

      RunRecord run = store.tasks().history(agent, "digest", 5).get(0);
      assertThat(run.state()).as(run.error()).isEqualTo(RunRecord.State.SUCCEEDED);
      assertThat(run.startedAt()).isAfterOrEqualTo(run.claim().due());
      assertThat(Agents.query(url, "select run -> 'payload' ->> 'to' from public.seen"))
          .isEqualTo("all");
      assertThat(store.tasks().remove(agent, "digest")).isTrue();
    }
  }

  private static void in(String database, String sql) throws SQLException {
    try (Connection connection = DriverManager.getConnection(server.jdbcUrl(database))) {
      new Statements(connection).script(sql);
    }
  }
}
