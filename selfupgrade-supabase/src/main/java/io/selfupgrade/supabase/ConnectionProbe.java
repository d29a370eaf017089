package io.selfupgrade.supabase;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Collections;
import java.util.HashSet;
import java.util.Set;
import org.postgresql.PGConnection;

/**
 * Finds out by looking whether a connection keeps its session.
 *
 * <p>A server names its process at the start of a session and again when it is asked; a pooler
 * makes the first name up. Behind a pooler two connections are looked at in turn: if one meets two
 * processes, or both the same one, processes are lent for a transaction. Between two statements of
 * one connection, and of two, a free process goes to the next who asks, whether the pooler takes
 * the one that was used last or the one that has rested longest. What looks like a session by
 * accident is found out later: the lock is taken only in the process that the session began with.
 */
final class ConnectionProbe {

  /** Whose turn it is; each goes twice in a row, and each follows the other. */
  private static final String TURNS = "AABBABAAB";

  private ConnectionProbe() {}

  /** Opens one more connection of the same kind. */
  @FunctionalInterface
  interface Opening {
    /** Opens it. */
    Connection open() throws SQLException;
  }

  /** Looks at one connection: tells a direct one, or what the names of the hosts tell. */
  static ConnectionKind alone(Place place, Connection connection) throws SQLException {
    if (isDirect(place, connection)) {
      return ConnectionKind.DIRECT;
    }
    return place
        .told()
        .filter(told -> told != ConnectionKind.DIRECT)
        .orElse(ConnectionKind.UNKNOWN_POOLER);
  }

  /** Looks at a connection and, if it is behind a pooler, at a second one that is open with it. */
  static ConnectionKind thoroughly(Place place, Connection connection, Opening another)
      throws SQLException {
    if (isToldToLend(place)) {
      return ConnectionKind.TRANSACTION_POOLER;
    }
    if (isDirect(place, connection)) {
      return ConnectionKind.DIRECT;
    }
    try (Connection second = another.open()) {
      return lends(connection, second)
          ? ConnectionKind.TRANSACTION_POOLER
          : ConnectionKind.SESSION_POOLER;
    }
  }

  /** Tells whether the process that answers is the one with which the session began. */
  static boolean isDirect(Place place, Connection connection) throws SQLException {
    return place.supabase() != Place.Supabase.POOLER
        && !isToldToLend(place)
        && connection.unwrap(PGConnection.class).getBackendPID() == process(connection);
  }

  private static boolean isToldToLend(Place place) {
    return place.told().filter(ConnectionKind.TRANSACTION_POOLER::equals).isPresent();
  }

  private static boolean lends(Connection first, Connection second) throws SQLException {
    Set<Integer> ofFirst = new HashSet<>();
    Set<Integer> ofSecond = new HashSet<>();
    for (int i = 0; i < TURNS.length(); i++) {
      if (TURNS.charAt(i) == 'A') {
        ofFirst.add(process(first));
      } else {
        ofSecond.add(process(second));
      }
    }
    return ofFirst.size() > 1 || ofSecond.size() > 1 || !Collections.disjoint(ofFirst, ofSecond);
  }

  /** Returns the process that runs this statement; a transaction of its own. */
  private static int process(Connection connection) throws SQLException {
    if (!connection.getAutoCommit()) {
      connection.setAutoCommit(true);
    }
    try (Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery("select pg_backend_pid()")) {
      result.next();
      return result.getInt(1);
    }
  }
}
