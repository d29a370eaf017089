package io.selfupgrade.supabase;

import java.io.PrintWriter;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.time.Duration;
import java.util.Optional;
import java.util.Properties;
import java.util.function.Supplier;
import java.util.logging.Logger;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.postgresql.Driver;
import org.postgresql.PGConnection;

/** Makes physical connections; asks for the URL each time, because a server may have moved. */
final class Connector implements DataSource {

  private static final String REFUSED = "08001";
  private static final String PREPARE_THRESHOLD = "prepareThreshold";
  private static final int DRIVERS_THRESHOLD = 5;

  private final Supplier<DatabaseUrl> url;
  private final Optional<Runnable> revival;
  private volatile int loginTimeoutSeconds = 1;

  Connector(Supplier<DatabaseUrl> url) {
    this(url, Optional.empty());
  }

  /**
   * Makes connections to a server that can be started again.
   *
   * @param revival starts it if it is gone
   */
  Connector(Supplier<DatabaseUrl> url, Optional<Runnable> revival) {
    this.url = url;
    this.revival = revival;
  }

  /**
   * Connects for the pool. Only a connection that is direct keeps something in its session,
   * whatever was seen of others: behind a pooler a statement of that name may be somebody else's.
   */
  @Override
  public Connection getConnection() throws SQLException {
    Connection connection = connect(Optional.empty());
    try {
      DatabaseUrl now = url.get();
      if (ConnectionProbe.isDirect(now.place(), connection)) {
        keepInSession(now, connection);
      }
      return connection;
    } catch (SQLException e) {
      connection.close();
      throw e;
    }
  }

  private static void keepInSession(DatabaseUrl url, Connection connection) throws SQLException {
    if (!url.properties().containsKey(PREPARE_THRESHOLD)) {
      connection.unwrap(PGConnection.class).setPrepareThreshold(DRIVERS_THRESHOLD);
    }
    Duration longest = url.longestAnswer();
    if (!longest.isZero()) {
      // What nobody waits for any more must not go on in the server.
      new Statements(connection).script("set statement_timeout = '" + longest.toSeconds() + "s'");
    }
  }

  /** Connects with another limit on the wait for an answer. */
  Connection connect(Duration longestAnswer) throws SQLException {
    return connect(Optional.of(longestAnswer));
  }

  private Connection connect(Optional<Duration> longestAnswer) throws SQLException {
    try {
      return connectOnce(longestAnswer);
    } catch (SQLException e) {
      if (revival.isEmpty() || !SqlFailure.is(e, REFUSED)) {
        throw e;
      }
      revival.get().run();
      return connectOnce(longestAnswer);
    }
  }

  private Connection connectOnce(Optional<Duration> longestAnswer) throws SQLException {
    DatabaseUrl now = url.get();
    Properties properties = now.properties();
    longestAnswer.ifPresent(
        time -> properties.setProperty("socketTimeout", Long.toString(time.toSeconds())));
    properties.putIfAbsent(PREPARE_THRESHOLD, "0");
    try {
      return connect(now, properties);
    } catch (SQLException e) {
      throw NotConnected.explained(now, e);
    }
  }

  private static Connection connect(DatabaseUrl url, Properties properties) throws SQLException {
    Connection connection = new Driver().connect(url.url(), properties);
    if (connection == null) {
      throw new SQLException("the driver does not know the URL " + url, "08001");
    }
    return connection;
  }

  @Override
  public Connection getConnection(String user, String password) throws SQLException {
    throw new SQLFeatureNotSupportedException("user and password are those of the URL");
  }

  @Override
  public @Nullable PrintWriter getLogWriter() {
    return null;
  }

  @Override
  public void setLogWriter(PrintWriter out) {
    // The driver logs by java.util.logging.
  }

  @Override
  public void setLoginTimeout(int seconds) {
    // For the pool, which waits so long for its threads; the URL's settings limit a connection.
    loginTimeoutSeconds = seconds;
  }

  @Override
  public int getLoginTimeout() {
    return loginTimeoutSeconds;
  }

  @Override
  public Logger getParentLogger() throws SQLFeatureNotSupportedException {
    throw new SQLFeatureNotSupportedException("the driver has its own logger");
  }

  @Override
  public <T> T unwrap(Class<T> type) throws SQLException {
    if (type.isInstance(this)) {
      return type.cast(this);
    }
    throw new SQLException("this is no " + type.getName());
  }

  @Override
  public boolean isWrapperFor(Class<?> type) {
    return type.isInstance(this);
  }
}
