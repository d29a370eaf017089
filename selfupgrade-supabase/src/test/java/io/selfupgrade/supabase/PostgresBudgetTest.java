package io.selfupgrade.supabase;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.observe.Budget;
import io.selfupgrade.observe.BudgetStore;
import io.selfupgrade.store.AgentStore.SchemaMode;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What is measured of a real database. */
class PostgresBudgetTest {

  @RegisterExtension final TestDatabase database = TestDatabase.fresh();

  private PostgresStore store;

  @BeforeEach
  void open() {
    store = PostgresStore.at(database.jdbcUrl());
    store.open(SchemaMode.APPLY);
  }

  @AfterEach
  void close() {
    store.close();
  }

  @Test
  void whatIsWrittenIsSeenToGrow() throws SQLException {
    execute(
        "insert into selfupgrade.budget_samples (hour, measured_at, database_bytes)"
            + " select date_trunc('hour', at, 'UTC'), at, pg_database_size(current_database())"
            + " from (select clock_timestamp() - interval '2 days' as at) t");
    long before = store.budget().measure().tables().get("agent_logs");

    execute(
        "insert into selfupgrade.agent_logs (agent, instance, level, message)"
            + " select 'x', gen_random_uuid(), 'info', repeat(md5(n::text), 20)"
            + " from generate_series(1, 10000) n");
    Budget budget = Budget.of(store.budget().measure());

    assertThat(budget.size().tables().get("agent_logs")).isGreaterThan(before + 6_000_000);
    assertThat(budget.growth().bytesADay()).isGreaterThan(3_000_000);
    assertThat(budget.growth().over()).isGreaterThanOrEqualTo(Duration.ofDays(2));
    assertThat(budget.quiet().longest()).isGreaterThanOrEqualTo(Duration.ofDays(2));
    assertThat(budget.size().limitBytes()).as("only Supabase's is known").isEmpty();
  }

  @Test
  void whatIsOldIsForgottenAndNotCounted() throws SQLException {
    execute(
        "insert into selfupgrade.budget_samples (hour, measured_at, database_bytes)"
            + " select date_trunc('hour', at, 'UTC'), at, 1"
            + " from (select clock_timestamp() - interval '61 days' as at) t");

    assertThat(store.budget().measure().earlier()).isEmpty();
    assertThat(store.budget().measure().earlier()).hasSize(1);
  }

  /** As Supabase does to a project of the free plan that has outgrown it. */
  @Test
  void aDatabaseThatTakesNoMoreWritesIsMeasuredAllTheSame() throws SQLException {
    try (PostgresStore full =
        PostgresStore.at(database.jdbcUrl() + "&options=-c%20default_transaction_read_only=on")) {
      full.open(SchemaMode.VERIFY);

      assertThat(full.budget().measure().databaseBytes()).isPositive();
    }
    assertThat(store.budget().measure().earlier()).isEmpty();
  }

  @Test
  void theConnectionsAreThoseOfWhoHasFewestLeft() throws SQLException {
    long server = store.budget().measure().connections().most();
    execute("alter database " + name() + " connection limit 17");

    assertThat(server).isGreaterThan(17);
    BudgetStore.Measurement measured = store.budget().measure();
    assertThat(measured.connections().most()).isEqualTo(17);
    assertThat(measured.connections().used()).isBetween(1L, 10L);
  }

  private String name() {
    return database.jdbcUrl().replaceAll(".*/(test_[^?]*)[?].*", "$1");
  }

  private void execute(String sql) throws SQLException {
    try (Connection connection = database.dataSource().getConnection()) {
      new Statements(connection).script(sql);
    }
  }
}
