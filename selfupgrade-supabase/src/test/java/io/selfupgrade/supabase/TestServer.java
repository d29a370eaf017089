package io.selfupgrade.supabase;

import io.selfupgrade.supabase.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * The one server of this test JVM, in a temporary directory that carries the JVM's process id.
 *
 * <p>What a killed test JVM left, server and directory, the next one removes.
 */
final class TestServer {

  private static final String PREFIX = "selfupgrade-test-postgres-";
  private static Path directory;

  private TestServer() {}

  /** One more client; the first starts the server, the last to close stops it. */
  static synchronized EmbeddedPostgres client() {
    if (directory != null) {
      return EmbeddedPostgres.attach(directory);
    }
    Path made = newDirectory();
    Runtime.getRuntime().addShutdownHook(new Thread(() -> remove(made)));
    EmbeddedPostgres client = EmbeddedPostgres.attach(made);
    saveTime(client);
    directory = made;
    return client;
  }

  private static Path newDirectory() {
    Path temporary = Path.of(System.getProperty("java.io.tmpdir"));
    try {
      try (DirectoryStream<Path> found = Files.newDirectoryStream(temporary, PREFIX + "*")) {
        for (Path left : found) {
          if (Files.isWritable(left) && ownerIsDead(left)) {
            remove(left);
          }
        }
      }
      return Files.createTempDirectory(PREFIX + ProcessHandle.current().pid() + "-");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static boolean ownerIsDead(Path left) {
    String pid = left.getFileName().toString().substring(PREFIX.length()).split("-", 2)[0];
    return ProcessHandle.of(Long.parseLong(pid)).isEmpty();
  }

  private static void remove(Path left) {
    EmbeddedPostgres.stop(left);
    try (Stream<Path> tree = Files.walk(left)) {
      List<Path> deepestFirst = tree.sorted(Comparator.reverseOrder()).toList();
      for (Path path : deepestFirst) {
        Files.deleteIfExists(path);
      }
    } catch (NoSuchFileException e) {
      // another test JVM is removing it too
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** No test cuts the power, so nothing needs to be forced to the disk. */
  private static void saveTime(EmbeddedPostgres server) {
    String password = server.password().reveal();
    try (Connection connection =
            DriverManager.getConnection(server.jdbcUrl(), server.user(), password);
        Statement statement = connection.createStatement()) {
      statement.execute("ALTER SYSTEM SET fsync = off");
      statement.execute("ALTER SYSTEM SET full_page_writes = off");
      statement.execute("SELECT pg_reload_conf()");
    } catch (SQLException e) {
      throw new IllegalStateException("cannot set up the test server", e);
    }
  }
}
