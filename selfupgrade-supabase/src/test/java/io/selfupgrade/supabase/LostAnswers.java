package io.selfupgrade.supabase;

import java.io.PrintWriter;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.util.logging.Logger;
import javax.sql.DataSource;

/** Connections on which the answer to one commit does not arrive, whether it happened or not. */
final class LostAnswers implements DataSource, AutoCloseable {

  private final DataSource source;
  private boolean armed;
  private boolean committing;

  LostAnswers(DataSource source) {
    this.source = source;
  }

  /** Loses the answer to the next commit, which happens or is undone. */
  void losingTheNextCommit(boolean happens) {
    armed = true;
    committing = happens;
  }

  @Override
  public Connection getConnection() throws SQLException {
    Connection connection = source.getConnection();
    return (Connection)
        Proxy.newProxyInstance(
            LostAnswers.class.getClassLoader(),
            new Class<?>[] {Connection.class},
            (proxy, method, arguments) -> {
              if (armed && method.getName().equals("commit")) {
                armed = false;
                if (committing) {
                  connection.commit();
                }
                connection.close();
                throw new SQLException("an I/O error occurred while waiting", "08006");
              }
              try {
                return method.invoke(connection, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
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

  @Override
  public void close() {
    // Keeps no connection.
  }
}
