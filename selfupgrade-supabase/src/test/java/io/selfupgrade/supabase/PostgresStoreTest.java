package io.selfupgrade.supabase;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.agent.ConfigurationException;
import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.Secret;
import io.selfupgrade.failover.LeadershipSession;
import io.selfupgrade.store.AgentStore.SchemaMode;
import io.selfupgrade.testkit.Eventually;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.function.Consumer;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class PostgresStoreTest {

  @RegisterExtension static final TestDatabase DATABASE = TestDatabase.fresh();

  private static final Duration SOON = Duration.ofSeconds(10);

  @Test
  void describingConnectsNowhere() {
    PostgresStore store = PostgresStore.at("postgresql://u:hunter2@nowhere.invalid/x").poolSize(3);

    assertThat(store.toString()).doesNotContain("hunter2");
    assertThatThrownBy(() -> store.leadership().read(Agents.newName()))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("open()");
    store.close();
  }

  @Test
  void bothFormsOfUrlConnect() {
    DatabaseUrl url = DatabaseUrl.parse(DATABASE.jdbcUrl());
    Properties properties = url.properties();
    String place = url.url().substring("jdbc:postgresql://".length());
    String other =
        "postgresql://"
            + properties.getProperty("user")
            + ":"
            + URLEncoder.encode(properties.getProperty("password"), StandardCharsets.UTF_8)
            + "@"
            + place;
    try (PostgresStore store = PostgresStore.at(Secret.of(other))) {
      store.open(SchemaMode.APPLY);
      assertThat(Agents.lead(store).epoch()).isEqualTo(1);
    }
  }

  @Test
  void aUrlOfAnotherShapeIsRefusedAtOnce() {
    assertThatThrownBy(() -> PostgresStore.at("localhost/x"))
        .isInstanceOf(ConfigurationException.class);
  }

  @Test
  void anEnvironmentVariableThatIsNotSetIsAConfigurationError() {
    PostgresStore store = PostgresStore.at(Secret.env("SELFUPGRADE_TEST_NOT_SET"));

    assertThatThrownBy(() -> store.open(SchemaMode.APPLY))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("SELFUPGRADE_TEST_NOT_SET");
  }

  @Test
  void aWrongPasswordIsNotWorthRetrying() {
    String url = DATABASE.jdbcUrl().replaceAll("password=[^&]*", "password=hunter2");

    assertRefused(
        url,
        e -> {
          assertThat(e.retryable()).isFalse();
          assertThat(e).hasMessageContaining("28P01").hasMessageContaining("check user and");
          assertThat(e).hasMessageNotContaining("hunter2");
        });
  }

  @Test
  void aWrongDatabaseIsNotWorthRetrying() {
    String url = DATABASE.jdbcUrl().replaceAll("/test_[^?]*", "/nowhere");

    assertRefused(
        url,
        e -> {
          assertThat(e.retryable()).isFalse();
          assertThat(e).hasMessageContaining("\"nowhere\"").hasMessageContaining("3D000");
        });
  }

  @Test
  void aServerThatIsNotThereMayComeBack() throws IOException {
    int port;
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = socket.getLocalPort();
    }

    assertRefused(
        "postgresql://u:p@127.0.0.1:" + port + "/x",
        e -> {
          assertThat(e.retryable()).isTrue();
          assertThat(e).hasMessageContaining("127.0.0.1:" + port);
        });
  }

  private static void assertRefused(String url, Consumer<AdapterException> expectations) {
    try (PostgresStore store = PostgresStore.at(url)) {
      for (int attempt = 1; attempt <= 2; attempt++) {
        assertThatThrownBy(() -> store.open(SchemaMode.APPLY))
            .asInstanceOf(InstanceOfAssertFactories.type(AdapterException.class))
            .satisfies(expectations);
      }
    }
  }

  @Test
  void closeEndsConnectionsAndThreadsAndTheStoreMayBeOpenedAgain() throws SQLException {
    PostgresStore store = PostgresStore.at(named("closing"));
    try {
      for (int round = 1; round <= 2; round++) {
        store.open(SchemaMode.APPLY);
        Fence fence = Agents.lead(store);
        LeadershipSession session = store.leadership().openSession(fence.agent());
        assertThat(session.tryLock(1)).isPresent();
        assertThat(connections("closing")).isBetween(2, 3);

        store.close();

        assertThatThrownBy(() -> session.tryLock(1)).isInstanceOf(AdapterException.class);
        Eventually.holds("the connections are gone", SOON, () -> connections("closing") == 0);
        Eventually.holds("the threads are gone", SOON, () -> threads().isEmpty());
      }
    } finally {
      store.close();
    }
  }

  @Test
  void aDataSourceIsUsedAndNeverClosed() throws SQLException {
    try (HikariDataSource source = hostPool("borrowed")) {
      try (PostgresStore store = PostgresStore.using(source)) {
        store.open(SchemaMode.APPLY);
        Fence fence = Agents.lead(store);
        LeadershipSession first = store.leadership().openSession(fence.agent());
        LeadershipSession second = store.leadership().openSession(fence.agent());
        assertThat(first.tryLock(1)).isPresent();
        assertThat(second.tryLock(1)).isEmpty();
        second.signal();
        assertThat(first.await(SOON)).isTrue();
        assertThat(store.leadership().renew(fence, Agents.TTL, Optional.empty())).isTrue();
        assertThat(Agents.run(store, Agents.claim(store, fence)).claim().attempt()).isEqualTo(1);
      }
      assertThat(source.isClosed()).isFalse();
      assertLeftAsItCame(source);
    }
  }

  @Test
  void behindATransactionPoolerEverythingWorksWithoutTheLock() {
    try (PostgresStore store = PostgresStore.at(DATABASE.jdbcUrl() + "&pgbouncer=true")) {
      store.open(SchemaMode.APPLY);
      Fence fence = Agents.lead(store);
      try (LeadershipSession session = store.leadership().openSession(fence.agent())) {
        assertThat(session.tryLock(1)).isEmpty();
        assertThat(session.awaitLock(1, Duration.ofMillis(20))).isFalse();
        assertThat(store.leadership().renew(fence, Agents.TTL, session.tryLock(1))).isTrue();
      }
      assertThat(store.leadership().read(fence.agent()).orElseThrow().lockHeld()).isFalse();
      assertThat(Agents.takeOver(store, fence).epoch()).isEqualTo(2);
    }
  }

  /** Neither lock nor LISTEN may stay behind on a connection that goes back to its pool. */
  private static void assertLeftAsItCame(HikariDataSource source) throws SQLException {
    try (Connection connection = source.getConnection()) {
      Statements statements = new Statements(connection);
      assertThat(
              statements.any(
                  "select 1 from pg_locks l join pg_database d on d.oid = l.database"
                      + " where l.locktype = 'advisory' and d.datname = current_database()",
                  Arguments.of()))
          .isFalse();
      assertThat(statements.any("select 1 from pg_listening_channels()", Arguments.of())).isFalse();
      connection.rollback();
    }
  }

  private static HikariDataSource hostPool(String name) {
    HikariConfig config = new HikariConfig();
    config.setJdbcUrl(named(name));
    config.setMaximumPoolSize(4);
    config.setMinimumIdle(1);
    config.setAutoCommit(false);
    return new HikariDataSource(config);
  }

  @Test
  void twoConnectionsAreTheLeast() {
    PostgresStore store = PostgresStore.at(DATABASE.jdbcUrl());

    assertThatThrownBy(() -> store.poolSize(1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("2 to 100");
  }

  private static String named(String application) {
    return DATABASE.jdbcUrl() + "&ApplicationName=" + application;
  }

  private static int connections(String application) {
    try (Connection connection = DATABASE.dataSource().getConnection()) {
      return new Statements(connection)
          .first(
              "select count(*) as count from pg_stat_activity where application_name = ?",
              row -> (int) row.number("count"),
              Arguments.of(application))
          .orElseThrow();
    } catch (SQLException e) {
      throw new AssertionError(e);
    }
  }

  private static List<String> threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .map(Thread::getName)
        .filter(name -> name.startsWith("selfupgrade-postgres"))
        .toList();
  }
}
