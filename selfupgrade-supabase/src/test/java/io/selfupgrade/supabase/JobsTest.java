package io.selfupgrade.supabase;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.control.CommandStore.Entry;
import io.selfupgrade.control.CommandStore.State;
import io.selfupgrade.control.JobStore;
import io.selfupgrade.observe.LogEvent;
import io.selfupgrade.observe.Retention;
import io.selfupgrade.store.AgentStore.SchemaMode;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What the jobs do, whoever runs them. */
class JobsTest {

  @RegisterExtension static final TestDatabase DATABASE = TestDatabase.fresh();

  private static PostgresStore store;
  private ControlScene scene;

  @BeforeAll
  static void openTheStore() {
    store = PostgresStore.at(DATABASE.jdbcUrl());
    store.open(SchemaMode.APPLY);
  }

  @AfterAll
  static void closeTheStore() {
    store.close();
  }

  @BeforeEach
  void anAgentThatLeads() throws SQLException {
    scene = new ControlScene(DATABASE, store);
    scene.sql("select selfupgrade.set_watch(:agent, true)");
  }

  @AfterEach
  void leaveNoAgentToTheNextTest() throws SQLException {
    script(
        """
        drop schema if exists net cascade;
        drop schema if exists vault cascade;
        delete from selfupgrade.agent_state;
        delete from selfupgrade.leadership;
        delete from selfupgrade.scheduled_tasks;
        update selfupgrade.jobs set runner = 'AGENT', ran_at = null;
        """);
  }

  private static void script(String sql) throws SQLException {
    try (Connection connection = DriverManager.getConnection(DATABASE.jdbcUrl())) {
      new Statements(connection).script(sql);
    }
  }

  private String status() throws SQLException {
    return scene.sql("select status from selfupgrade.agent_state where name = :agent");
  }

  private List<String> told() {
    return scene.store.outbox().newest(scene.fence.agent(), 10).stream()
        .map(parcel -> parcel.notification().title().replaceFirst(".*: ", ""))
        .toList();
  }

  private List<State> redeployments() {
    return scene.store.commands().newest(scene.fence.agent(), 10).stream()
        .map(Entry::state)
        .toList();
  }

  @Test
  void anAgentThatLivesIsLeftAlone() throws SQLException {
    assertThat(scene.judge()).startsWith("1 agents, 0 newly down");
    assertThat(status()).isEqualTo("running");
    assertThat(told()).isEmpty();
  }

  @Test
  void anOutageIsToldOnceHoweverOftenAndByHowManyItIsSeen() throws Exception {
    scene.goSilent();
    List<CompletableFuture<String>> runs = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      runs.add(
          CompletableFuture.supplyAsync(
              () -> {
                try {
                  return scene.judge();
                } catch (SQLException e) {
                  throw new AssertionError(e);
                }
              }));
    }
    for (CompletableFuture<String> run : runs) {
      run.get(30, TimeUnit.SECONDS);
    }
    scene.judge();

