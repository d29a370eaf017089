package io.selfupgrade.supabase;

import java.sql.Connection;
import java.sql.SQLException;
import javax.sql.DataSource;

/** Connections on which the answer to one commit does not arrive, whether it happened or not. */
final class LostAnswers extends HostDataSource {

  private final DataSource source;
  private boolean armed;
  private boolean committing;

  LostAnswers(DataSource source) {
    this.source = source;
  }

  /** Loses the answer to the next commit, which happens or is undone. */
  void losingTheNextCommit(boolean happens) {
    armed = true;
    committing = happens;
  }

  @Override
  public Connection getConnection() throws SQLException {
    Connection connection = source.getConnection();
    return replacing(connection, method -> method.equals("commit") && lost(connection));
  }

  private boolean lost(Connection connection) throws SQLException {
    if (!armed) {
      return false;
    }
    armed = false;
    if (committing) {
      connection.commit();
    }
    connection.close();
    throw new SQLException("an I/O error occurred while waiting", "08006");
  }

  @Override
  public void close() {
    // Keeps no connection.
  }
}
