package io.selfupgrade.supabase.embedded;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** What the tests of this package do with servers and directories. */
final class Prepared {

  private Prepared() {}

  /** A directory with binaries and an empty cluster: quicker than unpacking and initdb. */
  static Path cluster(Path target) {
    return Template.copy(Template.plain(), target, "");
  }

  /** A directory with binaries only. */
  static Path binaries(Path target) {
    return Template.copy(Template.plain(), target, "pgsql-");
  }

  static Connection connect(EmbeddedPostgres server) throws SQLException {
    return DriverManager.getConnection(server.jdbcUrl(), server.user(), server.password().reveal());
  }

  /** The first column of the first row, null if there is none. */
  static String query(EmbeddedPostgres server, String sql) throws SQLException {
    try (Connection connection = connect(server);
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      return row.next() ? row.getString(1) : null;
    }
  }

  static void execute(EmbeddedPostgres server, String... statements) throws SQLException {
    try (Connection connection = connect(server);
        Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    }
  }

  /**
   * Whether the process runs; one that has let go of its memory does not, nor one that waits for
   * its parent to take its exit code.
   */
  static boolean runs(long pid) {
    return ProcessHandle.of(pid)
        .filter(ProcessHandle::isAlive)
        .filter(process -> !isEnding(pid))
        .isPresent();
  }

  static boolean hasEntry(Path directory, String prefix) {
    try {
      return !new ServerDirectory(directory).entries(prefix + "*").isEmpty();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static boolean isEnding(long pid) {
    try {
      if (Files.readString(Path.of("/proc/" + pid + "/cmdline")).isEmpty()) {
        return true;
      }
      String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
      return stat.charAt(stat.lastIndexOf(')') + 2) == 'Z';
    } catch (IOException e) {
      return false;
    }
  }

  static void kill(long pid) {
    ProcessHandle.of(pid).orElseThrow().destroyForcibly();
    eventually(() -> !runs(pid));
  }

  static void eventually(BooleanSupplier condition) {
    Deadline deadline = Deadline.in(Duration.ofSeconds(20));
    while (!condition.getAsBoolean()) {
      if (deadline.passed()) {
        throw new AssertionError("it did not come true within 20 s");
      }
      LockSupport.parkNanos(10_000_000);
    }
  }
}
