package io.selfupgrade.supabase;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.agent.Secret;
import io.selfupgrade.store.AgentStore;
import io.selfupgrade.testkit.AgentStoreContract;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Every obligation of the ports, on a real Postgres, for a login that may make 15 connections and
 * no table, as on a small plan behind a pooler in session mode; migrations are the owner's.
 */
class PostgresStoreContractTest extends AgentStoreContract {

  @RegisterExtension static final TestDatabase DATABASE = TestDatabase.fresh();

  private static final List<TestDatabase> EMPTY = new ArrayList<>();
  private static KeptOpen first;
  private static KeptOpen second;
  private static final String LOGIN = login("limited_");

  /**
   * For tests that open many handles at once, as many processes would: a handle makes up to two
   * connections, and those that were just closed count until the server has ended them.
   */
  private static final String OPENING = login("opening_");

  @BeforeAll
  static void makeTheLogin() throws SQLException {
    asOwner(
        "do $$ begin create role selfupgrade_agent nologin;"
            + " exception when duplicate_object or unique_violation then null; end $$");
    create(LOGIN, 15);
    create(OPENING, 60);
    first = new KeptOpen(store(LOGIN, DATABASE.jdbcUrl()));
    second = new KeptOpen(store(LOGIN, DATABASE.jdbcUrl()));
  }

  private static String login(String prefix) {
    return prefix + UUID.randomUUID().toString().replace("-", "");
  }

  private static void create(String login, int connections) throws SQLException {
    asOwner(
        "create role "
            + login
            + " login password 'secret' nosuperuser nocreatedb nocreaterole"
            + " connection limit "
            + connections
            + " in role selfupgrade_agent");
  }

  @AfterAll
  static void dropTheLogin() throws SQLException {
    first.close();
    second.close();
    for (TestDatabase empty : EMPTY) {
      empty.close();
    }
    EMPTY.clear();
    asOwner("drop role " + LOGIN + ", " + OPENING);
  }

  /** The contract leaves rows of every kind: the values in them are those of today. */
  @AfterAll
  static void thePreviousReleaseReadsWhatWasWritten() {
    try (PreviousRelease previous = PreviousRelease.load()) {
      assertThat(previous.readEveryRow(DATABASE.jdbcUrl()))
          .containsKeys("upgrades", "steps", "ticks", "memories", "plans of restores");
    }
  }

  /** In a database that no other test drops. */
  private static void asOwner(String sql) throws SQLException {
    String url = DATABASE.jdbcUrl().replaceAll("/test_[^?]*", "/postgres");
    try (Connection connection = DriverManager.getConnection(url)) {
      new Statements(connection).script(sql);
    }
  }

  @Override
  protected AgentStore newStore() {
    return store(OPENING, DATABASE.jdbcUrl());
  }

  @Override
  protected AgentStore anotherStore() {
    return store(OPENING, DATABASE.jdbcUrl());
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
      TestDatabase empty = TestDatabase.open();
      EMPTY.add(empty);
      return store(OPENING, empty.jdbcUrl());
    } catch (SQLException e) {
      throw new AssertionError("no database for the test", e);
    }
  }

  private static PostgresStore store(String login, String owner) {
    String url =
        owner
            .replaceAll("user=[^&]*", "user=" + login)
            .replaceAll("password=[^&]*", "password=secret");
    return PostgresStore.at(url).migrateUrl(Secret.of(owner));
  }
}
