package io.selfupgrade.supabase;

import io.selfupgrade.agent.AdapterException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Applies migrations: each file once, whole or not at all, by one process at a time.
 *
 * <p>What {@code supabase db push} has applied counts as applied, and the other way round where it
 * has been used before. A file whose text changed after it was applied is an error.
 */
final class MigrationRunner {

  private static final Logger LOG = LoggerFactory.getLogger(MigrationRunner.class);
  private static final String PORT = "AgentStore";
  static final long LOCK_KEY = 0x5e1f_0b97_ade0_0001L;
  private static final int MOST_ATTEMPTS = 20;
  private static final long PAUSE_NANOS = 250_000_000L;

  private final Connection connection;
  private final Statements statements;

  MigrationRunner(Connection connection) {
    this.connection = connection;
    this.statements = new Statements(connection);
  }

  /** Applies the files that have not been applied; returns their names. */
  List<String> apply(List<MigrationFile> files) {
    List<String> applied = new ArrayList<>();
    for (MigrationFile file : missing(files)) {
      if (applyWithRetry(file)) {
        applied.add(file.name());
      }
    }
    return applied;
  }

  /** Returns the files that have not been applied. */
  List<MigrationFile> missing(List<MigrationFile> files) {
    try {
      Map<String, Optional<String>> known = known();
      List<MigrationFile> missing = new ArrayList<>();
      for (MigrationFile file : files) {
        if (!known.containsKey(file.version())) {
          missing.add(file);
        } else {
          requireUnchanged(file, known.get(file.version()));
        }
      }
      return missing;
    } catch (SQLException e) {
      throw Database.failure(PORT, "reading which migrations were applied", e);
    }
  }

  private static void requireUnchanged(MigrationFile file, Optional<String> sha256) {
    if (sha256.isPresent() && !sha256.get().equals(file.sha256())) {
      throw new AdapterException(
          PORT,
          "migration "
              + file.name()
              + " was changed after it was applied: its SHA-256 is "
              + file.sha256()
              + ", applied was "
              + sha256.get()
              + "; restore the file and put the change into a new one",
          false,
          null);
    }
  }

  /** Returns the applied versions with the digests of their files, where they are known. */
  private Map<String, Optional<String>> known() throws SQLException {
    Map<String, Optional<String>> known = new HashMap<>();
    if (exists("supabase_migrations", "schema_migrations", true)) {
      statements
          .list(
              "select version from supabase_migrations.schema_migrations",
              row -> row.text("version"),
              Arguments.of())
          .forEach(version -> known.put(version, Optional.empty()));
    }
    if (exists("selfupgrade", "schema_history", false)) {
      statements
          .list(
              "select version, sha256 from selfupgrade.schema_history",
              row -> Map.entry(row.text("version"), row.textIfAny("sha256")),
              Arguments.of())
          .forEach(entry -> known.put(entry.getKey(), entry.getValue()));
    }
    return known;
  }

  private boolean exists(String schema, String table, boolean readable) throws SQLException {
    return statements.any(
        """
        select 1 from pg_class c join pg_namespace n on n.oid = c.relnamespace
         where n.nspname = ? and c.relname = ?
           and (not ? or has_schema_privilege(n.oid, 'usage') and has_table_privilege(c.oid, 'select'))
        """,
        Arguments.of(schema, table, readable));
  }

  private boolean applyWithRetry(MigrationFile file) {
    for (int attempt = 1; ; attempt++) {
      try {
        return applyOnce(file);
      } catch (SQLException e) {
        boolean blocked =
            SqlFailure.is(e, SqlFailure.LOCK_NOT_AVAILABLE) || SqlFailure.collision(e);
        if (!blocked || attempt >= MOST_ATTEMPTS || Thread.currentThread().isInterrupted()) {
          throw Database.failure(PORT, "migration " + file.name(), e);
        }
        LOG.info("migration {} waits for a lock, attempt {}", file.name(), attempt);
        LockSupport.parkNanos(PAUSE_NANOS);
      }
    }
  }

  private boolean applyOnce(MigrationFile file) throws SQLException {
    connection.setAutoCommit(false);
    try {
      // Its own wait may be longer: another process is applying files right now.
      statements.script("set local lock_timeout = '120s'; set local statement_timeout = 0");
      statements.any("select pg_advisory_xact_lock(?)", Arguments.of(LOCK_KEY));
      boolean pending = !missing(List.of(file)).isEmpty();
      if (pending) {
        run(file);
      }
      connection.commit();
      return pending;
    } catch (SQLException | RuntimeException | Error e) {
      Database.rollback(connection, e);
      throw e;
    } finally {
      Database.autoCommit(connection);
    }
  }

  private void run(MigrationFile file) throws SQLException {
    String before = transaction();
    statements.script("set local lock_timeout = '2s'");
    execute(file);
    if (!transaction().equals(before)) {
      throw new AdapterException(
          PORT,
          "migration "
              + file.name()
              + " ends its own transaction: take BEGIN, COMMIT and ROLLBACK out of it; what it did"
              + " until there stays",
          false,
          null);
    }
    if (!exists("selfupgrade", "schema_history", false)) {
      throw new AdapterException(
          PORT,
          "migration "
              + file.name()
              + " comes before the library's own, which make selfupgrade.schema_history: open the"
              + " store once, or ship them in the same folder",
          false,
          null);
    }
    statements.update(
        "insert into selfupgrade.schema_history (version, name, sha256) values (?, ?, ?)"
            + " on conflict (version) do update set sha256 = excluded.sha256",
        Arguments.of(file.version(), file.name(), file.sha256()));
    CliHistory.note(statements, List.of(file));
    LOG.info("applied migration {}", file.name());
  }

  private String transaction() throws SQLException {
    return statements
        .first("select pg_current_xact_id()::text as id", row -> row.text("id"), Arguments.of())
        .orElseThrow();
  }

  private void execute(MigrationFile file) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.setEscapeProcessing(false);
      statement.execute(file.sql());
      for (SQLWarning w = statement.getWarnings(); w != null; w = w.getNextWarning()) {
        if (w.getSQLState() != null && w.getSQLState().startsWith("01")) {
          LOG.warn("migration {}: {}", file.name(), w.getMessage());
        }
      }
    }
  }
}
