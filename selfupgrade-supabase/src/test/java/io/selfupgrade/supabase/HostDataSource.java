package io.selfupgrade.supabase;

import java.io.PrintWriter;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.util.logging.Logger;
import javax.sql.DataSource;

/** A host's DataSource that gives out connections and does nothing else. */
abstract class HostDataSource implements DataSource, AutoCloseable {

  /** What happens instead of a call. */
  @FunctionalInterface
  interface Instead {
    /** Returns whether it was done; if not, the connection's own method is called. */
    boolean done(String method) throws SQLException;
  }

  /** Returns the connection with some of its methods, none of which returns anything, replaced. */
  static Connection replacing(Connection connection, Instead instead) {
    return (Connection)
        Proxy.newProxyInstance(
            HostDataSource.class.getClassLoader(),
            new Class<?>[] {Connection.class},
            (proxy, method, arguments) -> {
              if (instead.done(method.getName())) {
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
  public abstract void close() throws SQLException;

  @Override
  public final Connection getConnection(String user, String password) throws SQLException {
    throw new SQLFeatureNotSupportedException();
  }

  @Override
  public final PrintWriter getLogWriter() {
    return null;
  }

  @Override
  public final void setLogWriter(PrintWriter out) {
    // Not used.
  }

  @Override
  public final void setLoginTimeout(int seconds) {
    // Not used.
  }

  @Override
  public final int getLoginTimeout() {
    return 0;
  }

  @Override
  public final Logger getParentLogger() throws SQLFeatureNotSupportedException {
    throw new SQLFeatureNotSupportedException();
  }

  @Override
  public final <T> T unwrap(Class<T> type) throws SQLException {
    throw new SQLException("wraps nothing");
  }

  @Override
  public final boolean isWrapperFor(Class<?> type) {
    return false;
  }
}
