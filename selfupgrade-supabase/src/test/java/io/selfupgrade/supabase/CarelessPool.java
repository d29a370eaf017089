package io.selfupgrade.supabase;

import java.io.PrintWriter;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.logging.Logger;
import javax.sql.DataSource;

/** A host's pool that resets nothing: what a borrower leaves behind, the next one finds. */
final class CarelessPool implements DataSource, AutoCloseable {

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
    return lent(connection);
  }

  private Connection lent(Connection connection) {
    return (Connection)
        Proxy.newProxyInstance(
            CarelessPool.class.getClassLoader(),
            new Class<?>[] {Connection.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("close")) {
                idle.add(connection);
                return null;
              }
              try {
                return method.invoke(connection, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  @Override
  public void close() throws SQLException {
    for (Connection connection : all) {
      connection.close();
    }
  }

  @Override
  public Connection getConnection(String user, String password) throws SQLException {
    throw new SQLFeatureNotSupportedException();
  }

  @Override
  public PrintWriter getLogWriter() {
    return null;
  }

  @Override
  public void setLogWriter(PrintWriter out) {
    // Not used.
  }

  @Override
  public void setLoginTimeout(int seconds) {
    // Not used.
  }

  @Override
  public int getLoginTimeout() {
    return 0;
  }

  @Override
  public Logger getParentLogger() throws SQLFeatureNotSupportedException {
    throw new SQLFeatureNotSupportedException();
  }

  @Override
  public <T> T unwrap(Class<T> type) throws SQLException {
    throw new SQLException("wraps nothing");
  }

  @Override
  public boolean isWrapperFor(Class<?> type) {
    return false;
  }
}
