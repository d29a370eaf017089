package io.selfupgrade.supabase;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/** What a database holds, as lines that can be compared: definitions, rights, and rows. */
final class Catalog {

  private static final String DEFINITIONS =
      """
      with own as (select oid, nspname, nspacl from pg_namespace
                    where nspname in ('selfupgrade', 'supabase_migrations', 'vault'))
      select 'schema ' || nspname || ' ' || coalesce(nspacl::text, '') as line from own
      union all
      select 'relation ' || o.nspname || '.' || c.relname || ' ' || c.relkind::text || ' '
             || coalesce(c.reloptions::text, '') || ' ' || c.relrowsecurity::text || ' ' || coalesce(c.relacl::text, '')
             || ' ' || coalesce(obj_description(c.oid, 'pg_class'), '')
        from pg_class c join own o on o.oid = c.relnamespace where c.relkind in ('r', 'p', 'v', 'S', 'i')
      union all
      select 'column ' || c.relname || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod) || ' '
             || a.attnotnull::text || ' ' || a.attidentity::text || a.attgenerated::text || ' '
             || coalesce(pg_get_expr(d.adbin, d.adrelid), '') || ' ' || coalesce(col_description(c.oid, a.attnum), '')
        from pg_attribute a join pg_class c on c.oid = a.attrelid join own o on o.oid = c.relnamespace
        left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
       where a.attnum > 0 and not a.attisdropped and c.relkind in ('r', 'p', 'v')
      union all
      select 'constraint ' || k.conname || ' ' || k.conrelid::regclass::text || ' ' || pg_get_constraintdef(k.oid)
        from pg_constraint k join own o on o.oid = k.connamespace
      union all
      select 'index ' || pg_get_indexdef(i.indexrelid)
        from pg_index i join pg_class c on c.oid = i.indexrelid join own o on o.oid = c.relnamespace
      union all
      select 'function ' || pg_get_functiondef(p.oid) || ' ' || coalesce(p.proacl::text, '') || ' '
             || coalesce(obj_description(p.oid, 'pg_proc'), '')
        from pg_proc p join own o on o.oid = p.pronamespace
      union all
      select 'trigger ' || pg_get_triggerdef(t.oid)
        from pg_trigger t join pg_class c on c.oid = t.tgrelid join own o on o.oid = c.relnamespace where not t.tgisinternal
      union all
      select 'policy ' || p::text from pg_policies p where p.schemaname = 'selfupgrade'
      union all
      select 'extension ' || extname || ' ' || extversion from pg_extension
      order by 1
      """;

  private static final String TABLES =
      """
      select format('%I.%I', n.nspname, c.relname) as line from pg_class c join pg_namespace n on n.oid = c.relnamespace
       where n.nspname in ('selfupgrade', 'supabase_migrations', 'vault') and c.relkind in ('r', 'p') order by 1
      """;

  private static final String ROLES =
      """
      select 'role ' || r.rolname || ' ' || r.rolcanlogin::text || ' ' || coalesce(md5(a.rolpassword), '') || ' '
             || coalesce((select string_agg(m.roleid::regrole::text, ',' order by 1)
                            from pg_auth_members m where m.member = r.oid), '') as line
        from pg_roles r join pg_authid a on a.oid = r.oid where r.rolname like ? order by 1
      """;

  private Catalog() {}

  /** Returns how things are defined, and who may what. */
  static List<String> definitions(String jdbcUrl) throws SQLException {
    try (Connection connection = DriverManager.getConnection(jdbcUrl)) {
      return new Statements(connection).list(DEFINITIONS, row -> row.text("line"), Arguments.of());
    }
  }

  /** Returns all of it: definitions, every row, and roles whose names begin so. */
  static List<String> whole(String jdbcUrl, String roles) throws SQLException {
    List<String> lines = new ArrayList<>(definitions(jdbcUrl));
    try (Connection connection = DriverManager.getConnection(jdbcUrl)) {
      Statements statements = new Statements(connection);
      for (String table : statements.list(TABLES, row -> row.text("line"), Arguments.of())) {
        lines.addAll(
            statements.list(
                "select '" + table + " ' || t::text as line from " + table + " t order by 1",
                row -> row.text("line"),
                Arguments.of()));
      }
      lines.addAll(statements.list(ROLES, row -> row.text("line"), Arguments.of(roles + "%")));
    }
    return lines;
  }
}
