package io.selfupgrade.supabase;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Statements on one connection. */
final class Statements {

  private final Connection connection;

  Statements(Connection connection) {
    this.connection = connection;
  }

  Connection connection() {
    return connection;
  }

  <T> List<T> list(String sql, Row.Mapper<T> mapper, Arguments arguments) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      arguments.bindTo(statement);
      try (ResultSet result = statement.executeQuery()) {
        List<T> values = new ArrayList<>();
        Row row = new Row(result);
        while (result.next()) {
          values.add(mapper.map(row));
        }
        return values;
      }
    }
  }

  <T> Optional<T> first(String sql, Row.Mapper<T> mapper, Arguments arguments) throws SQLException {
    return list(sql, mapper, arguments).stream().findFirst();
  }

  /** Tells whether a query has a row. */
  boolean any(String sql, Arguments arguments) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      arguments.bindTo(statement);
      try (ResultSet result = statement.executeQuery()) {
        return result.next();
      }
    }
  }

  /** Returns how many rows a statement changed. */
  int update(String sql, Arguments arguments) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      arguments.bindTo(statement);
      return statement.executeUpdate();
    }
  }

  /** Runs statements that take no arguments, without reading JDBC escapes into them. */
  void script(String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.setEscapeProcessing(false);
      statement.execute(sql);
    }
  }
}
