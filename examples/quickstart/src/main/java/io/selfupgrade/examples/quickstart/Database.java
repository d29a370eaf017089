package io.selfupgrade.examples.quickstart;

import io.selfupgrade.supabase.embedded.EmbeddedPostgres;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;

/** The story's Postgres, and the eyes with which the story looks into it. Not thread-safe. */
final class Database implements AutoCloseable {

  private final String url;
  private final Connection connection;

  private Database(String url, Connection connection) {
    this.url = url;
    this.connection = connection;
  }

  /** Starts a server of its own in the directory; the reaper stops it. */
  static Database start(Path directory) {
    // Not closed: the server belongs to the directory, and whoever clears that away stops it.
    EmbeddedPostgres server = EmbeddedPostgres.attach(directory);
    String url =
        server.jdbcUrl()
            + (server.jdbcUrl().contains("?") ? "&" : "?")
            + "user="
            + encoded(server.user())
            + "&password="
            + encoded(server.password().reveal());
    try {
      Database database = new Database(url, DriverManager.getConnection(url));
      database.createTable();
      return database;
    } catch (SQLException e) {
      throw new IllegalStateException("the database server in " + directory + " is not usable", e);
    }
  }

  /** Returns the URL with user and password, which is secret. */
  String url() {
    return url;
  }

  /** Tells whether a table is there. */
  boolean has(String table) throws SQLException {
    return flag("select to_regclass(?) is not null", table);
  }

  boolean flag(String query, Object... arguments) throws SQLException {
    return one(query, row -> row.getBoolean(1), arguments);
  }

  long number(String query, Object... arguments) throws SQLException {
    return one(query, row -> row.getLong(1), arguments);
  }

  double decimal(String query, Object... arguments) throws SQLException {
    return one(query, row -> row.getDouble(1), arguments);
  }

  Instant instant(String query, Object... arguments) throws SQLException {
    return one(query, row -> row.getObject(1, OffsetDateTime.class).toInstant(), arguments);
  }

  List<String> texts(String query, Object... arguments) throws SQLException {
    return all(query, row -> row.getString(1), arguments);
  }

  <T> List<T> all(String query, Row<T> row, Object... arguments) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(query)) {
      for (int i = 0; i < arguments.length; i++) {
        statement.setObject(i + 1, arguments[i]);
      }
      List<T> all = new ArrayList<>();
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          all.add(row.read(rows));
        }
      }
      return all;
    }
  }

  @Override
  public void close() throws SQLException {
    connection.close();
  }

  /** The agent's own table; no constraint hides a tick that was run twice: it is counted. */
  private void createTable() throws SQLException {
    execute("create schema quickstart");
    execute(
        "create table quickstart.tick (id bigint generated always as identity primary key,"
            + " key text not null, written_at timestamptz not null default clock_timestamp())");
  }

  private <T> T one(String query, Row<T> row, Object... arguments) throws SQLException {
    return all(query, row, arguments).get(0);
  }

  private void execute(String statement) throws SQLException {
    try (PreparedStatement prepared = connection.prepareStatement(statement)) {
      prepared.executeUpdate();
    }
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  /**
   * Reads one row.
   *
   * @param <T> what is made of it
   */
  @FunctionalInterface
  interface Row<T> {
    T read(ResultSet row) throws SQLException;
  }
}
