package io.selfupgrade.supabase;

import com.zaxxer.hikari.HikariConfig;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;

/**
 * A pool of our own, and dedicated connections beside it.
 *
 * <p>Without HikariCP's DataSource around it, which tells the host's log of each start and stop.
 */
final class HikariPool implements Pool {

  private static final Duration LONGEST_BORROW = Duration.ofSeconds(2);
  private static final Duration LONGEST_CHECK = Duration.ofSeconds(1);
  private static final Duration IDLE = Duration.ofMinutes(1);
  private static final Duration KEEP_ALIVE = Duration.ofSeconds(45);
  private static final Duration LONGEST_MIGRATION = Duration.ofMinutes(10);

  private final Connector connector;
  private final Connector migrator;
  private final Place place;
  private final Runnable afterClose;
  private final int size;
  private final com.zaxxer.hikari.pool.HikariPool pooled;
  private volatile ConnectionKind kind = ConnectionKind.UNKNOWN_POOLER;

  /** What a pool is made of. */
  record Plan(
      Connector connector, Connector migrator, Place place, int size, Runnable afterClose) {}

  HikariPool(Plan plan) {
    connector = plan.connector();
    migrator = plan.migrator();
    place = plan.place();
    size = plan.size();
    afterClose = plan.afterClose();
    HikariConfig config = new HikariConfig();
    config.setPoolName("selfupgrade-postgres");
    config.setDataSource(connector);
    config.setMaximumPoolSize(size);
    config.setMinimumIdle(1);
    config.setIdleTimeout(IDLE.toMillis());
    config.setKeepaliveTime(KEEP_ALIVE.toMillis());
    config.setConnectionTimeout(LONGEST_BORROW.toMillis());
    config.setValidationTimeout(LONGEST_CHECK.toMillis());
    config.setInitializationFailTimeout(-1);
    config.setTransactionIsolation("TRANSACTION_READ_COMMITTED");
    config.validate();
    pooled = new com.zaxxer.hikari.pool.HikariPool(config);
  }

  @Override
  public Connection borrow() throws SQLException {
    return pooled.getConnection();
  }

  @Override
  public Connection dedicated(Duration longestAnswer) throws SQLException {
    return connector.connect(longestAnswer);
  }

  @Override
  public Connection forMigrations() throws SQLException {
    return migrator.connect(LONGEST_MIGRATION);
  }

  @Override
  public int hostTransactions() {
    return size - 1;
  }

  @Override
  public ConnectionKind look(Connection dedicated) throws SQLException {
    ConnectionKind shown = ConnectionProbe.alone(place, dedicated);
    if (shown != ConnectionKind.UNKNOWN_POOLER) {
      return shown;
    }
    try {
      return ConnectionProbe.thoroughly(
          place, dedicated, () -> connector.connect(PostgresSession.LONGEST_ANSWER));
    } catch (SQLException e) {
      // There may be no room for a second one: what is not known is taken to be the worse.
      return shown;
    }
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
    try {
      pooled.shutdown();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      afterClose.run();
    }
  }
}
