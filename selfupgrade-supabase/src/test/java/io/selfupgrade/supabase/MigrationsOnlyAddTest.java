package io.selfupgrade.supabase;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.store.AgentStore.SchemaMode;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** That no migration takes away or narrows what the version before it relies on. */
class MigrationsOnlyAddTest {

  @RegisterExtension static final TestDatabase WHOLE = TestDatabase.fresh();
  @RegisterExtension static final TestDatabase EMPTY = TestDatabase.fresh();

  private Connection connection;
  private Statements statements;

  @BeforeAll
  static void makeTheWholeSchema() {
    try (PostgresStore store = PostgresStore.at(WHOLE.jdbcUrl())) {
      store.open(SchemaMode.APPLY);
    }
  }

  @BeforeEach
  void connect() throws SQLException {
    connection = WHOLE.dataSource().getConnection();
    connection.setAutoCommit(false);
    statements = new Statements(connection);
  }

  @AfterEach
  void undo() throws SQLException {
    connection.rollback();
    connection.close();
  }

  @Test
  void eachFileOnlyAdds() throws SQLException {
    try (Connection own = EMPTY.dataSource().getConnection()) {
      MigrationRunner runner = new MigrationRunner(own);
      List<MigrationFile> files = MigrationFile.own();
      // The first two make the schema, and who may use it.
      runner.apply(files.subList(0, 2));
      SchemaPromises before = SchemaPromises.of(new Statements(own));
      assertThat(before.promises()).hasSizeGreaterThan(200);
      for (MigrationFile file : files.subList(2, files.size())) {
        runner.apply(List.of(file));
        SchemaPromises after = SchemaPromises.of(new Statements(own));
        assertThat(before.brokenBy(after))
            .as(file.name() + ": expand only, the version before still runs on this schema")
            .isEmpty();
        before = after;
      }
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "alter table selfupgrade.upgrades drop column look_at | upgrades.look_at",
        "alter table selfupgrade.upgrades rename column look_at to seen_at | upgrades.look_at",
        "alter table selfupgrade.task_runs alter column attempt type bigint | task_runs.attempt integer",
        "alter table selfupgrade.upgrades alter column reason set not null | may be null: upgrades.reason",
        "alter table selfupgrade.agent_logs alter column context drop default | has a value by itself: agent_logs.context",
        "alter table selfupgrade.settings add column note text not null | asked of who writes settings",
        "alter table selfupgrade.settings add constraint short check (length(key) < 9) | constraint short",
        "alter table selfupgrade.settings add column n integer, add constraint short check (length(key) < n) | constraint short",
        "create unique index one_only on selfupgrade.changes (agent) | unique index one_only",
        "alter table selfupgrade.changes add foreign key (agent) references selfupgrade.agent_state (name) | constraint changes_agent_fkey",
        "create trigger t before insert on selfupgrade.settings for each row execute function selfupgrade.copy_settings() | trigger t",
        "create policy p on selfupgrade.settings as restrictive using (false) | policy p",
        "drop index selfupgrade.failed_versions_once | unique ON selfupgrade.failed_versions",
        "drop table selfupgrade.deliveries | deliveries.body_digest",
        "drop view selfupgrade.task_overview | task_overview.next_run",
        "drop function selfupgrade.lift_freeze(text) | function lift_freeze(for_agent text)",
        "revoke delete on selfupgrade.settings from selfupgrade_agent | DELETE on settings",
        "revoke execute on function selfupgrade.run_job from selfupgrade_agent | execute run_job",
      })
  void whatTakesAwayOrNarrowsIsFound(String sql, String named) throws SQLException {
    SchemaPromises before = SchemaPromises.of(statements);
    statements.script(sql);

    assertThat(before.brokenBy(SchemaPromises.of(statements)))
        .anySatisfy(broken -> assertThat(broken).contains(named));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "alter table selfupgrade.settings add column note text",
        "alter table selfupgrade.settings add column note text not null default ''",
        "alter table selfupgrade.settings add column n integer not null default 1 check (n > 0)",
        "alter table selfupgrade.settings add column n bigint generated always as identity",
        "alter table selfupgrade.upgrades alter column from_version drop not null",
        "create index on selfupgrade.changes (agent, title)",
        "create table selfupgrade.more (agent text primary key, why text not null)",
        "create function selfupgrade.more() returns integer language sql return 1",
      })
  void whatAddsIsNot(String sql) throws SQLException {
    SchemaPromises before = SchemaPromises.of(statements);
    statements.script(sql);

    assertThat(before.brokenBy(SchemaPromises.of(statements))).isEmpty();
  }
}
