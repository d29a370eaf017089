package io.selfupgrade.supabase;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;

/** The connections of an open store. */
interface Pool extends AutoCloseable {

  /** Borrows a connection for one call. */
  Connection borrow() throws SQLException;

  /**
   * Returns a connection for a long time, closed by the caller.
   *
   * @param longestAnswer how long the server may take to answer, where that can be set
   */
  Connection dedicated(Duration longestAnswer) throws SQLException;

  /** Returns a connection for migrations, closed by the caller. */
  Connection forMigrations() throws SQLException;

  /** Returns how many connections hosts may hold at once, so that renewing the lease needs none. */
  int hostTransactions();

  /** Tells whether a dedicated connection keeps its session. */
  boolean keepsSessions();

  @Override
  void close();
}
