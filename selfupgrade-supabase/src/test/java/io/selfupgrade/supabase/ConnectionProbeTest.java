package io.selfupgrade.supabase;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.agent.Fence;
import io.selfupgrade.failover.LeadershipSession;
import io.selfupgrade.store.AgentStore.SchemaMode;
import io.selfupgrade.testkit.Eventually;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * That what is used of a connection is what there is, with real poolers whose URL tells nothing.
 */
class ConnectionProbeTest {

  @RegisterExtension static final TestDatabase DATABASE = TestDatabase.fresh();

  private static final Duration SOON = Duration.ofSeconds(20);

  @Test
  void aServerThatIsReachedDirectlyIsKnownWithoutASecondConnection() {
    try (PostgresStore store = opened(DATABASE.jdbcUrl())) {
      assertThat(store.describe()).isEqualTo("Postgres, through a direct connection");
      assertThat(locks(store)).isTrue();
    }
  }

  /** Whichever process the pooler gives next, and however many it has. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "server_round_robin = 1, min_pool_size = 3",
        "server_round_robin = 1, min_pool_size = 2",
        "server_round_robin = 1, default_pool_size = 2",
        "server_round_robin = 0, min_pool_size = 3",
        "server_round_robin = 0, default_pool_size = 1, min_pool_size = 0"
      })
  void aPoolerInTransactionModeIsSeenBeforeAnythingIsLeftInASession(String settings) {
    try (PgBouncer pooler =
            PgBouncer.with(DATABASE.jdbcUrl(), PgBouncer.Mode.TRANSACTION, settings);
        PostgresStore store = opened(pooler.through(DATABASE.jdbcUrl()))) {
      assertThat(store.describe()).contains("a pooler in transaction mode");
      assertThat(locks(store)).isFalse();
    }
  }

  @Test
  void aPoolerInSessionModeServesLikeADirectConnection() {
    try (PgBouncer pooler = PgBouncer.before(DATABASE.jdbcUrl(), PgBouncer.Mode.SESSION);
        PostgresStore store = opened(pooler.through(DATABASE.jdbcUrl()));
        PostgresStore other = opened(DATABASE.jdbcUrl())) {
      assertThat(store.describe()).contains("a pooler in session mode");
      assertThat(locks(store)).isTrue();
      Fence fence = Agents.lead(store);
      LeadershipSession here = store.leadership().openSession(fence.agent());
      try (LeadershipSession there = other.leadership().openSession(fence.agent())) {
        assertThat(here.tryLock(1)).isPresent();
        assertThat(there.tryLock(1)).isEmpty();
        there.signal();
        assertThat(here.await(SOON)).isTrue();
        assertThat(store.leadership().renew(fence, Agents.TTL, here.tryLock(1))).isTrue();
        here.close();
        assertThat(there.awaitLock(1, SOON)).isTrue();
      }
      assertThat(Agents.run(store, Agents.claim(store, fence)).claim().attempt()).isEqualTo(1);
    }
  }

  @ParameterizedTest
  @EnumSource
  void behindAPoolerADataSourceIsTakenForTheWorseUntilASessionIsWanted(PgBouncer.Mode mode) {
    try (PgBouncer pooler = PgBouncer.before(DATABASE.jdbcUrl(), mode);
        HikariDataSource source = hostPool(pooler.through(DATABASE.jdbcUrl()));
        PostgresStore store = PostgresStore.using(source)) {
      store.open(SchemaMode.APPLY);
      assertThat(store.describe()).contains("whose mode is not known");

      assertThat(locks(store)).isEqualTo(mode == PgBouncer.Mode.SESSION);

      assertThat(store.describe()).contains(mode.name().toLowerCase(Locale.ROOT));
      for (int i = 0; i < 20; i++) {
        assertThat(store.leadership().read(Agents.newName())).isEmpty();
      }
    }
  }

  /** An operator changes the mode while agents run: their sessions are lent from then on. */
  @Test
  void aModeThatChangesUnderASessionIsNoticedBeforeItLocks() throws Exception {
    try (PgBouncer pooler = PgBouncer.before(DATABASE.jdbcUrl(), PgBouncer.Mode.SESSION);
        PostgresStore store = opened(pooler.through(DATABASE.jdbcUrl()))) {
      Fence fence = Agents.lead(store);
      LeadershipSession session = store.leadership().openSession(fence.agent());
      assertThat(session.tryLock(1)).isPresent();

      pooler.reload(PgBouncer.Mode.TRANSACTION);

      AtomicLong epoch = new AtomicLong(1);
      Eventually.holds(
          "the session refuses",
          SOON,
          () -> {
            // A process that nobody else asks for comes back to the session each time.
            assertThat(store.leadership().read(fence.agent())).isPresent();
            return refuses(session, epoch.incrementAndGet());
          });
      session.close();
      assertThat(store.describe()).contains("a pooler in transaction mode");
      assertThat(locks(store)).isFalse();
      for (int i = 0; i < 20; i++) {
        assertThat(store.leadership().renew(fence, Agents.TTL, Optional.empty())).isTrue();
      }
    }
  }

