package io.selfupgrade.supabase;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;

/** A host's pool that resets nothing: what a borrower leaves behind, the next one finds. */
final class CarelessPool extends HostDataSource {

  private static final String STATE =
      """
      select coalesce(string_agg(name || '=' || setting, ' ' order by name), '')
             || ' listening ' || (select count(*) from pg_listening_channels())
             || ' locks ' || (select count(*) from pg_locks
                               where pid = pg_backend_pid() and locktype = 'advisory')
             || ' temporary ' || (select count(*) from pg_class
                                   where relnamespace = pg_my_temp_schema()) as state
        from pg_settings
       where source = 'session' or name in ('search_path', 'transaction_isolation', 'lock_timeout')
      """;

  private final List<Connection> all = new ArrayList<>();
  private final BlockingQueue<Connection> idle;

  CarelessPool(DataSource source, int size) throws SQLException {
    idle = new ArrayBlockingQueue<>(size);
    for (int i = 0; i < size; i++) {
      Connection connection = source.getConnection();
      new Statements(connection).script("set search_path = host, public; set work_mem = '5MB'");
      connection.setAutoCommit(false);
      all.add(connection);
      idle.add(connection);
    }
  }

  /** Runs statements in each connection, which its borrowers find done. */
  void inEach(String sql) throws SQLException {
    for (Connection connection : all) {
      new Statements(connection).script(sql);
      connection.commit();
    }
  }

  /** Describes each connection's session. */
  List<String> states() throws SQLException {
    List<String> states = new ArrayList<>();
    for (Connection connection : all) {
      String mode = "autocommit " + connection.getAutoCommit();
      String isolation = " isolation " + connection.getTransactionIsolation() + " ";
      states.add(
          mode
              + isolation
              + new Statements(connection)
                  .first(STATE, row -> row.text("state"), Arguments.of())
                  .orElseThrow());
      connection.rollback();
    }
    return states;
  }

  int lent() {
    return all.size() - idle.size();
  }

  @Override
  public Connection getConnection() throws SQLException {
    Connection connection;
    try {
      connection = idle.poll(10, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new SQLException("interrupted", e);
    }
    if (connection == null) {
      throw new SQLException("all connections are lent", "53300");
    }
    return replacing(connection, method -> method.equals("close") && idle.add(connection));
  }

  @Override
  public void close() throws SQLException {
    for (Connection connection : all) {
      connection.close();
    }
  }
}
