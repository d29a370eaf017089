package io.selfupgrade.supabase;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selfupgrade.store.AgentStore.SchemaMode;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.PGConnection;

/** The functions by which those beside an agent ask, tell and look. */
class ControlTest {

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
  void anAgentThatLeads() {
    scene = new ControlScene(DATABASE, store);
  }

  private String health() throws SQLException {
    return scene.sql("select state from selfupgrade.agent_health(:agent)");
  }

  @Test
  void healthIsJudgedByThePrimarysOwnHeartbeatAndItsVersion() throws SQLException {
    assertThat(health()).isEqualTo("UP");
    assertThat(
            scene.sql(
                "select concat_ws(' ', version, confirmed, age_micros between 0 and 60000000)"
                    + " from selfupgrade.agent_health(:agent)"))
        .isEqualTo("1.0.0 1.0.0 t");

    scene.change("update selfupgrade.agent_state set version = '0.9.0' where name = :agent");
    assertThat(health()).isEqualTo("WRONG_VERSION");

    scene.change(
        "insert into selfupgrade.upgrades (agent, trigger, from_version, phase, candidate)"
            + " values (:agent, 'MANUAL', '0.9.0', 'HANDED_OVER', '"
            + scene.fence.holder()
            + "')");
    assertThat(health()).isEqualTo("TRIAL");

    scene.goSilent();
    assertThat(health()).isEqualTo("DOWN");
    assertThat(scene.sql("select state from selfupgrade.agent_health(:agent, interval '1 hour')"))
        .isEqualTo("TRIAL");
    assertThat(scene.sql("select state from selfupgrade.agent_health('nobody')"))
        .isEqualTo("UNKNOWN");
  }

  @Test
  void aStandbyThatLivesDoesNotMakeADeadPrimaryUp() throws SQLException {
    Agents.instance(scene.store, scene.fence.agent());
    scene.goSilent();

    assertThat(health()).isEqualTo("DOWN");
  }

  @Test
  void aPrimaryThatWasStoppedIsDownAtOnce() throws SQLException {
    scene.store.instances().stopped(scene.fence.holder());

    assertThat(health()).isEqualTo("DOWN");
  }

  @Test
  void aRequestIsFiledOnceForAKeyAndWakesThePrimary() throws Exception {
    try (Connection listener = DriverManager.getConnection(DATABASE.jdbcUrl())) {
      new Statements(listener).script("listen selfupgrade");
      String first = scene.sql("select request from selfupgrade.file_request(:agent, 'key')");

      assertThat(
              scene.sql(
                  "select concat(request, filed) from selfupgrade.file_request(:agent, 'key')"))
          .isEqualTo(first + "f");

      assertThat(scene.count("upgrade_requests")).isEqualTo(1);
      assertThat(listener.unwrap(PGConnection.class).getNotifications(10_000))
          .singleElement()
          .satisfies(
              woken -> assertThat(woken.getParameter()).isEqualTo(scene.fence.agent().value()));
    }
  }

  @Test
  void manyThatAskAtOnceUnderAKeyFileOne() throws Exception {
    List<CompletableFuture<String>> calls = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      calls.add(
          CompletableFuture.supplyAsync(
              () -> {
                try {
                  return scene.sql(
                      "select concat_ws(' ', request, command)"
                          + " from selfupgrade.atomic_upgrade_and_deploy(:agent, 'key')");
                } catch (SQLException e) {
                  throw new AssertionError(e);
                }
              }));
    }
    Set<String> filed = new TreeSet<>();
    for (CompletableFuture<String> call : calls) {
      filed.add(call.get(30, TimeUnit.SECONDS));
    }

