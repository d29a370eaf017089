package io.selfupgrade.supabase;

import io.selfupgrade.agent.Secret;
import io.selfupgrade.supabase.SetupReport.Mark;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.List;

/**
 * A project and a database to set up, with roles of their own: roles belong to the whole server.
 */
final class SetupScene implements AutoCloseable {

  private final TestDatabase database;
  private final Path project;
  private final String login = "setup_" + Long.toString(System.nanoTime(), 36);

  SetupScene(TestDatabase database, Path project) {
    this.database = database;
    this.project = project;
  }

  /** The agent's login. */
  String login() {
    return login;
  }

  /** A role for tests of what others than a superuser may. */
  String owner() {
    return login + "_owner";
  }

  SupabaseSetup described() {
    return SupabaseSetup.in(project).database(Secret.of(database.jdbcUrl())).login(login);
  }

  void sql(String script) throws SQLException {
    try (Connection connection = DriverManager.getConnection(database.jdbcUrl())) {
      new Statements(connection).script(script);
    }
  }

  /** The URL for another user. */
  String url(String user, String password) {
    return database
        .jdbcUrl()
        .replaceAll("user=[^&]*", "user=" + user)
        .replaceAll("password=[^&]*", "password=" + password);
  }

  Path loginFile() {
    return project.resolve("supabase/.env.selfupgrade.local");
  }

  String agentUrl() throws IOException {
    return new LoginFile(loginFile()).url().orElseThrow();
  }

  static List<String> texts(SetupReport report, Mark mark) {
    return report.lines().stream()
        .filter(line -> line.mark() == mark)
        .map(line -> line.subject() + " " + line.text())
        .toList();
  }

  /** Drops the roles. */
  @Override
  public void close() throws SQLException {
    for (String role : List.of(login, owner())) {
      if (!Agents.query(database.jdbcUrl(), "select 1 where to_regrole('" + role + "') is not null")
          .isEmpty()) {
        sql("drop owned by " + role + " cascade; drop role " + role);
      }
    }
  }
}
