package io.selfupgrade.supabase;

import io.selfupgrade.store.AgentStore;
import io.selfupgrade.testkit.AgentStoreContract;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Every obligation of the ports, on a real Postgres. */
class PostgresStoreContractTest extends AgentStoreContract {

  @RegisterExtension static final TestDatabase DATABASE = TestDatabase.fresh();

  private static final List<TestDatabase> EMPTY = new ArrayList<>();

  @Override
  protected AgentStore newStore() {
    return PostgresStore.at(DATABASE.jdbcUrl());
  }

  @Override
  protected AgentStore anotherStore() {
    return PostgresStore.at(DATABASE.jdbcUrl());
  }

  @Override
  protected AgentStore storeWithoutSchema() {
    try {
      TestDatabase empty = TestDatabase.open();
      EMPTY.add(empty);
      return PostgresStore.at(empty.jdbcUrl());
    } catch (SQLException e) {
      throw new AssertionError("no database for the test", e);
    }
  }

  @AfterAll
  static void dropEmptyDatabases() throws SQLException {
    for (TestDatabase empty : EMPTY) {
      empty.close();
    }
    EMPTY.clear();
  }
}
