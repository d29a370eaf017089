package io.selfupgrade.supabase;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/** A connection of the host's, which is closed with the transaction mode that it came with. */
final class BorrowedConnection implements InvocationHandler {

  private final Connection host;
  private final boolean autoCommit;

  private BorrowedConnection(Connection host, boolean autoCommit) {
    this.host = host;
    this.autoCommit = autoCommit;
  }

  static Connection of(Connection host) throws SQLException {
    return (Connection)
        Proxy.newProxyInstance(
            BorrowedConnection.class.getClassLoader(),
            new Class<?>[] {Connection.class},
            new BorrowedConnection(host, host.getAutoCommit()));
  }

  @Override
  public @Nullable Object invoke(Object proxy, Method method, Object @Nullable [] arguments)
      throws Throwable {
    if (method.getName().equals("close")) {
      restore();
    }
    if (method.getName().equals("equals") && arguments != null) {
      return arguments[0] == proxy;
    }
    try {
      return method.invoke(host, arguments);
    } catch (InvocationTargetException e) {
      throw e.getCause() == null ? e : e.getCause();
    }
  }

  private void restore() {
    try {
      if (!host.isClosed() && host.getAutoCommit() != autoCommit) {
        host.setAutoCommit(autoCommit);
      }
    } catch (SQLException ignored) {
      // It is broken, which its pool finds out by itself.
    }
  }
}
