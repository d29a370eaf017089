package io.selfupgrade.supabase;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.store.AgentStore.SchemaMode;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Who may do what: role by table by verb, and role by function. */
class AccessTest {

  @RegisterExtension static final TestDatabase DATABASE = TestDatabase.fresh();

  private static final String ROLES =
      """
      do $$
      declare
          role text;
      begin
          foreach role in array array['anon', 'authenticated', 'service_role', 'selfupgrade_agent', 'nobody_special'] loop
              begin
                  execute format('create role %I nologin', role);
              exception when duplicate_object or unique_violation then
                  null;
              end;
          end loop;
      end
      $$
      """;

  /** What a Supabase project may have been set to: everything new is for everybody. */
  private static final String GENEROUS =
      """
      alter default privileges grant all on tables to anon, authenticated;
      alter default privileges grant all on functions to anon, authenticated;
      alter default privileges grant all on sequences to anon, authenticated;
      alter default privileges grant usage on schemas to anon, authenticated;
      """;

  /** What agents only read, or write in part. */
  private static final List<String> OWNERS = List.of("schema_history", "task_handlers", "watches");

  private static final String STINGY =
      """
      alter default privileges revoke all on tables from anon, authenticated;
      alter default privileges revoke all on functions from anon, authenticated;
      alter default privileges revoke all on sequences from anon, authenticated;
      alter default privileges revoke all on schemas from anon, authenticated;
      """;

  private static final String TABLE_RIGHTS =
      """
      select r.role || ' ' || v.verb as name, string_agg(c.relname, ' ' order by c.relname) as tables
        from pg_class c,
             unnest(array['anon', 'authenticated', 'service_role', 'nobody_special', 'selfupgrade_agent']) r(role),
             unnest(array['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) v(verb)
       where c.relnamespace = 'selfupgrade'::regnamespace and c.relkind in ('r', 'p', 'v')
         and has_table_privilege(r.role, c.oid, v.verb)
       group by 1 order by 1
      """;

  private static final String FUNCTION_RIGHTS =
      """
      select r.role || ' ' || p.proname as name
        from pg_proc p,
             unnest(array['anon', 'authenticated', 'service_role', 'nobody_special', 'selfupgrade_agent']) r(role)
       where p.pronamespace = 'selfupgrade'::regnamespace and has_function_privilege(r.role, p.oid, 'EXECUTE')
       order by 1
      """;

  @BeforeAll
  static void makeTheSchemaWhereEverythingIsForEverybody() throws SQLException {
    run(ROLES);
    run(GENEROUS);
    try (PostgresStore store = PostgresStore.at(DATABASE.jdbcUrl())) {
      store.open(SchemaMode.APPLY);
    }
  }

  @AfterAll
  static void takeTheDefaultsBack() throws SQLException {
    run(STINGY);
  }

  @Test
  void agentsReadAndWriteEveryTableAndNobodyElseAny() throws SQLException {
    Map<String, List<String>> rights = new TreeMap<>();
    for (String[] row : rows(TABLE_RIGHTS, "name", "tables")) {
      rights.put(row[0], List.of(row[1].split(" ")));
    }
    List<String> tables =
        rows(
                "select relname as name, '' as tables from pg_class where relkind in ('r', 'p')"
                    + " and relnamespace = 'selfupgrade'::regnamespace order by 1",
                "name",
                "tables")
            .stream()
            .map(row -> row[0])
            .toList();

    assertThat(rights.keySet())
        .containsExactly(
            "selfupgrade_agent DELETE",
            "selfupgrade_agent INSERT",
            "selfupgrade_agent SELECT",
            "selfupgrade_agent UPDATE");
    assertThat(rights.get("selfupgrade_agent SELECT"))
        .containsAll(tables)
        .contains("task_overview");
    for (String verb : List.of("INSERT", "UPDATE", "DELETE")) {
      assertThat(rights.get("selfupgrade_agent " + verb))
          .as(verb)
          .containsExactlyElementsOf(
              tables.stream().filter(table -> !OWNERS.contains(table)).toList());
    }
  }

