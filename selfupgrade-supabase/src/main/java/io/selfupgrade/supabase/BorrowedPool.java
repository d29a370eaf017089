package io.selfupgrade.supabase;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import javax.sql.DataSource;

/**
 * Connections of the host's DataSource, which is never closed here.
 *
 * <p>Each goes back as it came, whether or not the host's pool would see to that.
 */
final class BorrowedPool implements Pool {

  private final DataSource source;
  private final Optional<Connector> migrator;

  BorrowedPool(DataSource source, Optional<Connector> migrator) {
    this.source = source;
    this.migrator = migrator;
  }

  @Override
  public Connection borrow() throws SQLException {
    return BorrowedConnection.of(source.getConnection());
  }

  @Override
  public Connection dedicated(Duration longestAnswer) throws SQLException {
    return borrow();
  }

  @Override
  public Connection forMigrations() throws SQLException {
    return migrator.isPresent() ? migrator.get().getConnection() : borrow();
  }

  /** Unknown here: the host sized its pool for itself. */
  @Override
  public int hostTransactions() {
    return Integer.MAX_VALUE;
  }

  @Override
  public boolean keepsSessions() {
    return true;
  }

  @Override
  public void close() {
    // The host's.
  }
}
