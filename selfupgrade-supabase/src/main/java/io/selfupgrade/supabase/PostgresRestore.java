package io.selfupgrade.supabase;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.upgrade.RestorePlan.Counts;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Collectors;

/**
 * One table of class DATA beside its copy in a snapshot: counts the differences, or undoes them.
 *
 * <p>Rows are compared column by column, in the table's own types: as JSON, an instant is written
 * in whatever time zone the session has.
 */
final class PostgresRestore {

  private static final String COLUMNS =
      """
      select a.attname as name, a.attgenerated <> '' as generated,
             a.atttypid = 'jsonb'::regtype and a.attnotnull as document,
             exists (select from pg_index i
                      where i.indrelid = a.attrelid and i.indisprimary and a.attnum = any(i.indkey)) as key
        from pg_attribute a
       where a.attrelid = ('selfupgrade.' || quote_ident(?))::regclass and a.attnum > 0 and not a.attisdropped
       order by a.attnum
      """;

  private static final String COPIED_COLUMNS =
      """
      select jsonb_object_keys(c.content) as name
        from (select s.content from selfupgrade.snapshot_rows s
               where s.snapshot = ? and s.table_name = ? limit 1) c
      """;

  private static final String COPIED_ROWS =
      "select count(*) as kept from selfupgrade.snapshot_rows s"
          + " where s.snapshot = ? and s.table_name = ?";

  /** Where a task's grid begins is no part of its definition: a restored task begins a new one. */
  private static final List<String> NOT_COMPARED = List.of("anchor");

  private final Statements statements;
  private final AgentName agent;
  private final UUID snapshot;
  private final String table;
  private final List<Column> present;
  private final List<String> copied;

  private record Column(String name, boolean generated, boolean document, boolean key) {}

  PostgresRestore(Statements statements, AgentName agent, UUID snapshot, String table)
      throws SQLException {
    this.statements = statements;
    this.agent = agent;
    this.snapshot = snapshot;
    this.table = table;
    this.present =
        statements.list(
            COLUMNS,
            row ->
                new Column(
                    row.text("name"), row.flag("generated"), row.flag("document"), row.flag("key")),
            Arguments.of(table));
    this.copied =
        statements.list(COPIED_COLUMNS, row -> row.text("name"), Arguments.of(snapshot, table));
  }

  /** Returns why the copy does not fit the table any more, if so. */
  Optional<String> obstacle(long rows) throws SQLException {
    long kept =
        statements
            .first(COPIED_ROWS, row -> row.number("kept"), Arguments.of(snapshot, table))
            .orElseThrow();
    if (kept != rows) {
      return Optional.of("the copied rows are no longer kept: choose one of the newest snapshots");
    }
    List<String> names = present.stream().map(Column::name).toList();
    List<String> gone = copied.stream().filter(name -> !names.contains(name)).toList();
    return gone.isEmpty()
        ? Optional.empty()
        : Optional.of(
            "table "
                + table
                + " has no column "
                + String.join(", ", gone)
                + " any more: the snapshot is older than a migration that removed it");
  }

  Counts count() throws SQLException {
    String sql =
        "with o as ("
            + copies("o.*")
            + "), n as (select * from "
            + quoted()
            + " where agent = ?) select count(*) filter (where n.agent is null) as inserts,"
            + " count(*) filter (where o.agent is null) as deletes,"
            + " count(*) filter (where "
            + differ("n")
            + " and n.agent is not null and o.agent is not null) as updates"
            + " from o full join n on "
            + sameKey("n");
    return statements
        .first(
            sql,
            row -> new Counts(row.number("inserts"), row.number("updates"), row.number("deletes")),
            Arguments.of(snapshot, table, agent))
        .orElseThrow();
  }

  /** Returns the keys of the rows that a restore brings or sets back; of a table with one key. */
  List<UUID> changedIds() throws SQLException {
    return statements.list(
        copies("o.id")
            + " and not exists (select from "
            + quoted()
            + " t where "
            + sameKey("t")
            + " and not ("
            + differ("t")
            + "))",
        row -> row.uuid("id"),
        Arguments.of(snapshot, table));
  }

  /** Makes the agent's rows as they were copied. */
  void apply() throws SQLException {
    // First what has to go: a row that comes back may have a name that another one took.
    statements.update(
        "delete from "
            + quoted()
            + " t where t.agent = ? and not exists ("
            + copies("1")
            + " and "
            + sameKey("t")
            + ")",
        Arguments.of(agent, snapshot, table));
    List<String> values = compared().stream().filter(name -> !keys().contains(name)).toList();
    if (!values.isEmpty()) {
      statements.update(
          "update "
              + quoted()
              + " t set "
              + values.stream()
                  .map(name -> name(name) + " = o." + name(name))
                  .collect(Collectors.joining(", "))
              + " from ("
              + copies("o.*")
              + ") o where t.agent = ? and "
              + sameKey("t")
              + " and "
              + differ("t"),
          Arguments.of(snapshot, table, agent));
    }
    List<String> all = common();
    statements.update(
        "insert into "
            + quoted()
            + " ("
            + all.stream().map(PostgresRestore::name).collect(Collectors.joining(", "))
            + ") overriding system value "
            + copies(all.stream().map(name -> "o." + name(name)).collect(Collectors.joining(", ")))
            + " and not exists (select from "
            + quoted()
            + " t where "
            + sameKey("t")
            + ")",
        Arguments.of(snapshot, table));
  }

  /** Selects from the copied rows, as o; ends in its WHERE. Takes snapshot and table. */
  private String copies(String what) {
    return "select "
        + what
        + " from (select "
        + present.stream().map(PostgresRestore::copied).collect(Collectors.joining(", "))
        + " from selfupgrade.snapshot_rows s cross join lateral jsonb_populate_record(null::"
        + quoted()
        + ", s.content) p where s.snapshot = ? and s.table_name = ?) o where true";
  }

  /** A document is taken as it is: the record would have no value where it says null. */
  private static String copied(Column column) {
    String name = name(column.name());
    return column.document()
        ? "s.content -> '" + column.name().replace("'", "''") + "' as " + name
        : "p." + name;
  }

  private String differ(String now) {
    return "(" + tuple("o", compared()) + ") is distinct from (" + tuple(now, compared()) + ")";
  }

  private String sameKey(String now) {
    return keys().stream()
        .map(key -> "o." + name(key) + " = " + now + "." + name(key))
        .collect(Collectors.joining(" and ", "(", ")"));
  }

  private List<String> keys() {
    return present.stream().filter(Column::key).map(Column::name).toList();
  }

  /** Columns that both have: new ones keep what they have, or get their defaults. */
  private List<String> common() {
    return present.stream()
        .filter(column -> !column.generated())
        .map(Column::name)
        .filter(name -> copied.isEmpty() || copied.contains(name))
        .toList();
  }

  private List<String> compared() {
    return common().stream().filter(name -> !NOT_COMPARED.contains(name)).toList();
  }

  private static String tuple(String alias, List<String> columns) {
    return columns.stream()
        .map(column -> alias + "." + name(column))
        .collect(Collectors.joining(", "));
  }

  private String quoted() {
    return quoted(table);
  }

  static String quoted(String table) {
    return "selfupgrade." + name(table);
  }

  private static String name(String plain) {
    return '"' + plain.replace("\"", "\"\"") + '"';
  }
}
