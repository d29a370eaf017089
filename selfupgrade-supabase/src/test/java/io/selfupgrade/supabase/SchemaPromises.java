package io.selfupgrade.supabase;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * What a version of the library may rely on in the schema, as sentences; two of them tell whether
 * the way from the one to the other only adds.
 *
 * @param promises what has to stay as it is: columns, functions, unique indexes, rights
 * @param demands what those who write have to keep to, each with its table
 * @param tables the tables
 */
record SchemaPromises(Set<String> promises, Set<Demand> demands, Set<String> tables) {

  private static final String COLUMNS =
      """
      from pg_attribute a join pg_class c on c.oid = a.attrelid
       where c.relnamespace = 'selfupgrade'::regnamespace and c.relkind in ('r', 'p', 'v')
         and a.attnum > 0 and not a.attisdropped
      """;

  private static final List<String> PROMISES =
      List.of(
          "select 'column ' || c.relname || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod) as it "
              + COLUMNS,
          "select 'may be null: ' || c.relname || '.' || a.attname as it "
              + COLUMNS
              + " and not a.attnotnull",
          "select 'has a value by itself: ' || c.relname || '.' || a.attname as it "
              + COLUMNS
              + " and (a.atthasdef or a.attidentity <> '')",
          """
          select 'function ' || p.proname || '(' || pg_get_function_arguments(p.oid) || ') returns '
                 || pg_get_function_result(p.oid) as it
            from pg_proc p where p.pronamespace = 'selfupgrade'::regnamespace
          """,
          """
          select 'unique' || substring(pg_get_indexdef(i.indexrelid) from ' ON .*') as it
            from pg_index i join pg_class c on c.oid = i.indrelid
           where c.relnamespace = 'selfupgrade'::regnamespace and i.indisunique
          """,
          """
          select 'right of agents: ' || v.verb || ' on ' || c.relname as it
            from pg_class c, unnest(array['SELECT', 'INSERT', 'UPDATE', 'DELETE']) v(verb)
           where c.relnamespace = 'selfupgrade'::regnamespace and c.relkind in ('r', 'p', 'v')
             and has_table_privilege('selfupgrade_agent', c.oid, v.verb)
          """,
          """
          select 'right of agents: execute ' || p.proname as it from pg_proc p
           where p.pronamespace = 'selfupgrade'::regnamespace and p.prorettype <> 'trigger'::regtype
             and has_function_privilege('selfupgrade_agent', p.oid, 'EXECUTE')
          """);

  /** By name: what is made anew under its old name may be wider, which the contract tells. */
  private static final String DEMANDS =
      """
      select c.relname as at, 'constraint ' || k.conname as it,
             array(select a.attname::text from pg_attribute a
                    where k.contype = 'c' and a.attrelid = k.conrelid
                      and a.attnum = any (k.conkey)) as checked
        from pg_constraint k join pg_class c on c.oid = k.conrelid
       where c.relnamespace = 'selfupgrade'::regnamespace
      union all
      select c.relname, 'unique index ' || n.relname, '{}'
        from pg_index i join pg_class c on c.oid = i.indrelid join pg_class n on n.oid = i.indexrelid
       where c.relnamespace = 'selfupgrade'::regnamespace and i.indisunique
      union all
      select c.relname, 'trigger ' || t.tgname, '{}'
        from pg_trigger t join pg_class c on c.oid = t.tgrelid
       where c.relnamespace = 'selfupgrade'::regnamespace and not t.tgisinternal
      union all
      select c.relname, 'policy ' || p.polname, '{}'
        from pg_policy p join pg_class c on c.oid = p.polrelid
       where c.relnamespace = 'selfupgrade'::regnamespace and p.polname <> 'agents'
      union all
      select c.relname, 'column without a value of its own: ' || a.attname, '{}'
      """
          + COLUMNS
          + " and c.relkind <> 'v' and a.attnotnull and not a.atthasdef and a.attidentity = ''";

  /**
   * Something that is asked of who writes.
   *
   * @param table of which table
   * @param what what it is
   * @param checked the columns of a check; empty if it is none
   */
  record Demand(String table, String what, List<String> checked) {

    private boolean same(Demand other) {
      return table.equals(other.table) && what.equals(other.what);
    }
  }

  static SchemaPromises of(Statements statements) throws SQLException {
    Set<String> promises = new TreeSet<>();
    for (String sql : PROMISES) {
      promises.addAll(statements.list(sql, row -> row.text("it"), Arguments.of()));
    }
    return new SchemaPromises(
        promises,
        Set.copyOf(
            statements.list(
                DEMANDS,
                row -> new Demand(row.text("at"), row.text("it"), row.texts("checked")),
                Arguments.of())),
        Set.copyOf(
            statements.list(
                "select relname as it from pg_class where relkind in ('r', 'p')"
                    + " and relnamespace = 'selfupgrade'::regnamespace",
                row -> row.text("it"),
                Arguments.of())));
  }

  /** Returns what a version that knows this one would miss, or run into, in a later one. */
  List<String> brokenBy(SchemaPromises later) {
    List<String> broken = new ArrayList<>();
    for (String promise : promises) {
      if (!later.promises.contains(promise)) {
        broken.add("gone or changed: " + promise);
      }
    }
    for (Demand demand : later.demands) {
      if (tables.contains(demand.table())
          && demands.stream().noneMatch(demand::same)
          && !isOfNewColumns(demand)) {
        broken.add("asked of who writes " + demand.table() + ": " + demand.what());
      }
    }
    return broken;
  }

  /** A version that does not know of a column writes what it has by itself. */
  private boolean isOfNewColumns(Demand demand) {
    return !demand.checked().isEmpty()
        && demand.checked().stream().noneMatch(column -> knows(demand.table() + "." + column));
  }

  private boolean knows(String column) {
    return promises.stream().anyMatch(promise -> promise.startsWith("column " + column + " "));
  }
}
