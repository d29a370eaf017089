package io.selfupgrade.docs;

import io.selfupgrade.agent.Secret;
import io.selfupgrade.supabase.PostgresStore;
import io.selfupgrade.supabase.TestDatabase;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.UUID;
import javax.sql.DataSource;

/** The rows that functions write, and agents made of rows alone. */
final class EdgeRows {

  private final DataSource source;

  EdgeRows(TestDatabase database) {
    this.source = database.dataSource();
    try (PostgresStore store = PostgresStore.at(Secret.of(database.jdbcUrl()))) {
      store.open(PostgresStore.SchemaMode.APPLY);
    }
  }

  /** Returns the first row's first column as text. */
  String text(String sql, Object... arguments) throws SQLException {
    try (Connection connection = source.getConnection();
        PreparedStatement statement = prepared(connection, sql, arguments);
        ResultSet found = statement.executeQuery()) {
      return found.next() ? found.getString(1) : "no row";
    }
  }

  long count(String table) throws SQLException {
    return Long.parseLong(text("select count(*) from selfupgrade." + table));
  }

  void run(String sql, Object... arguments) throws SQLException {
    try (Connection connection = source.getConnection();
        PreparedStatement statement = prepared(connection, sql, arguments)) {
      statement.execute();
    }
  }

  /** Makes an agent whose primary has just had a heartbeat. */
  void agent(String name, String confirmed, String running) throws SQLException {
    UUID holder = UUID.randomUUID();
    run("insert into selfupgrade.agent_state (name, version) values (?, ?)", name, confirmed);
    run(
        "insert into selfupgrade.leadership (agent, holder, epoch, expires_at)"
            + " values (?, ?, 1, clock_timestamp() + interval '1 hour')",
        name,
        holder);
    run(
        "insert into selfupgrade.instances (id, agent, version, build, launched, place, epoch)"
            + " values (?, ?, ?, 'test', false, 'here', 1)",
        holder,
        name,
        running);
  }

  private static PreparedStatement prepared(Connection connection, String sql, Object... arguments)
      throws SQLException {
    PreparedStatement statement = connection.prepareStatement(sql);
    for (int i = 0; i < arguments.length; i++) {
      statement.setObject(i + 1, arguments[i]);
    }
    return statement;
  }
}
