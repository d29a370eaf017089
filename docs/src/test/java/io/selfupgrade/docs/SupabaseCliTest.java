package io.selfupgrade.docs;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.agent.Secret;
import io.selfupgrade.store.AgentStore.SchemaMode;
import io.selfupgrade.supabase.PostgresStore;
import io.selfupgrade.supabase.SetupReport;
import io.selfupgrade.supabase.SupabaseSetup;
import io.selfupgrade.supabase.embedded.OtherPostgres;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The folder that the set-up writes, and its migrations, with the real Supabase CLI. */
final class SupabaseCliTest {

  private static final String UP_TO_DATE = "Remote database is up to date";

  private static OtherPostgres server;

  @TempDir static Path project;

  @BeforeAll
  static void start() throws Exception {
    SupabaseCli.install();
    server = OtherPostgres.withExtensions();
    // A project that has settings of its own: what the set-up adds to them is read by the CLI too.
    Path settings = Files.createDirectories(project.resolve("supabase")).resolve("config.toml");
    Files.writeString(settings, "project_id = \"mine\"\n\n[functions.hello]\nverify_jwt = true\n");
    assertThat(SupabaseSetup.in(project).run().good()).isTrue();
  }

  @AfterAll
  static void stop() {
    if (server != null) {
      server.close();
    }
  }

  private static void sql(String database, String sql) throws SQLException {
    try (Connection connection = DriverManager.getConnection(server.jdbcUrl(database));
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private static SupabaseCli cli(String database) {
    return SupabaseCli.in(project, EdgeRuntime.databaseUrl(server.jdbcUrl(database)));
  }

  private static SetupReport setUp(String database) {
    return SupabaseSetup.in(project)
        .database(Secret.of(server.jdbcUrl(database)))
        .login("login_" + database)
        .loginFile(project.resolve(database + ".env"))
        .run();
  }

  private static void upToDate(SupabaseCli.Answer answer) {
    assertThat(answer.code()).as(answer.text()).isZero();
    assertThat(answer.text()).contains(UP_TO_DATE);
  }

  private static void takesAgents(String database) {
    try (PostgresStore store = PostgresStore.at(server.jdbcUrl(database))) {
      store.open(SchemaMode.VERIFY);
    }
  }

  @Test
  void whatItPushesIsWholeAndTheSetUpAppliesNothingTwice() throws Exception {
    sql("postgres", "create database pushed");
    SupabaseCli cli = cli("pushed");

    SupabaseCli.Answer pushed = cli.push();

    assertThat(pushed.code()).as(pushed.text()).isZero();
    assertThat(pushed.text()).contains("20261101000100_foundation.sql").doesNotContain(UP_TO_DATE);
    upToDate(cli.push());
    takesAgents("pushed");
    // Without the extensions that the functions use where they are there.
    SupabaseCli.Answer linted = cli.lint();
    assertThat(linted.code()).as(linted.text()).isZero();
    assertThat(linted.text()).contains("No schema errors found");
    SetupReport report = setUp("pushed");
    assertThat(report.good()).as("%s", report).isTrue();
    assertThat(report.lines()).noneMatch(line -> line.subject().equals("migration"));
  }

  @Test
  void afterTheSetUpItHasNothingToPushAndSeesAnErrorThatIsMade() throws Exception {
    SetupReport report = setUp("postgres");
    assertThat(report.good()).as("%s", report).isTrue();

    upToDate(cli("postgres").push());

    sql(
        "postgres",
        "create function selfupgrade.broken() returns integer language plpgsql"
            + " as 'begin return (select nothing from selfupgrade.settings); end'");
    SupabaseCli.Answer broken = cli("postgres").lint();
    assertThat(broken.code()).as("it sees an error: %s", broken.text()).isNotZero();
    assertThat(broken.text()).contains("broken");
  }

  @Test
  void whatAnAgentHasAppliedItselfIsToldToTheCliByTheSetUp() throws Exception {
    sql("postgres", "create database started");
    try (PostgresStore store = PostgresStore.at(server.jdbcUrl("started"))) {
      store.open(SchemaMode.APPLY);
    }

    assertThat(setUp("started").good()).isTrue();

    upToDate(cli("started").push());
    takesAgents("started");
  }
}
