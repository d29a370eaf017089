package io.selfupgrade.supabase;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.agent.Fence;
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

  private static void everythingServes(OtherPostgres server) {
    try (PostgresStore first = PostgresStore.at(server.jdbcUrl("postgres"));
        PostgresStore second = PostgresStore.at(server.jdbcUrl("postgres"))) {
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
}
