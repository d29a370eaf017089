package io.selfupgrade.supabase;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.schedule.RunRecord;
import io.selfupgrade.schedule.RunRecord.State;
import io.selfupgrade.schedule.Runner;
import io.selfupgrade.schedule.TaskConfig;
import io.selfupgrade.schedule.TaskPolicy;
import io.selfupgrade.store.AgentStore.SchemaMode;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.UUID;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What an agent's login may do about tasks that pg_cron runs as the owner: have the owner's own
 * handlers run, and nothing else.
 */
class DatabaseTaskRightsTest {

  @RegisterExtension static final CronServer CRON = new CronServer();

  private static final String NOT_ALLOWED = "42501";
  private static final TaskConfig TASK =
      CronServer.task(CronServer.EVERY_MINUTE, TaskPolicy.DEFAULT, "{}");

  private static String loginUrl;

  @BeforeAll
  static void anAgentsLogin() throws SQLException {
    String login = "agent_" + UUID.randomUUID().toString().replace("-", "");
    Agents.update(
        CRON.url(),
        "create role "
            + login
            + " login password 'secret' in role selfupgrade_agent;"
            + "create schema theirs authorization "
            + login
            + "; create table public.stolen (what text);"
            + "select selfupgrade.secure_tables()"); // as a later migration does
    loginUrl =
        CRON.url()
            .replaceAll("user=[^&]*", "user=" + login)
            .replaceAll("password=[^&]*", "password=secret");
    login(
        "create function theirs.take(run jsonb) returns void language sql as"
            + " 'insert into public.stolen values (current_user)'");
  }

  private static void login(String sql) throws SQLException {
    try (Connection connection = DriverManager.getConnection(loginUrl)) {
      new Statements(connection).script(sql);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "select selfupgrade.register_handler('note', 'theirs.take(jsonb)')",
        "select selfupgrade.unregister_handler('note')",
        "insert into selfupgrade.task_handlers values ('take', 'theirs.take(jsonb)')",
        "update selfupgrade.task_handlers set code = 'theirs.take(jsonb)'",
        "delete from selfupgrade.task_handlers",
        "select selfupgrade.run_due(gen_random_uuid())",
        "select selfupgrade.call_handler(null, null)",
        "select selfupgrade.run_tick(null, null)",
        "select selfupgrade.keep_alarms()",
        "select cron.schedule('theirs', '* * * * *', 'select 1')",
        "update cron.job set command = 'select 1'",
        "select jobid from cron.job",
        "select selfupgrade.secure_tables()",
        "create or replace function selfupgrade.run_due(uuid) returns text language sql as 'select 1'",
      })
  void anAgentsLoginMayNot(String sql) {
    assertThatThrownBy(() -> login(sql))
        .isInstanceOf(SQLException.class)
        .extracting(e -> ((SQLException) e).getSQLState())
        .isEqualTo(NOT_ALLOWED);
  }

  @Test
  void anAgentsLoginSchedulesMovesAndRemovesTasksOfTheDatabase() throws SQLException {
    AgentName agent = Agents.newName();
    try (PostgresStore own = PostgresStore.at(loginUrl)) {
      own.open(SchemaMode.VERIFY);
      own.tasks().schedule(agent, TASK);
      CRON.due(agent, "clock_timestamp()");

      assertThat(
              CRON.value(
                  "select concat_ws(' ', command, username = 'postgres') from cron.job"
                      + " where jobname = 'selfupgrade-task-"
                      + CRON.id(agent)
                      + "'"))
          .isEqualTo("select selfupgrade.run_due('" + CRON.id(agent) + "') t");
      assertThat(CRON.ring(agent)).isEqualTo("SUCCEEDED 1");
      assertThat(own.tasks().history(agent, "digest", 5)).hasSize(1);
      assertThat(own.tasks().pause(agent, "digest", true)).isTrue();
      assertThat(own.tasks().pause(agent, "digest", false)).isTrue();
      assertThat(own.tasks().runNow(agent, "digest")).isTrue();
      login("select selfupgrade.keep_alarms('" + agent + "')");
      own.tasks().schedule(agent, TASK.runner(Runner.AGENT));
      assertThat(CRON.alarm(agent)).isEmpty();
      assertThat(own.tasks().remove(agent, "digest")).isTrue();
    }
  }

  @Test
  void theOwnerRegistersNoFunctionOfSomebodyElse() throws SQLException {
    assertThatThrownBy(
            () -> CRON.value("select selfupgrade.register_handler('take', 'theirs.take(jsonb)')"))
        .hasMessageContaining("theirs.take(jsonb) belongs to agent_");
    assertThatThrownBy(
            () -> CRON.value("select selfupgrade.register_handler('x', 'pg_catalog.now()')"))
        .hasMessageContaining("a function of one jsonb");
  }

  @Test
  void aFunctionThatBelongsToSomebodyElseSinceIsNotRun() throws SQLException {
    Agents.update(
        CRON.url(),
        "create function public.given(run jsonb) returns void language sql as"
            + " 'insert into public.stolen values (current_user)';"
            + "select selfupgrade.register_handler('given', 'public.given(jsonb)')");
    AgentName agent = CRON.scheduled(TASK.handler("given"), Duration.ofSeconds(1));
    Agents.update(
        CRON.url(),
        "do $$ begin execute format('alter function public.given owner to %I',"
            + " (select nspowner::regrole::text from pg_namespace where nspname = 'theirs')); end $$");

    assertThat(CRON.ring(agent)).isEqualTo("FAILED 1");

    assertThat(CRON.history(agent).get(0).error()).contains("belongs to agent_");
    assertNothingIsStolen();
  }