    assertThat(status()).isEqualTo("down");
    assertThat(told()).containsExactly("The agent is DOWN");
    assertThat(scene.store.logs().newest(scene.fence.agent(), 10))
        .extracting(LogEvent::message)
        .singleElement()
        .satisfies(message -> assertThat(message).contains("no heartbeat of its primary since"));
    assertThat(redeployments()).containsExactly(State.WAITING);
    assertThat(scene.count("outages")).isEqualTo(1);
  }

  @Test
  void itsEndIsToldOnceTooAndTheNextOneIsAnother() throws SQLException {
    scene.goSilent();
    scene.judge();
    scene.comeBack();
    scene.judge();
    scene.judge();

    assertThat(status()).isEqualTo("running");
    assertThat(told()).containsExactly("The agent is up again", "The agent is DOWN");
    assertThat(redeployments()).as("nobody needs it now").containsExactly(State.WITHDRAWN);

    scene.goSilent();
    scene.judge();
    assertThat(told()).hasSize(3);
    assertThat(redeployments()).containsExactly(State.WAITING, State.WITHDRAWN);
    assertThat(scene.count("outages")).isEqualTo(2);
  }

  @Test
  void thePrimaryDoesNotTakeWhatWasAskedForBecauseItWasAway() throws SQLException {
    scene.goSilent();
    scene.judge();

    assertThat(scene.store.commands().take(scene.fence)).isEmpty();
    assertThat(redeployments()).containsExactly(State.WAITING);
  }

  @Test
  void whoCarriesTheRedeploymentOutTakesItForATimeAndSettlesItOnce() throws SQLException {
    scene.goSilent();
    scene.judge();
    String take =
        "select concat_ws(' ', attempt, version) from selfupgrade.take_redeploy(:agent,"
            + " interval '0 s')";
    String settle =
        "select selfupgrade.settle_redeploy((select id from selfupgrade.commands"
            + " where agent = :agent), %d, 'DONE', 'run 7')";

    assertThat(scene.sql("select attempt from selfupgrade.take_redeploy(:agent, interval '0 s')"))
        .isEqualTo("1");
    assertThat(scene.sql(take)).as("its time is over").isEqualTo("2 1.0.0");
    assertThat(scene.sql(settle.formatted(1))).as("a late attempt").isEqualTo("f");
    assertThat(scene.sql(settle.formatted(2))).isEqualTo("t");
    assertThat(scene.sql(settle.formatted(2))).isEqualTo("f");
    assertThat(scene.sql(take)).isEmpty();
    assertThat(redeployments()).containsExactly(State.DONE);
  }

  @Test
  void oneThatNobodyCarriedOutInTimeIsSettled() throws SQLException {
    scene.goSilent();
    scene.judge();
    scene.change(
        "update selfupgrade.commands set expires_at = clock_timestamp() where agent = :agent");

    assertThat(scene.sql("select command from selfupgrade.take_redeploy(:agent)")).isEmpty();
    scene.judge();

    assertThat(redeployments()).containsExactly(State.EXPIRED);
  }

  @Test
  void aFreezeHoldsARedeploymentBackUntilItIsLifted() throws SQLException {
    DatabaseCalls calls = DatabaseCalls.into(DATABASE);
    scene.sql("select selfupgrade.set_watch(:agent, true, 'https://example.org/f')");
    scene.sql("select selfupgrade.set_freeze(:agent, 'audit')");
    scene.goSilent();
    assertThat(scene.judge()).contains("0 calls");
    scene.change("update selfupgrade.commands set expires_at = clock_timestamp()");
    scene.judge();

    assertThat(told()).hasSize(1);
    assertThat(redeployments()).as("its time does not pass").containsExactly(State.WAITING);
    assertThat(scene.sql("select command from selfupgrade.take_redeploy(:agent)")).isEmpty();
    assertThat(calls.all()).isEmpty();

    scene.sql("select selfupgrade.lift_freeze(:agent)");
    assertThat(scene.judge()).contains("1 calls");
    assertThat(scene.sql("select attempt from selfupgrade.take_redeploy(:agent)")).isEqualTo("1");
  }

  @Test
  void withoutTheSettingNothingIsRedeployed() throws SQLException {
    scene.sql("select selfupgrade.set_watch(:agent, false)");
    scene.goSilent();
    scene.judge();

    assertThat(told()).hasSize(1);
    assertThat(redeployments()).isEmpty();
  }

  @Test
  void whoCarriesRedeploymentsOutIsCalledUntilItIsSettled() throws SQLException {
    DatabaseCalls calls = DatabaseCalls.into(DATABASE);
    calls.keep("functions", "sb_secret_x");
    scene.sql("select selfupgrade.set_watch(:agent, true, 'https://example.org/f', 'functions')");
    scene.goSilent();

    assertThat(scene.judge()).contains("1 calls for a redeployment");
    assertThat(scene.judge()).as("it may not have arrived").contains("1 calls for a redeployment");
    assertThat(calls.all().get(0))
        .startsWith("https://example.org/f sb_secret_x")
        .contains("\"action\": \"redeploy\"", scene.fence.agent().value());

    assertThat(scene.sql("select attempt from selfupgrade.take_redeploy(:agent)")).isEqualTo("1");
    assertThat(scene.judge()).as("somebody is at it").contains("0 calls for a redeployment");
  }

  @Test
  void aMissingSecretKeepsNobodyFromBeingMarked() throws SQLException {
    DatabaseCalls calls = DatabaseCalls.into(DATABASE);
    scene.sql("select selfupgrade.set_watch(:agent, true, 'https://example.org/f', 'other')");
    scene.goSilent();

    assertThat(scene.judge()).contains("1 newly down", "0 calls");
    assertThat(status()).isEqualTo("down");
    assertThat(calls.all()).isEmpty();
  }

  @Test
  void aLookThatTheAgentMissedIsAskedForOnce() throws SQLException {
    String look = "select selfupgrade.run_auto_upgrade_check()";
    assertThat(scene.sql(look)).isEqualTo("0 looks were missed and asked for");
    scene.sql(
        "with t as (insert into selfupgrade.scheduled_tasks (agent, name, task_type, schedule,"
            + " cron_expression, time_zone, missed, overlap) values (:agent,"
            + " 'selfupgrade.look-for-releases', 'x', 'CRON', '0 */6 * * *', 'UTC', 'RUN_ONCE',"
            + " 'SKIP') returning id) insert into selfupgrade.task_state (task, agent, next_run)"
            + " select id, :agent, clock_timestamp() + interval '1 hour' from t returning 1");
    assertThat(scene.sql(look)).as("it is not due").startsWith("0 looks");

    scene.change(
        "update selfupgrade.task_state set next_run = clock_timestamp() - interval '1 hour'"
            + " where agent = :agent");
    scene.sql("select selfupgrade.set_freeze(:agent, 'audit')");
    assertThat(scene.sql(look)).as("it is frozen").startsWith("0 looks");
    scene.sql("select selfupgrade.lift_freeze(:agent)");

    assertThat(scene.sql(look)).startsWith("1 looks");
    assertThat(scene.sql(look)).as("it waits already").startsWith("0 looks");
    assertThat(scene.sql("select trigger from selfupgrade.upgrade_requests where agent = :agent"))
        .isEqualTo("SCHEDULED");
  }

  /** Rows of ten days, the newest a day old or so many days old. */
  private void rows(String table, String columns, String values, int newest) throws SQLException {
    scene.change(
        "insert into selfupgrade."
            + table
            + " (agent, "
            + columns
            + ") select :agent, "
            + values.replace("AGO", "clock_timestamp() - n * interval '1 day'")
            + " from generate_series("
            + newest
            + ", "
            + (newest + 9)
            + ") n");
  }

  @Test
  void whatWasKeptLongEnoughIsDeletedAndTheRestStays() throws SQLException {
    rows(
        "agent_logs",
        "instance, level, message, created_at",
        "gen_random_uuid(), 'info', 'm', AGO",
        1);
    rows("memories", "content, instance, expires_at", "'c', gen_random_uuid(), AGO", -5);
    rows("memories", "content, instance, expires_at", "'for ever', gen_random_uuid(), null", 1);
    rows("control_keys", "key, wish, filed_at", "'k' || n, 'x', AGO", 1);
    rows("commands", "kind, state, settled_at", "'DEPLOY', 'DONE', AGO", 25);
    rows(
        "notifications",
        "event, notifier, kind, title, body, state, filed_at, settled_at, instance, epoch",
        "'e' || n, 's', 'HEALTH', 't', 'b', 'DELIVERED', AGO, AGO, gen_random_uuid(), 1",
        25);
    rows(
        "task_runs",
        "task_id, task, due, state, holder, epoch, finished_at",
        "gen_random_uuid(), 't', AGO, 'SUCCEEDED', gen_random_uuid(), 1, AGO",
        25);

    String said = scene.sql("select selfupgrade.run_log_cleanup()");

    assertThat(said)
        .contains("\"logs\": 4", "\"memories\": 5", "\"keys\": 4", "\"commands\": 5")
        .contains("\"notifications\": 5")
        .as("the newest run of each task stays")
        .doesNotContain("\"runs\"");
    assertThat(scene.count("memories")).isEqualTo(15);
    assertThat(scene.count("agent_logs")).isEqualTo(6);
    assertThat(scene.sql("select selfupgrade.run_log_cleanup()")).isEqualTo("deleted {}");
  }

  @Test
  void whatWebhooksAskedOfAnAgentThatNeverCameIsForgotten() throws SQLException {
    scene.sql(
        "select count(accept_delivery) from unnest(array['nobody', 'nobody', :agent]) with ordinality"
            + " a(name, n), lateral selfupgrade.accept_delivery(name, 'd' || n, repeat(n::text, 64),"
            + " 's', '1 s', 60, '1 hour')");
    scene.change(
        "update selfupgrade.upgrade_requests set created_at = clock_timestamp() - interval '31 days'"
            + " where id in (select request from selfupgrade.deliveries where delivery <> 'd2')");

    assertThat(scene.sql("select selfupgrade.run_log_cleanup()")).contains("\"unanswered\": 2");

    assertThat(
            scene.sql(
                "select string_agg(d.delivery, ' ') from selfupgrade.deliveries d"
                    + " join selfupgrade.upgrade_requests r on r.id = d.request"))
        .isEqualTo("d2");
  }

  @Test
  void whatTheAgentDeclaredIsKeptLonger() throws SQLException {
    Retention longer = Retention.DEFAULT.keep(Retention.Kept.LOGS, Duration.ofDays(30));
    scene.store.jobs().declare(scene.fence, new JobStore.Watch(List.of("slack"), longer));
    scene.change(
        "insert into selfupgrade.agent_logs (agent, instance, level, message, created_at)"
            + " select :agent, gen_random_uuid(), 'info', 'm', clock_timestamp() - n * interval"
            + " '10 days' from generate_series(1, 4) n");

    assertThat(scene.sql("select selfupgrade.run_log_cleanup()")).contains("\"logs\": 2");
    assertThat(scene.sql("select redeploy from selfupgrade.watches where agent = :agent"))
        .as("what a person has set stays")
        .isEqualTo("t");
  }

  @Test
  void oneRunDeletesNoMoreThanItIsTold() throws SQLException {
    scene.change(
        "insert into selfupgrade.agent_logs (agent, instance, level, message, created_at)"
            + " select :agent, gen_random_uuid(), 'info', 'm', clock_timestamp() - interval '9 days'"
            + " from generate_series(1, 10) n");

    assertThat(scene.sql("select selfupgrade.run_log_cleanup(4)")).contains("\"logs\": 4");
    assertThat(scene.count("agent_logs")).isEqualTo(6);
  }

  @Test
  void whoDoesNotRunAJobDoesNothing() throws SQLException {
    scene.goSilent();
    assertThat(scene.sql("select selfupgrade.run_job('agent-health-check', 'DATABASE')"))
        .isEqualTo("not run: DATABASE does not run agent-health-check");
    assertThat(told()).isEmpty();

    scene.change("update selfupgrade.jobs set runner = 'DATABASE'");
    assertThat(scene.store.jobs().runDue()).isEmpty();
    assertThat(scene.sql("select selfupgrade.run_job('agent-health-check', 'DATABASE')"))
        .contains("1 newly down");
  }

  @Test
  void aJobThatFailsIsNotedAndKeepsNoOtherFromRunning() throws SQLException {
    script("alter table selfupgrade.agent_state rename column health_check to gone");
    try {
      List<JobStore.Ran> ran = scene.store.jobs().runDue();

      assertThat(ran).extracting(JobStore.Ran::name).isEqualTo(JobStore.NAMES);
      assertThat(ran.get(0).note()).contains("failed", "health_check", "SQLSTATE 42703");
      assertThat(ran.get(2).note()).startsWith("deleted");
      assertThat(scene.store.jobs().runDue()).as("it is not tried all the time").isEmpty();
    } finally {
      script("alter table selfupgrade.agent_state rename column gone to health_check");
    }
  }
}
