package io.selfupgrade.supabase.embedded;

import io.selfupgrade.agent.Secret;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Optional;
import java.util.Properties;
import org.postgresql.Driver;

/** Asks a server who it is. */
final class Probe {

  private static final String WRONG_PASSWORD = "28P01";
  private static final String NOT_AUTHORISED = "28000";
  private static final String TOO_MANY_CONNECTIONS = "53300";

  private static final long MAX_SECONDS = 5;

  private final ServerDirectory directory;
  private final Secret password;

  Probe(ServerDirectory directory) {
    this.directory = directory;
    this.password = Cluster.password(directory);
  }

  static String url(int port) {
    return "jdbc:postgresql://127.0.0.1:" + port + "/postgres?user=" + Cluster.USER;
  }

  /**
   * Tells why the server does not serve yet; empty once it does.
   *
   * @throws io.selfupgrade.agent.ConfigurationException if it never will: another server, another
   *     password
   */
  Optional<String> problemOf(Postmaster server, Deadline deadline) {
    try (Connection connection = new Driver().connect(url(server.port()), properties(deadline))) {
      if (connection == null) {
        throw new IllegalStateException("the Postgres driver refuses its own URL");
      }
      checkDirectory(connection, server);
      return Optional.empty();
    } catch (SQLException e) {
      String state = String.valueOf(e.getSQLState());
      if (state.equals(WRONG_PASSWORD) || state.equals(NOT_AUTHORISED)) {
        throw Trouble.misconfigured(
            "the server of "
                + directory.root()
                + " refuses the password in "
                + directory.password()
                + ": restore the file, or set the password with ALTER ROLE ("
                + e.getMessage()
                + ")");
      }
      return state.equals(TOO_MANY_CONNECTIONS) ? Optional.empty() : Optional.of(message(e));
    }
  }

  private static String message(SQLException e) {
    return String.valueOf(e.getMessage());
  }

  private void checkDirectory(Connection connection, Postmaster server) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SELECT current_setting('data_directory')")) {
      row.next();
      Path served = Path.of(row.getString(1));
      if (!Files.isSameFile(served, directory.data())) {
        throw Trouble.misconfigured(
            "the server on port "
                + server.port()
                + " serves "
                + served
                + " and not "
                + directory.data()
                + ": stop process "
                + server.pid());
      }
    } catch (IOException e) {
      throw Trouble.failed("cannot compare the server's data directory", e);
    }
  }

  private Properties properties(Deadline deadline) {
    String limitSeconds =
        String.valueOf(Math.min(MAX_SECONDS, deadline.remaining().toSeconds() + 1));
    Properties properties = new Properties();
    properties.setProperty("password", password.reveal());
    properties.setProperty("connectTimeout", limitSeconds);
    properties.setProperty("socketTimeout", limitSeconds);
    properties.setProperty("sslmode", "disable");
    properties.setProperty("gssEncMode", "disable");
    properties.setProperty("ApplicationName", "selfupgrade-probe");
    return properties;
  }
}
