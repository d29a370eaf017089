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
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Every obligation of the ports, migrations too, through a real pooler in transaction mode that
 * gives each transaction another process; and nothing is left in any of them.
 */
class TransactionPoolerContractTest extends AgentStoreContract {

  @RegisterExtension static final TestDatabase DATABASE = TestDatabase.fresh();

  /** What the pooler itself sets in a process for whoever comes next. */
  private static final Set<String> SET_BY_THE_POOLER =
      Set.of(
          "application_name",
          "client_encoding",
          "DateStyle",
          "standard_conforming_strings",
          "TimeZone");

  private static final List<TestDatabase> EMPTY = new ArrayList<>();
  private static PgBouncer pooler;
  private static KeptOpen first;
  private static KeptOpen second;

  @BeforeAll
  static void startThePooler() {
    pooler = PgBouncer.before(DATABASE.jdbcUrl(), PgBouncer.Mode.TRANSACTION);
    first = new KeptOpen(throughThePooler());
    second = new KeptOpen(throughThePooler());
  }

  @AfterAll
  static void stopThePooler() throws SQLException {
    try {
      first.close();
      second.close();
      assertNothingIsLeft();
    } finally {
      pooler.close();
      for (TestDatabase empty : EMPTY) {
        empty.close();
      }
      EMPTY.clear();
    }
  }

  @Override
  protected boolean keepsSessions() {
    return false;
  }

  @Override
  protected AgentStore newStore() {
    return throughThePooler();
  }

  private static PostgresStore throughThePooler() {
    return PostgresStore.at(Secret.of(pooler.through(DATABASE.jdbcUrl())));
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
      TestDatabase empty = TestDatabase.open();
      EMPTY.add(empty);
      return PostgresStore.at(Secret.of(pooler.through(empty.jdbcUrl())));
    } catch (SQLException e) {
      throw new AssertionError("no database for the test", e);
    }
  }

  /** Looks into every process of the pooler, by a transaction in each at the same time. */
  private static void assertNothingIsLeft() throws SQLException {
    int processes = processes();
    List<Connection> all = new ArrayList<>();
    Set<Long> seen = new TreeSet<>();
    try {
      for (int i = 0; i < processes; i++) {
        Connection connection =
            DriverManager.getConnection(
                pooler.through(DATABASE.jdbcUrl())
                    + "&prepareThreshold=0&assumeMinServerVersion=15");
        connection.setAutoCommit(false);
        all.add(connection);
        Statements statements = new Statements(connection);
        seen.addAll(numbers(statements, "select pg_backend_pid() as n"));
        assertThat(numbers(statements, "select count(*) as n from pg_listening_channels()"))
            .as("channels that a process listens to")
            .containsExactly(0L);
        assertThat(
                numbers(
                    statements,
                    "select count(*) as n from pg_locks"
                        + " where locktype = 'advisory' and pid = pg_backend_pid()"))
            .as("advisory locks that a process holds")
            .containsExactly(0L);
        assertThat(numbers(statements, "select count(*) as n from pg_prepared_statements"))
            .as("statements that a process keeps")
            .containsExactly(0L);
        assertThat(
                statements.list(
                    "select name from pg_settings where source = 'session'"
                        // Their values end with the transaction, what set them stays named.
                        + " and name not like 'transaction%'",
                    row -> row.text("name"), Arguments.of()))
            .as("settings of a process")
            .isSubsetOf(SET_BY_THE_POOLER);
      }
    } finally {
      for (Connection connection : all) {
        connection.close();
      }
    }
    assertThat(seen).as("different processes that were looked into").hasSize(processes);
  }

  private static int processes() throws SQLException {
    try (Connection connection = DATABASE.dataSource().getConnection()) {
      return Math.toIntExact(
          numbers(
                  new Statements(connection),
                  "select count(*) as n from pg_stat_activity where datname = current_database()"
                      + " and pid <> pg_backend_pid() and backend_type = 'client backend'")
              .get(0));
    }
  }

  private static List<Long> numbers(Statements statements, String sql) throws SQLException {
    return statements.list(sql, row -> row.number("n"), Arguments.of());
  }
}
