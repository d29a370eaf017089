package io.selfupgrade.supabase;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.Json;
import io.selfupgrade.store.AgentStore.SchemaMode;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Rules that every table of the schema keeps. */
class SchemaTest {

  @RegisterExtension static final TestDatabase DATABASE = TestDatabase.fresh();

  private static final String TABLES =
      " from pg_class c where c.relnamespace = 'selfupgrade'::regnamespace"
          + " and c.relkind in ('r', 'p')";

  private PostgresStore store;

  @BeforeEach
  void openTheStore() {
    store = PostgresStore.at(DATABASE.jdbcUrl());
    store.open(SchemaMode.APPLY);
  }

  @AfterEach
  void closeTheStore() {
    store.close();
  }

  @Test
  void thereAreTables() throws SQLException {
    assertThat(names("select c.relname as name" + TABLES)).hasSizeGreaterThan(10);
  }

  @Test
  void everyTableSaysItsClass() throws SQLException {
    assertThat(
            names(
                "select c.relname as name"
                    + TABLES
                    + " and coalesce(obj_description(c.oid, 'pg_class'), '')"
                    + " !~ '^(DATA|LEDGER|CONTROL): .'"))
        .as("tables whose comment does not begin with DATA, LEDGER or CONTROL")
        .isEmpty();
  }

  @Test
  void everyDataTableSaysWhoseRowsTheyAre() throws SQLException {
    assertThat(
            names(
                "select c.relname as name"
                    + TABLES
                    + " and obj_description(c.oid, 'pg_class') like 'DATA:%'"
                    + " and not exists (select from pg_attribute a where a.attrelid = c.oid"
                    + " and a.attname = 'agent' and a.attnotnull)"))
        .as("tables of class DATA that a snapshot cannot copy by agent")
        .isEmpty();
  }

  @Test
  void everyTableHasRowLevelSecurity() throws SQLException {
    assertThat(names("select c.relname as name" + TABLES + " and not c.relrowsecurity")).isEmpty();
  }

  @Test
  void nobodyButOwnerAndAgentsHasRights() throws SQLException {
    assertThat(
            names(
                "select distinct c.relname || ': ' || coalesce(r.rolname, 'public') as name"
                    + " from pg_class c, aclexplode(c.relacl) a"
                    + " left join pg_roles r on r.oid = a.grantee"
                    + " where c.relnamespace = 'selfupgrade'::regnamespace"
                    + " and a.grantee <> c.relowner"
                    + " and r.rolname is distinct from 'selfupgrade_agent'"))
        .isEmpty();
    assertThat(
            names(
                "select a.privilege_type as name from pg_namespace n, aclexplode(n.nspacl) a"
                    + " where n.nspname = 'selfupgrade' and a.grantee = 0"))
        .as("rights of everybody on the schema")
        .isEmpty();
  }

  @Test
  void agentsMayNotTruncateOrAddTriggers() throws SQLException {
    assertThat(
            names(
                "select distinct a.privilege_type as name from pg_class c, aclexplode(c.relacl) a"
                    + " join pg_roles r on r.oid = a.grantee"
                    + " where c.relnamespace = 'selfupgrade'::regnamespace"
                    + " and r.rolname = 'selfupgrade_agent'"))
        .containsExactlyInAnyOrder("SELECT", "INSERT", "UPDATE", "DELETE");
  }

  @Test
  void noForeignKeyLeadsToData() throws SQLException {
    assertThat(
            names(
                "select k.conname as name from pg_constraint k"
                    + " where k.contype = 'f' and k.connamespace = 'selfupgrade'::regnamespace"
                    + " and (k.confdeltype = 'c'"
                    + " or obj_description(k.confrelid, 'pg_class') like 'DATA:%')"))
        .isEmpty();
  }

  @Test
  void everyInstantHasATimeZone() throws SQLException {
    assertThat(
            names(
                "select table_name || '.' || column_name as name from information_schema.columns"
                    + " where table_schema = 'selfupgrade'"
                    + " and data_type in ('timestamp without time zone', 'date', 'time')"))
        .isEmpty();
  }

  @Test
  void settingsAreCopiedIntoTheStateAndLastUpdatedIsStamped() throws SQLException {
    Fence fence = Agents.lead(store);
    try (Connection connection = DATABASE.dataSource().getConnection()) {
      Statements statements = new Statements(connection);
      String agent = fence.agent().value();
      String before = state(statements, agent);
      statements.update(
          "insert into selfupgrade.settings (agent, key, value) values (?, 'tone', '\"dry\"')",
          Arguments.of(agent));
      String written = state(statements, agent);
      statements.update("delete from selfupgrade.settings where agent = ?", Arguments.of(agent));

      assertThat(written).endsWith("{\"tone\": \"dry\"}").isNotEqualTo(before);
      assertThat(state(statements, agent)).endsWith("{}").isNotEqualTo(before);
    }
  }

  @Test
  void settingsWrittenAtOnceAreAllInTheCopy() throws Exception {
    Fence fence = Agents.lead(store);
    int writers = 8;
    List<CompletableFuture<Void>> written = new ArrayList<>();
    for (int i = 0; i < writers; i++) {
      String key = "key-" + i;
      written.add(
          CompletableFuture.runAsync(
              () -> {
                for (int round = 0; round < 5; round++) {
                  store.settings().put(fence.agent(), key + "-" + round, Json.of("1"), 0);
                }
              }));
    }
    for (CompletableFuture<Void> one : written) {
      one.get(30, TimeUnit.SECONDS);
    }
    assertThat(
            names(
                "select jsonb_object_keys(config) as name from selfupgrade.agent_state where name = '"
                    + fence.agent()
                    + "'"))
        .hasSize(5 * writers);
  }

  private static String state(Statements statements, String agent) throws SQLException {
    return statements
        .first(
            "select last_updated::text || ' ' || config::text as state"
                + " from selfupgrade.agent_state where name = ?",
            row -> row.text("state"),
            Arguments.of(agent))
        .orElseThrow();
  }

  private static List<String> names(String sql) throws SQLException {
    try (Connection connection = DATABASE.dataSource().getConnection()) {
      return new Statements(connection).list(sql, row -> row.text("name"), Arguments.of());
    }
  }
}
