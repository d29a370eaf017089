package io.selfupgrade.supabase;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class TestDatabaseTest {

  @RegisterExtension static final TestDatabase OF_CLASS = TestDatabase.fresh();
  @RegisterExtension final TestDatabase ofTest = TestDatabase.fresh();

  @RepeatedTest(2)
  void aDatabaseOfATestIsEmptyEachTime() throws SQLException {
    try (Connection connection = ofTest.dataSource().getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE TABLE only_here (id int)");
    }
  }

  @RepeatedTest(2)
  void theDatabaseOfTheClassIsKept() throws SQLException {
    try (Connection connection = DriverManager.getConnection(OF_CLASS.jdbcUrl());
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE TABLE IF NOT EXISTS kept (id int)");
    }
    assertThat(OF_CLASS.jdbcUrl()).isNotEqualTo(ofTest.jdbcUrl());
  }

  @Test
  void aDatabaseOpenedByHandIsDroppedAgain() throws SQLException {
    String url;
    try (TestDatabase opened = TestDatabase.open()) {
      url = opened.jdbcUrl();
    }
    String name = url.substring(url.lastIndexOf('/') + 1, url.indexOf('?'));
    try (Connection connection = OF_CLASS.dataSource().getConnection();
        Statement statement = connection.createStatement();
        ResultSet found =
            statement.executeQuery("SELECT 1 FROM pg_database WHERE datname = '" + name + "'")) {
      assertThat(found.next()).isFalse();
    }
  }
}
