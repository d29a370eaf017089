package io.selfupgrade.supabase;

import java.sql.SQLException;
import java.util.List;

/**
 * The table in which the Supabase CLI notes migrations, so that {@code supabase db push} does not
 * apply again what was applied here. Made as the CLI makes it ({@code pkg/migration/history.go} of
 * its repository).
 */
final class CliHistory {

  private static final String MAKE =
      """
      create schema if not exists supabase_migrations;
      create table if not exists supabase_migrations.schema_migrations (version text not null primary key);
      alter table supabase_migrations.schema_migrations add column if not exists statements text[];
      alter table supabase_migrations.schema_migrations add column if not exists name text;
      """;

  private static final String WRITABLE =
      """
      select 1 from pg_class c join pg_namespace n on n.oid = c.relnamespace
       where n.nspname = 'supabase_migrations' and c.relname = 'schema_migrations'
         and has_schema_privilege(n.oid, 'usage') and has_table_privilege(c.oid, 'select, insert')
      """;

  private static final String NAMED =
      """
      select 1 from pg_attribute where attrelid = to_regclass('supabase_migrations.schema_migrations')
         and attname = 'name' and not attisdropped
      """;

  private CliHistory() {}

  /** Returns the files of which it does not know; all of them if it is not there. */
  static List<MigrationFile> unknown(Statements statements, List<MigrationFile> files)
      throws SQLException {
    if (!statements.any(
        "select 1 where to_regclass('supabase_migrations.schema_migrations') is not null",
        Arguments.of())) {
      return files;
    }
    List<String> known =
        statements.list(
            "select version from supabase_migrations.schema_migrations",
            row -> row.text("version"),
            Arguments.of());
    return files.stream().filter(file -> !known.contains(file.version())).toList();
  }

  /** Makes it if it is not there. */
  static void make(Statements statements) throws SQLException {
    statements.script(MAKE);
  }

  /** Notes files as applied, where it is there and may be written. */
  static void note(Statements statements, List<MigrationFile> files) throws SQLException {
    if (!statements.any(WRITABLE, Arguments.of())) {
      return;
    }
    boolean named = statements.any(NAMED, Arguments.of());
    for (MigrationFile file : files) {
      if (named) {
        statements.update(
            "insert into supabase_migrations.schema_migrations (version, name) values (?, ?)"
                + " on conflict (version) do nothing",
            Arguments.of(file.version(), file.title()));
      } else {
        statements.update(
            "insert into supabase_migrations.schema_migrations (version) values (?)"
                + " on conflict (version) do nothing",
            Arguments.of(file.version()));
      }
    }
  }
}
