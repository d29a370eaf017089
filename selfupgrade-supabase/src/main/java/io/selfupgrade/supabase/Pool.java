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

  /** Looks at a dedicated connection and tells how Postgres is reached, as far as it shows. */
  ConnectionKind look(Connection dedicated) throws SQLException;

  /** Looks at a dedicated connection and a borrowed one, which tells even behind a pooler. */
  ConnectionKind lookThoroughly(Connection dedicated) throws SQLException;

  /** Sets how Postgres is reached; again when it turns out to be otherwise. */
  void settle(ConnectionKind kind);

  /** Returns how Postgres is reached. */
  ConnectionKind kind();

  /** Returns what the names of the hosts tell; nothing before the first look. */
  Place place();

  @Override
  void close();
}
