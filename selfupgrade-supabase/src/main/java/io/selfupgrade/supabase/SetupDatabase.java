package io.selfupgrade.supabase;

import io.selfupgrade.agent.AdapterException;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;

/**
 * The owner's connection to a database that is set up; in a dry run the server keeps it to reads.
 */
final class SetupDatabase implements AutoCloseable {

  static final String SUBJECT = "database";

  private static final String PORT = "SupabaseSetup";
  private static final Duration LONGEST_ANSWER = Duration.ofMinutes(10);

  private final DatabaseUrl url;
  private final Connection connection;
  private final SetupNotes notes;

  private SetupDatabase(DatabaseUrl url, Connection connection, SetupNotes notes) {
    this.url = url;
    this.connection = connection;
    this.notes = notes;
  }

  static SetupDatabase open(DatabaseUrl url, SetupNotes notes) throws SQLException {
    Connector connector = new Connector(() -> url);
    try {
      Connection connection = connector.connect(LONGEST_ANSWER);
      try {
        PostgresStore.requireUsable(connection);
        ConnectionKind kind =
            ConnectionProbe.thoroughly(
                url.place(), connection, () -> connector.connect(LONGEST_ANSWER));
        String version =
            connection.getMetaData().getDatabaseProductVersion().replaceFirst(" .*", "");
        notes.good(SUBJECT, "Postgres " + version + ", through " + kind.words());
        if (notes.dry()) {
          connection.setReadOnly(true);
          connection.setAutoCommit(false);
        }
        return new SetupDatabase(url, connection, notes);
      } catch (SQLException | RuntimeException | Error e) {
        connection.close();
        throw e;
      }
    } catch (SQLException e) {
      throw Database.failure(PORT, "connecting to the database", e);
    }
  }

  DatabaseUrl url() {
    return url;
  }

  SetupNotes notes() {
    return notes;
  }

  Connection connection() {
    return connection;
  }

  Statements statements() {
    return new Statements(connection);
  }

  /** Describes pg_cron's jobs in this database. */
  PgCron cron() {
    return PgCron.using(new Connector(() -> url));
  }

  boolean any(String sql, Object... arguments) throws SQLException {
    return statements().any(sql, Arguments.of(arguments));
  }

  /** Tells whether a table or view is there. */
  boolean has(String relation) throws SQLException {
    return any("select 1 where to_regclass(?) is not null", relation);
  }

  /** Makes a change of several statements as one transaction. */
  void change(String subject, String what, Database.Work<?> work) throws IOException, SQLException {
    notes.change(
        subject,
        what,
        () -> {
          connection.setAutoCommit(false);
          try {
            statements().script("set local lock_timeout = '10s'");
            work.run(statements());
            connection.commit();
          } catch (SQLException | RuntimeException | Error e) {
            Database.rollback(connection, e);
            throw e;
          } finally {
            Database.autoCommit(connection);
          }
        });
  }

  /** Does a part of which the others do not depend: its failure is noted, and they go on. */
  void attempt(String subject, Part part) throws IOException, SQLException {
    try {
      part.run();
    } catch (AdapterException e) {
      if (e.retryable()) {
        throw e;
      }
      notes.wrong(subject, String.valueOf(e.getMessage()));
    } catch (SQLException e) {
      if (SqlFailure.retryable(e)) {
        throw e;
      }
      if (notes.dry()) {
        connection.rollback();
      }
      notes.wrong(subject, String.valueOf(Database.failure(PORT, "this part", e).getMessage()));
    }
  }

  /** A part of the set-up. */
  @FunctionalInterface
  interface Part {
    /** Goes through it. */
    void run() throws IOException, SQLException;
  }

  @Override
  public void close() throws SQLException {
    connection.close();
  }
}
