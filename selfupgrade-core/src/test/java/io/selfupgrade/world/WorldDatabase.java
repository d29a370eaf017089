package io.selfupgrade.world;

import io.selfupgrade.supabase.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.net.URI;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Properties;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** A database of a world's own: its agents reach it by a wire, the test directly. Thread-safe. */
final class WorldDatabase implements AutoCloseable {

  private final String url;
  private final Wire wire;
  private final int port;
  private @Nullable Connection looking;

  /** Makes it on that server, with a login whose passwords cost little to check. */
  WorldDatabase(EmbeddedPostgres server) throws IOException, SQLException {
    String name = "world_" + UUID.randomUUID().toString().replace("-", "");
    Properties login = new Properties();
    login.setProperty("user", server.user());
    login.setProperty("password", server.password().reveal());
    try (Connection connection = DriverManager.getConnection(server.jdbcUrl(), login);
        Statement statement = connection.createStatement()) {
      statement.execute("create database " + name);
      statement.execute("set scram_iterations = 1");
      statement.execute("create role " + name + " superuser login password '" + name + "'");
    }
    String base = server.jdbcUrl().replaceFirst("/[^/?]+(\\?|$)", "/" + name + "$1");
    this.url = base + (base.contains("?") ? "&" : "?") + "user=" + name + "&password=" + name;
    this.port = URI.create(url.substring("jdbc:".length())).getPort();
    this.wire = new Wire(port);
  }

  /** Returns where the test reaches it. */
  String url() {
    return url;
  }

  /** Returns where agents reach it. */
  String urlOfAgents() {
    return url.replaceFirst(":" + port + "/", ":" + wire.port() + "/");
  }

  Wire wire() {
    return wire;
  }

  synchronized long number(String query) {
    try {
      if (looking == null || looking.isClosed()) {
        looking = DriverManager.getConnection(url);
      }
      try (Statement statement = looking.createStatement();
          ResultSet rows = statement.executeQuery(query)) {
        rows.next();
        return rows.getLong(1);
      }
    } catch (SQLException e) {
      throw new IllegalStateException(query, e);
    }
  }

  void execute(String sql) throws SQLException {
    try (Connection connection = DriverManager.getConnection(url);
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  @Override
  public synchronized void close() {
    wire.close();
    try {
      if (looking != null) {
        looking.close();
      }
    } catch (SQLException e) {
      throw new IllegalStateException("the world's own connection does not close", e);
    }
  }
}