  /** A lock that somebody else has in a process which the session is lent at its end. */
  @Test
  void theEndOfASessionTakesNothingFromOthers() throws Exception {
    try (PgBouncer pooler = PgBouncer.before(DATABASE.jdbcUrl(), PgBouncer.Mode.SESSION);
        PostgresStore store = opened(pooler.through(DATABASE.jdbcUrl()))) {
      LeadershipSession session = store.leadership().openSession(Agents.newName());
      assertThat(session.tryLock(1)).isPresent();
      pooler.reload(PgBouncer.Mode.TRANSACTION);
      try (Connection busy = DriverManager.getConnection(pooler.through(DATABASE.jdbcUrl()));
          Connection other = DriverManager.getConnection(pooler.through(DATABASE.jdbcUrl()))) {
        assertThat(session.tryLock(2)).as("gives its process back").isPresent();
        busy.setAutoCommit(false);
        new Statements(busy).script("select pg_advisory_lock(41)");
        new Statements(other).script("select pg_advisory_lock(42)");

        session.close();

        assertThat(locked(42)).isTrue();
        busy.rollback();
      }
    }
  }

  private static boolean locked(int key) throws SQLException {
    try (Connection connection = DATABASE.dataSource().getConnection()) {
      return new Statements(connection)
          .any(
              "select 1 from pg_locks where locktype = 'advisory' and granted and objid = ?::oid",
              Arguments.of(key));
    }
  }

  /** A statement that was left in a process would be missed in the next one, or be another one. */
  @Test
  void aModeThatChangesUnderAPoolCostsNoCall() throws Exception {
    try (PgBouncer pooler = PgBouncer.before(DATABASE.jdbcUrl(), PgBouncer.Mode.SESSION);
        PostgresStore store = opened(pooler.through(DATABASE.jdbcUrl()));
        PostgresStore other = opened(pooler.through(DATABASE.jdbcUrl()))) {
      Fence fence = Agents.lead(store);
      for (int round = 1; round <= 50; round++) {
        if (round == 10) {
          pooler.reload(PgBouncer.Mode.TRANSACTION);
        }
        assertThat(store.leadership().renew(fence, Agents.TTL, Optional.empty())).isTrue();
        for (int i = 0; i < 2; i++) {
          assertThat(other.leadership().read(fence.agent())).isPresent();
        }
      }
    }
  }

  private static boolean refuses(LeadershipSession session, long epoch) {
    try {
      session.tryLock(epoch);
      return false;
    } catch (AdapterException e) {
      assertThat(e).hasMessageContaining("lent");
      return true;
    }
  }

  private static PostgresStore opened(String url) {
    PostgresStore store = PostgresStore.at(url);
    store.open(SchemaMode.APPLY);
    return store;
  }

  private static boolean locks(PostgresStore store) {
    try (LeadershipSession session = store.leadership().openSession(Agents.newName())) {
      return session.tryLock(1).isPresent();
    }
  }

  private static HikariDataSource hostPool(String url) {
    HikariConfig config = new HikariConfig();
    config.setJdbcUrl(url);
    config.setMaximumPoolSize(4);
    config.setMinimumIdle(1);
    config.setAutoCommit(false);
    return new HikariDataSource(config);
  }
}