  @Test
  void ofTheWatchAgentsWriteOnlyWhatTheyDeclare() throws SQLException {
    assertThat(
            rows(
                "select v.verb || ' ' || string_agg(a.attname, ' ' order by a.attname) as name,"
                    + " '' as tables from pg_attribute a, unnest(array['INSERT', 'UPDATE']) v(verb)"
                    + " where a.attrelid = 'selfupgrade.watches'::regclass and a.attnum > 0"
                    + " and has_column_privilege('selfupgrade_agent', a.attrelid, a.attnum, v.verb)"
                    + " group by v.verb order by 1",
                "name",
                "tables"))
        .extracting(row -> row[0])
        .containsExactly("INSERT agent notifiers retention", "UPDATE notifiers retention");
  }

  @Test
  void agentsCallTheFunctionsAndNobodyElseAny() throws SQLException {
    List<String> callable =
        rows(FUNCTION_RIGHTS, "name", "name").stream().map(row -> row[0]).toList();

    assertThat(callable)
        .isNotEmpty()
        .allSatisfy(right -> assertThat(right).startsWith("selfupgrade_agent "))
        .contains(
            "selfupgrade_agent agent_health",
            "selfupgrade_agent file_request",
            "selfupgrade_agent file_command",
            "selfupgrade_agent atomic_upgrade_and_deploy",
            "selfupgrade_agent set_freeze",
            "selfupgrade_agent lift_freeze",
            "selfupgrade_agent control_status",
            "selfupgrade_agent run_job")
        .doesNotContain(
            "selfupgrade_agent secure_tables",
            "selfupgrade_agent set_watch",
            "selfupgrade_agent register_handler",
            "selfupgrade_agent unregister_handler",
            "selfupgrade_agent run_due");
  }

  @Test
  void everyFunctionHasASearchPathOfItsOwn() throws SQLException {
    assertThat(
            rows(
                "select proname as name, '' as tables from pg_proc"
                    + " where pronamespace = 'selfupgrade'::regnamespace"
                    + " and not coalesce(proconfig, '{}') && (array['search_path=pg_catalog, pg_temp']"
                    + " || case when not prosecdef then array['search_path=pg_catalog'] end)",
                "name",
                "tables"))
        .isEmpty();
  }

  /** Each migration secures again, while agents of the version before are at work. */
  @Test
  void securingAgainWaitsForNobodyWhoWritesIntoTablesThatAreSecured() throws SQLException {
    try (Connection writer = DATABASE.dataSource().getConnection()) {
      writer.setAutoCommit(false);
      Statements statements = new Statements(writer);
      for (String[] table :
          rows(
              "select relname as name, '' as tables from pg_class where relkind = 'r'"
                  + " and relnamespace = 'selfupgrade'::regnamespace",
              "name",
              "tables")) {
        statements.script("lock table selfupgrade." + table[0] + " in row exclusive mode");
      }

      run("set lock_timeout = '2s'; select selfupgrade.secure_tables()");
      writer.rollback();
    }
  }

  @Test
  void everyForeignKeyHasAnIndex() throws SQLException {
    assertThat(
            rows(
                "select k.conname as name, k.conrelid::regclass::text as tables from pg_constraint k"
                    + " where k.contype = 'f' and k.connamespace = 'selfupgrade'::regnamespace"
                    + " and not exists (select from pg_index i where i.indrelid = k.conrelid"
                    + " and i.indkey[0] = k.conkey[1])",
                "name",
                "tables"))
        .extracting(row -> row[1] + "." + row[0])
        .isEmpty();
  }

  private static void run(String sql) throws SQLException {
    try (Connection connection = DATABASE.dataSource().getConnection()) {
      new Statements(connection).script(sql);
    }
  }

  private static List<String[]> rows(String sql, String first, String second) throws SQLException {
    try (Connection connection = DATABASE.dataSource().getConnection()) {
      return new Statements(connection)
          .list(sql, row -> new String[] {row.text(first), row.text(second)}, Arguments.of());
    }
  }
}
