package io.selfupgrade.supabase.embedded;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;
import static java.nio.file.StandardCopyOption.COPY_ATTRIBUTES;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URL;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.SQLException;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;

/**
 * Directories of stopped servers that all test JVMs of the build share and copy: unpacking and
 * initdb take seconds each time.
 *
 * <p>They lie in {@code target} of the root, under a name that says which binaries and which code
 * made them.
 */
final class Template {

  private static final List<Class<?>> MAKERS =
      List.of(Template.class, Cluster.class, Binaries.class, Archive.class, ServerDirectory.class);

  private Template() {}

  /** As the library makes it. */
  static synchronized Path plain() {
    return made("plain", making -> EmbeddedPostgres.attach(making).close());
  }

  /** For tests that cut no power and try no passwords: a login costs 4,096 rounds less. */
  static synchronized Path quick() {
    Path plain = plain();
    return made(
        "quick",
        making -> {
          copy(plain, making, "");
          try (EmbeddedPostgres server = EmbeddedPostgres.attach(making)) {
            Prepared.execute(
                server,
                "ALTER SYSTEM SET fsync = off",
                "ALTER SYSTEM SET full_page_writes = off",
                "ALTER SYSTEM SET scram_iterations = 1",
                "SET scram_iterations = 1",
                "ALTER ROLE postgres PASSWORD '" + server.password().reveal() + "'");
          }
        });
  }

  private static Path made(String name, Making making) {
    try {
      Path home = Files.createDirectories(target().resolve("test-postgres"));
      Path made = home.resolve(name + "-" + makers());
      try (FileChannel channel =
          FileChannel.open(
              home.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
        channel.lock(); // until it is closed
        if (!Files.isDirectory(made)) {
          removeOthers(home, name);
          make(home, made, making);
        }
      }
      return made;
    } catch (IOException | SQLException e) {
      throw new IllegalStateException("cannot prepare a server for the tests", e);
    }
  }

  /**
   * Made where servers of tests run: whoever runs them may not get to the directory of the build.
   */
  private static void make(Path home, Path made, Making making) throws IOException, SQLException {
    Path parent = Files.createTempDirectory("selfupgrade-template-");
    Path directory = parent.resolve("server");
    try {
      making.in(directory);
      Path copy = home.resolve("temporary");
      ServerDirectory.deleteTree(copy);
      copy(directory, copy, "");
      // Else all copies would begin at the same port, and one that stops would lose it to another.
      Files.delete(new ServerDirectory(copy).port());
      Files.move(copy, made);
    } finally {
      EmbeddedPostgres.stop(directory);
      ServerDirectory.deleteTree(parent);
    }
  }

  private static void removeOthers(Path home, String name) throws IOException {
    for (Path other : new ServerDirectory(home).entries(name + "-*")) {
      ServerDirectory.deleteTree(other);
    }
  }

  /** The target directory of the whole build; beside temporary files where there is no build. */
  static Path target() {
    for (Path at = Path.of("").toAbsolutePath(); at != null; at = at.getParent()) {
      if (Files.exists(at.resolve("mvnw"))) {
        return at.resolve("target");
      }
    }
    return Path.of(System.getProperty("java.io.tmpdir"), "selfupgrade-target");
  }

  private static String makers() throws IOException {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      for (Class<?> maker : MAKERS) {
        String file = maker.getName().substring(maker.getPackageName().length() + 1) + ".class";
        try (InputStream code = maker.getResourceAsStream(file)) {
          digest.update(code.readAllBytes());
        }
      }
      String binaries = Platform.current().resource();
      URL archive = Template.class.getClassLoader().getResource(binaries);
      digest.update(archive.toString().getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest.digest()).substring(0, 16);
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK has SHA-256", e);
    }
  }

  /** Copies the directory itself, which may be there, and the entries with that prefix. */
  static Path copy(Path from, Path target, String prefix) {
    try (Stream<Path> tree = Files.walk(from)) {
      List<Path> files = tree.toList();
      for (Path file : files) {
        Path relative = from.relativize(file);
        if (file.equals(from)) {
          if (!Files.isDirectory(target)) {
            Files.copy(file, target, COPY_ATTRIBUTES);
          }
        } else if (relative.toString().startsWith(prefix)) {
          copyOne(file, target.resolve(relative.toString()));
        }
      }
      return target;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void copyOne(Path file, Path copy) throws IOException {
    if (file.toString().contains("/pgsql-") && Files.isRegularFile(file, NOFOLLOW_LINKS)) {
      try {
        Files.createLink(copy, file);
        return;
      } catch (IOException e) {
        // on another file system
      }
    }
    Files.copy(file, copy, NOFOLLOW_LINKS, COPY_ATTRIBUTES);
  }

  @FunctionalInterface
  private interface Making {
    void in(Path directory) throws IOException, SQLException;
  }
}