    assertThat(filed).hasSize(1);
    assertThat(scene.count("upgrade_requests")).isEqualTo(1);
    assertThat(scene.count("commands")).isEqualTo(1);
  }

  @Test
  void requestAndDeploymentAreFiledTogetherOrNotAtAll() throws SQLException {
    try (Connection connection = DriverManager.getConnection(DATABASE.jdbcUrl())) {
      Statements statements = new Statements(connection);
      statements.script(
          "alter table selfupgrade.commands add constraint none check (agent <> '"
              + scene.fence.agent()
              + "')");
      assertThatThrownBy(
              () -> scene.sql("select * from selfupgrade.atomic_upgrade_and_deploy(:agent, 'key')"))
          .hasMessageContaining("none");

      assertThat(scene.count("upgrade_requests")).isZero();
      assertThat(scene.count("control_keys")).isZero();
      statements.script("alter table selfupgrade.commands drop constraint none");
      assertThat(
              scene.sql("select filed from selfupgrade.atomic_upgrade_and_deploy(:agent, 'key')"))
          .as("the key was not used up")
          .isEqualTo("t");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "file_request(:agent, null)",
        "file_request(:agent, '')",
        "file_request(:agent, 'with space')",
        "file_request(:agent, repeat('k', 101))",
        "file_request('nobody', 'key')",
        "file_request(null, 'key')",
        "file_command(:agent, 'key', 'EXEC', '{}')",
        "file_command(:agent, 'key', null, '{}')",
        "file_command(:agent, 'key', 'RESTART', '{\"version\": \"1.0.0\"}')",
        "file_command(:agent, 'key', 'DEPLOY', '{\"version\": 1}')",
        "file_command(:agent, 'key', 'DEPLOY', '{\"version\": \"$(id)\"}')",
        "file_command(:agent, 'key', 'DEPLOY', '{\"ref\": \"main\"}')",
        "file_command(:agent, 'key', 'DEPLOY', '[]')",
        "file_command(:agent, 'key', 'DEPLOY', '\"x\"')",
        "file_command(:agent, 'key', 'DEPLOY', jsonb_build_object('version', repeat('1', 2000)))",
        "file_command(:agent, 'key', 'RESTART', '{}', '0 s')",
        "file_command(:agent, 'key', 'RESTART', '{}', '8 days')",
        "file_command('nobody', 'key', 'RESTART', '{}')",
        "atomic_upgrade_and_deploy('nobody', 'key')",
        "set_freeze(:agent, ' ')",
        "set_freeze(:agent, null)",
        "set_freeze(:agent, repeat('w', 501))",
        "set_freeze('nobody', 'why')",
        "lift_freeze('nobody')",
        "settle_redeploy(gen_random_uuid(), 1, 'WAITING', '')",
      })
  void whatHasAnotherShapeIsRefusedAndLeavesNothing(String call) throws SQLException {
    assertThatThrownBy(() -> scene.sql("select selfupgrade." + call))
        .isInstanceOf(SQLException.class)
        .hasMessageContaining("expected")
        .extracting(e -> ((SQLException) e).getSQLState())
        .isIn("22023", "P0002");

    for (String table : List.of("upgrade_requests", "commands", "control_keys", "freezes")) {
      assertThat(scene.count(table)).as(table).isZero();
    }
  }

  @Test
  void wishesThatNobodyAnswersDoNotPileUpWithoutEnd() throws SQLException {
    assertThat(
            scene.sql(
                "select count(f.request) from generate_series(1, 100) n,"
                    + " lateral selfupgrade.file_request(:agent, 'key-' || n) f"))
        .isEqualTo("100");

    for (String call :
        List.of("file_request(:agent, 'next')", "atomic_upgrade_and_deploy(:agent, 'next')")) {
      assertThatThrownBy(() -> scene.sql("select selfupgrade." + call))
          .hasMessageContaining("100 requests wait")
          .extracting(e -> ((SQLException) e).getSQLState())
          .as("a caller may try again later")
          .isEqualTo("53400");
    }
    assertThat(scene.sql("select filed from selfupgrade.file_command(:agent, 'r', 'RESTART')"))
        .as("requests leave commands their room")
        .isEqualTo("t");
    scene.sql(
        "select count(f.command) from generate_series(2, 100) n, lateral"
            + " selfupgrade.file_command(:agent, 'c-' || n, 'DEPLOY', jsonb_build_object('version',"
            + " '1.0.' || n)) f");
    assertThatThrownBy(() -> scene.sql("select selfupgrade.file_command(:agent, 'next', 'DEPLOY')"))
        .hasMessageContaining("100 commands wait");
    assertThat(scene.sql("select filed from selfupgrade.file_request(:agent, 'key-7')"))
        .as("what was filed is still known")
        .isEqualTo("f");
  }

  @Test
  void whatWebhooksAskForLeavesAPersonHisRoom() throws SQLException {
    scene.sql(
        "select count(*) from generate_series(1, 100) n, lateral selfupgrade.accept_delivery(:agent,"
            + " 'd' || n, lpad(n::text, 64, '0'), 's', '1 s', 1000, '1 hour')");

    assertThat(scene.sql("select filed from selfupgrade.file_request(:agent, 'key')"))
        .isEqualTo("t");
    assertThat(scene.count("upgrade_requests")).isEqualTo(101);
  }

  @Test
  void whoJoinsACommandGetsTheTimeThatHeAskedFor() throws SQLException {
    String left =
        "select round(extract(epoch from expires_at - clock_timestamp()) / 3600)"
            + " from selfupgrade.commands where agent = :agent order by seq desc limit 1";
    String file =
        "select concat_ws(' ', command, filed) from selfupgrade.file_command(:agent, '%s', 'RESTART',"
            + " '{}', '%s')";
    String first = scene.sql(file.formatted("a", "1 hour"));

    assertThat(scene.sql(file.formatted("b", "6 hours"))).isEqualTo(first.replace(" t", " f"));
    assertThat(scene.sql(left)).isEqualTo("6");
    scene.sql(file.formatted("c", "2 hours"));
    assertThat(scene.sql(left)).as("the first one's is not shortened").isEqualTo("6");

    scene.change("update selfupgrade.commands set state = 'TAKEN' where agent = :agent");
    assertThat(scene.sql(file.formatted("d", "1 hour")))
        .as("one that is being carried out may have begun before what is asked for now")
        .endsWith(" t");
    assertThat(scene.count("commands")).isEqualTo(2);
  }

  @Test
  void whatIsNotSaidOfTheWatchStays() throws SQLException {
    String watch =
        "select concat_ws(' ', redeploy, call_url, call_secret, alarm) from selfupgrade.watches"
            + " where agent = :agent";
    scene.sql("select selfupgrade.set_watch(:agent, true, 'https://example.org/f', 'key', 'hook')");
    scene.sql("select selfupgrade.set_watch(:agent, false)");
    assertThat(scene.sql(watch)).isEqualTo("f https://example.org/f key hook");

    scene.sql("select selfupgrade.set_watch(:agent, true, 'https://example.org/g')");
    assertThat(scene.sql(watch))
        .as("a secret goes to no other address")
        .isEqualTo("t https://example.org/g hook");

    scene.sql("select selfupgrade.set_watch(:agent, true, '', '', '')");
    assertThat(scene.sql(watch)).isEqualTo("t");
  }

  @Test
  void aHeartbeatIsFreshForAsLongAsTheWatchSays() throws SQLException {
    Agents.goSilent(DATABASE.jdbcUrl(), scene.fence, Duration.ofSeconds(20));
    assertThat(health()).isEqualTo("UP");

    scene.change("update selfupgrade.watches set stale_after = '10 s' where agent = :agent");

    assertThat(health()).isEqualTo("DOWN");
  }

  @Test
  void aFreezeIsSetAndLiftedAndTheAgentSeesIt() throws SQLException {
    assertThat(scene.sql("select selfupgrade.set_freeze(:agent, 'audit')")).isEqualTo("t");
    assertThat(scene.sql("select selfupgrade.set_freeze(:agent, 'longer audit')")).isEqualTo("f");
    assertThat(scene.store.journal().frozen(scene.fence.agent())).contains("longer audit");

    assertThat(scene.sql("select selfupgrade.lift_freeze(:agent)")).isEqualTo("t");
    assertThat(scene.sql("select selfupgrade.lift_freeze(:agent)")).isEqualTo("f");
    assertThat(scene.store.journal().frozen(scene.fence.agent())).isEmpty();
  }

  @Test
  void theStatusTellsWhatAnOperatorAsksAndNoIds() throws SQLException {
    scene.sql("select * from selfupgrade.atomic_upgrade_and_deploy(:agent, 'secret-looking-key')");
    scene.sql("select selfupgrade.set_freeze(:agent, 'audit')");
    scene.sql("select selfupgrade.set_watch(:agent, true, 'https://example.org/f', 'vault-name')");
    String status = scene.sql("select selfupgrade.control_status(:agent)");

    assertThat(status)
        .contains("\"confirmed\": \"1.0.0\"", "\"state\": \"UP\"", "audit")
        .contains("\"requests\": 1", "\"commands\": 1", "\"upgrade\": null")
        .doesNotContain("secret-looking-key", "vault-name", "example.org")
        .doesNotContain(scene.fence.holder().value().toString());
    assertThat(scene.sql("select selfupgrade.control_status('nobody')")).isEqualTo("null");
  }
}
