package io.selfupgrade.examples.quickstart;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Remembers every row that was once committed, of the ticks and of all tables of history. */
final class Ledger {

  /** The tables whose class is LEDGER, with their key; the class is said in the table's comment. */
  private static final String TABLES =
      "select format('%I.%I', n.nspname, c.relname), string_agg(quote_ident(a.attname), ',' order by"
          + " k.position) from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_index"
          + " i on i.indrelid = c.oid and i.indisprimary cross join unnest(i.indkey) with ordinality"
          + " as k(number, position) join pg_attribute a on a.attrelid = c.oid and a.attnum = k.number"
          + " where n.nspname = 'selfupgrade' and c.relkind in ('r', 'p') and obj_description(c.oid)"
          + " like 'LEDGER:%' group by 1";

  private final Database database;
  private final Map<String, String> keys = new LinkedHashMap<>();
  private final Map<String, Set<String>> seen = new LinkedHashMap<>();

  Ledger(Database database) throws SQLException {
    this.database = database;
    keys.put("quickstart.tick", "id");
    database.all(TABLES, row -> keys.put(row.getString(1), row.getString(2)));
  }

  /** Reads what is there now. */
  void remember() throws SQLException {
    for (String table : keys.keySet()) {
      seen.computeIfAbsent(table, name -> new HashSet<>()).addAll(present(table));
    }
  }

  /** Returns the rows that were there and are there no more, as table and key. */
  List<String> lost() throws SQLException {
    List<String> lost = new ArrayList<>();
    for (String table : keys.keySet()) {
      Set<String> missing = new HashSet<>(seen.getOrDefault(table, Set.of()));
      missing.removeAll(present(table));
      missing.forEach(key -> lost.add(table + " " + key));
    }
    return lost;
  }

  /** Returns how many rows are remembered. */
  long size() {
    return seen.values().stream().mapToLong(Set::size).sum();
  }

  private Set<String> present(String table) throws SQLException {
    return new HashSet<>(database.texts("select row(" + keys.get(table) + ")::text from " + table));
  }
}
