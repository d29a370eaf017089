package io.selfupgrade.supabase;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A connection that is lent within one transaction, whose end is not the borrower's to decide. */
final class GuardedConnection implements InvocationHandler {

  private static final Set<String> NOT_ALLOWED =
      Set.of("commit", "setAutoCommit", "abort", "setTransactionIsolation", "setReadOnly");

  private final Connection lent;
  private volatile boolean ended;

  GuardedConnection(Connection lent) {
    this.lent = lent;
  }

  Connection connection() {
    return (Connection)
        Proxy.newProxyInstance(
            GuardedConnection.class.getClassLoader(), new Class<?>[] {Connection.class}, this);
  }

  /** Makes the lent connection useless, should someone have kept it. */
  void end() {
    ended = true;
  }

  @Override
  public @Nullable Object invoke(Object proxy, Method method, Object @Nullable [] arguments)
      throws Throwable {
    String name = method.getName();
    if (method.getDeclaringClass() == Object.class) {
      return ofObject(proxy, name, arguments);
    }
    if (name.equals("isClosed") && ended) {
      return true;
    }
    if (name.equals("close")) {
      return null;
    }
    if (ended) {
      throw new SQLException("this connection was lent for one tick, which has ended");
    }
    boolean wholeRollback = name.equals("rollback") && arguments == null;
    if (wholeRollback || NOT_ALLOWED.contains(name)) {
      throw new SQLException(
          name
              + " is not allowed here: the tick's transaction is ended by PostgresRun; throw an"
              + " exception to undo it");
    }
    try {
      return method.invoke(lent, arguments);
    } catch (InvocationTargetException e) {
      throw e.getCause() == null ? e : e.getCause();
    }
  }

  private @Nullable Object ofObject(Object proxy, String name, Object @Nullable [] arguments) {
    return switch (name) {
      case "equals" -> arguments != null && arguments[0] == proxy;
      case "hashCode" -> System.identityHashCode(proxy);
      default -> "connection of a tick";
    };
  }
}
