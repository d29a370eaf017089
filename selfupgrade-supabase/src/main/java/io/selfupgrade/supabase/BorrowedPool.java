package io.selfupgrade.supabase;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import javax.sql.DataSource;
import org.postgresql.PGConnection;

/**
 * Connections of the host's DataSource, which is never closed here.
 *
 * <p>Each goes back as it came, whether or not the host's pool would see to that.
 */
final class BorrowedPool implements Pool {

  private final DataSource source;
  private final Optional<Connector> migrator;
  private volatile Place place = Place.of(List.of(""), false);
  private volatile ConnectionKind kind = ConnectionKind.UNKNOWN_POOLER;

  BorrowedPool(DataSource source, Optional<Connector> migrator) {
    this.source = source;
    this.migrator = migrator;
  }

  @Override
  public Connection borrow() throws SQLException {
    Connection host = source.getConnection();
    try {
      return BorrowedConnection.of(host, kind == ConnectionKind.DIRECT);
    } catch (SQLException | RuntimeException | Error e) {
      giveBack(host, e);
      throw e;
    }
  }

  private static void giveBack(Connection host, Throwable failure) {
    try {
      host.close();
    } catch (SQLException e) {
      failure.addSuppressed(e);
    }
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

  /** A second connection is not asked for here: the host may have one alone to give. */
  @Override
  public ConnectionKind look(Connection dedicated) throws SQLException {
    place = DatabaseUrl.placeOf(dedicated.getMetaData().getURL());
    return dedicated.isWrapperFor(PGConnection.class)
        ? ConnectionProbe.alone(place, dedicated)
        : ConnectionKind.UNKNOWN_POOLER;
  }

  @Override
  public ConnectionKind lookThoroughly(Connection dedicated) throws SQLException {
    return ConnectionProbe.thoroughly(place, dedicated, this::borrow);
  }

  @Override
  public void settle(ConnectionKind found) {
    kind = found;
  }

  @Override
  public ConnectionKind kind() {
    return kind;
  }

  @Override
  public Place place() {
    return place;
  }

  @Override
  public void close() {
    // The host's.
  }
}
