package io.selfupgrade.supabase;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.Secret;
import io.selfupgrade.control.Command;
import io.selfupgrade.control.JobStore;
import io.selfupgrade.store.AgentStore.SchemaMode;
import io.selfupgrade.supabase.embedded.OtherPostgres;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The schema on servers of the other major versions, without any extension. */
class OtherServersTest {

  @ParameterizedTest
  @ValueSource(ints = {15, 16})
  void theSchemaIsMadeAndServes(int major) throws SQLException {
    try (OtherPostgres server = OtherPostgres.start(major)) {
      assertThat(Agents.query(server.jdbcUrl("postgres"), "show server_version"))
          .startsWith(major + ".");
      anOwnerWhoMayMakeNoRoleServesAloneUntilThereIsOne(server);
      in(server, "postgres", "drop database weak");
      in(server, "postgres", "drop role agent; drop role selfupgrade_agent");
      everythingServes(server);
    }
  }

  /** On a server that has no role of agents yet. */
  private static void anOwnerWhoMayMakeNoRoleServesAloneUntilThereIsOne(OtherPostgres server)
      throws SQLException {
    in(server, "postgres", "create role weak login password 'secret'");
    in(server, "postgres", "create database weak owner weak");
    String owner = as("weak", server.jdbcUrl("weak"));
    try (PostgresStore store = PostgresStore.at(owner)) {
      store.open(SchemaMode.APPLY);
      assertThat(Agents.query(owner, "select count(*) from pg_roles where rolname like 'selfup%'"))
          .isEqualTo("0");
      assertThat(store.tasks().finish(Agents.claim(store, Agents.lead(store)), Optional.empty()))
          .isTrue();
    }

    in(server, "postgres", "create role selfupgrade_agent nologin");
    in(server, "postgres", "create role agent login password 'secret' in role selfupgrade_agent");
    Agents.query(owner, "select selfupgrade.secure_tables()");

    String agent = as("agent", server.jdbcUrl("weak"));
    try (PostgresStore store = PostgresStore.at(agent).migrations(Migrations.VERIFY)) {
      store.open(SchemaMode.APPLY);
      assertThat(store.tasks().finish(Agents.claim(store, Agents.lead(store)), Optional.empty()))
          .isTrue();
    }
  }

  private static void everythingServes(OtherPostgres server) throws SQLException {
    try (PostgresStore first = PostgresStore.at(server.jdbcUrl("postgres"));
        PostgresStore second = PostgresStore.at(server.jdbcUrl("postgres"))) {
      aDbaDoesWhatTheOwnerMayNot(server);
      theScriptForADbaMakesItToo(server);
      first.open(SchemaMode.APPLY);
      second.open(SchemaMode.VERIFY);

      Fence fence = Agents.lead(second);

      assertThat(first.commands().file(fence.agent(), Command.Wish.restart("key")).fresh())
          .isTrue();
      assertThat(second.commands().take(fence)).isPresent();
      assertThat(first.tasks().finish(Agents.claim(second, fence), Optional.empty())).isTrue();
      assertThat(first.jobs().runDue()).extracting(JobStore.Ran::name).isEqualTo(JobStore.NAMES);
    }
  }

  private static void in(OtherPostgres server, String database, String sql) throws SQLException {
    try (Connection connection = DriverManager.getConnection(server.jdbcUrl(database))) {
      new Statements(connection).script(sql);
    }
  }

  private static String as(String login, String url) {
    return url.replaceAll("user=[^&]*", "user=" + login)
        .replaceAll("password=[^&]*", "password=secret");
  }

  /** An owner that may create no role, on a server where nobody has made the group. */
  private static void aDbaDoesWhatTheOwnerMayNot(OtherPostgres server) throws SQLException {
    String dba = server.jdbcUrl("postgres");
    Agents.update(dba, "create role plain login password 'plain-password-1'");
    Agents.update(dba, "create database plain owner plain");
    SupabaseSetup setup =
        SupabaseSetup.withoutFolder()
            .database(
                Secret.of(
                    server
                        .jdbcUrl("plain")
                        .replaceAll("user=[^&]*", "user=plain")
                        .replaceAll("password=[^&]*", "password=plain-password-1")))
            .login("of_the_dba")
            .password(Secret.of("set-by-the-dba-1"));

    SetupReport first = setup.run();
    String step =
        first.left().stream().filter(each -> each.contains("superuser")).findFirst().orElseThrow();
    Agents.update(
        server.jdbcUrl("plain"), step.replaceAll("(?s).*database: (.*); and in psql.*", "$1"));
    Agents.update(dba, "alter role of_the_dba password 'set-by-the-dba-1'");

    assertThat(first.good()).isFalse();
    SetupReport second = setup.run();
    assertThat(second.good()).as("%s", second).isTrue();
    assertThat(second.changes()).isFalse();
  }

  private static void theScriptForADbaMakesItToo(OtherPostgres server) throws SQLException {
    Agents.update(server.jdbcUrl("postgres"), "create database scripted");
    String url = server.jdbcUrl("scripted");

    Agents.update(url + "&preferQueryMode=simple", SupabaseSetup.sql("of_the_script"));
    Agents.update(url + "&preferQueryMode=simple", SupabaseSetup.sql("of_the_script"));

    try (PostgresStore store = PostgresStore.at(url)) {
      store.open(SchemaMode.VERIFY);
    }
  }
}