  @Test
  void oneWithItsOwnersRightsRunsWithThose() throws SQLException {
    login(
        "create table theirs.seen (who text); create function theirs.look(run jsonb) returns void"
            + " language sql security definer as 'insert into theirs.seen values (current_user)'");
    CRON.value("select selfupgrade.register_handler('look', 'theirs.look(jsonb)')");
    AgentName agent = CRON.scheduled(TASK.handler("look"), Duration.ofSeconds(1));

    assertThat(CRON.ring(agent)).isEqualTo("SUCCEEDED 1");

    assertThat(CRON.value("select who from theirs.seen")).startsWith("agent_");
  }

  /** Said where handlers are registered: such a function is only as good as its owner. */
  @Test
  void whatOneDefersRunsWithTheRightsOfTheSchemasOwnerBeforePostgres18() throws SQLException {
    login(
        "create table theirs.work (n integer); create table theirs.deferred (who text);"
            + " create function theirs.after() returns trigger language plpgsql as"
            + " 'begin insert into theirs.deferred values (current_user); return null; end';"
            + " create constraint trigger later after insert on theirs.work"
            + " deferrable initially deferred for each row execute function theirs.after();"
            + " create function theirs.defer(run jsonb) returns void language sql security definer"
            + " as 'insert into theirs.work values (1)'");
    CRON.value("select selfupgrade.register_handler('defer', 'theirs.defer(jsonb)')");
    AgentName agent = CRON.scheduled(TASK.handler("defer"), Duration.ofSeconds(1));

    assertThat(CRON.ring(agent)).isEqualTo("SUCCEEDED 1");

    boolean since18 = Integer.parseInt(CRON.value("show server_version_num")) >= 180_000;
    assertThat(CRON.value("select who like 'agent\\_%' from theirs.deferred"))
        .isEqualTo(since18 ? "t" : "f");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "task_type = 'note(''{}''); insert into public.stolen values (1); --'",
        "name = 'x''; insert into public.stolen values (1); --'",
        "agent = agent || '''); insert into public.stolen values (1); --'",
        "payload = '{\"to\": \"''); insert into public.stolen values (1); --\"}'",
      })
  void noTextOfAnAgentIsPartOfAStatement(String change) throws SQLException {
    AgentName agent = CRON.scheduled(TASK, Duration.ofSeconds(1));
    String id = CRON.id(agent);
    login("update selfupgrade.scheduled_tasks set " + change + " where id = '" + id + "'");
    login("select selfupgrade.set_alarm('" + id + "')");

    CRON.value(
        CRON.value("select command from cron.job where jobname = 'selfupgrade-task-" + id + "'"));
    CRON.value("select selfupgrade.keep_alarms()");

    assertThat(
            CRON.value("select count(*) from selfupgrade.task_runs where task_id = '" + id + "'"))
        .isEqualTo("1");
    assertNothingIsStolen();
  }

  @Test
  void aCronExpressionThatIsNoneIsNotGivenToPgCron() throws SQLException {
    AgentName agent = CRON.scheduled(TASK, Duration.ofSeconds(1));
    String id = CRON.id(agent);

    assertThatThrownBy(
            () ->
                login(
                    "with s as (update selfupgrade.task_state set planned = false, next_run = null"
                        + " where task = '"
                        + id
                        + "') update selfupgrade.scheduled_tasks set schedule = 'CRON', period_micros"
                        + " = null, time_zone = 'UTC', cron_expression = '* * * * *; select 1' where"
                        + " id = '"
                        + id
                        + "'; select selfupgrade.set_alarm('"
                        + id
                        + "')"))
        .hasMessageContaining("expected five fields");
    assertThat(CRON.alarm(agent)).isNotEmpty();
  }

  /** What runs as the owner looks nowhere for a name where a login could have put its own. */
  @Test
  void aTypeOfTheLoginsOwnIsNotTaken() throws SQLException {
    AgentName agent = CRON.scheduled(TASK, Duration.ofSeconds(1));
    String id = CRON.id(agent);

    login(
        "create function pg_temp.take() returns boolean language plpgsql as $$ begin"
            + " insert into public.stolen values (current_user); return true; end $$;"
            + "create domain pg_temp.timestamptz as timestamp with time zone check (pg_temp.take());"
            + "create domain pg_temp.text as pg_catalog.text check (pg_temp.take());"
            + "create domain pg_temp.uuid as pg_catalog.uuid check (pg_temp.take());"
            + "select selfupgrade.set_alarm('"
            + id
            + "'); select selfupgrade.require_runnable('"
            + id
            + "')");

    assertNothingIsStolen();
    assertThat(CRON.ring(agent)).isEqualTo("SUCCEEDED 1");
  }

  @Test
  void aHandlerThatIsNoLongerRegisteredFails() throws SQLException {
    CRON.value("select selfupgrade.register_handler('short', 'public.note(jsonb)')");
    AgentName agent = CRON.scheduled(TASK.handler("short"), Duration.ofSeconds(1));
    assertThat(CRON.value("select selfupgrade.unregister_handler('short')")).isEqualTo("t");

    assertThat(CRON.ring(agent)).isEqualTo("FAILED 1");

    RunRecord run = CRON.history(agent).get(0);
    assertThat(run.state()).isEqualTo(State.FAILED);
    assertThat(run.error()).contains("no handler short is registered");
  }

  private static void assertNothingIsStolen() throws SQLException {
    assertThat(CRON.value("select count(*) from public.stolen")).isEqualTo("0");
  }
}
