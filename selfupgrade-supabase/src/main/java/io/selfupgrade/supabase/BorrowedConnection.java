package io.selfupgrade.supabase;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;

/**
 * A connection of the host's, which is closed with the transaction mode that it came with.
 *
 * <p>Behind a pooler no statement is left on the server while it is lent.
 */
final class BorrowedConnection implements InvocationHandler {

  private final Connection host;
  private final boolean autoCommit;
  private final OptionalInt prepareThreshold;

  private BorrowedConnection(Connection host, boolean autoCommit, OptionalInt prepareThreshold) {
    this.host = host;
    this.autoCommit = autoCommit;
    this.prepareThreshold = prepareThreshold;
  }

  static Connection of(Connection host, boolean direct) throws SQLException {
    OptionalInt threshold = OptionalInt.empty();
    if (!direct && host.isWrapperFor(PGConnection.class)) {
      PGConnection driver = host.unwrap(PGConnection.class);
      threshold = OptionalInt.of(driver.getPrepareThreshold());
      driver.setPrepareThreshold(0);
    }
    return (Connection)
        Proxy.newProxyInstance(
            BorrowedConnection.class.getClassLoader(),
            new Class<?>[] {Connection.class},
            new BorrowedConnection(host, host.getAutoCommit(), threshold));
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
      if (host.isClosed()) {
        return;
      }
      if (host.getAutoCommit() != autoCommit) {
        host.setAutoCommit(autoCommit);
      }
      if (prepareThreshold.isPresent()) {
        host.unwrap(PGConnection.class).setPrepareThreshold(prepareThreshold.getAsInt());
      }
    } catch (SQLException ignored) {
      // It is broken, which its pool finds out by itself.
    }
  }
}
