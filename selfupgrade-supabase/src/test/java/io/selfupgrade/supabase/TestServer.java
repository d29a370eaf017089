package io.selfupgrade.supabase;

import io.selfupgrade.supabase.embedded.EmbeddedPostgres;
import io.selfupgrade.supabase.embedded.TestPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
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
    EmbeddedPostgres client = TestPostgres.attach(made);
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
}
