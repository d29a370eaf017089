package io.selfupgrade.supabase;

import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Where PgBouncer is: installed, or unpacked from Debian's packages into {@code target} of the
 * root, which needs no right and starts nothing.
 *
 * @param file the program
 * @param libraries where the loader finds what came with it
 */
record PgBouncerProgram(Path file, Optional<String> libraries) {

  private static final List<String> PLACES =
      List.of("/usr/sbin/pgbouncer", "/usr/bin/pgbouncer", "/usr/local/bin/pgbouncer");

  /** The package, and those of its dependencies that few machines have. */
  private static final String UNPACK =
      """
      set -e
      apt-get download -qq pgbouncer $(apt-cache depends pgbouncer |
        sed -n 's/^ *Depends: \\(libc-\\{0,1\\}ares[^ ]*\\|libevent-[^ ]*\\)$/\\1/p')
      for package in *.deb; do dpkg-deb -x "$package" .; rm "$package"; done
      test -x usr/sbin/pgbouncer
      """;

  static synchronized PgBouncerProgram find() throws IOException {
    for (String place : PLACES) {
      if (Files.isExecutable(Path.of(place))) {
        return new PgBouncerProgram(Path.of(place), Optional.empty());
      }
    }
    Path unpacked = root().resolve("target/pgbouncer");
    if (!Files.exists(unpacked)) {
      unpack(unpacked);
    }
    return new PgBouncerProgram(
        unpacked.resolve("usr/sbin/pgbouncer"), Optional.of(libraries(unpacked)));
  }

  /** As root it wants to be somebody else. */
  boolean isRoot() {
    return System.getProperty("user.name").equals("root");
  }

  private static Path root() {
    Path directory = Path.of("").toAbsolutePath();
    while (!Files.exists(directory.resolve("mvnw"))) {
      directory = directory.getParent();
    }
    return directory;
  }

  private static void unpack(Path target) throws IOException {
    Files.createDirectories(target.getParent());
    Path making = Files.createTempDirectory(target.getParent(), "pgbouncer-");
    Path log = making.resolve("log");
    Process process =
        new ProcessBuilder("sh", "-c", UNPACK)
            .directory(making.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    if (!ended(process) || process.exitValue() != 0) {
      process.destroyForcibly();
      missing(Files.readString(log, StandardCharsets.UTF_8));
    }
    try {
      Files.move(making, target, StandardCopyOption.ATOMIC_MOVE);
    } catch (FileAlreadyExistsException | DirectoryNotEmptyException e) {
      // Another test JVM was quicker.
    }
  }

  private static boolean ended(Process process) {
    try {
      return process.waitFor(60, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private static void missing(String why) {
    String message =
        "nothing is tried behind a pooler: install pgbouncer, or let apt-get download it (apt-get"
            + " update may be missing); "
            + why;
    if (System.getenv("CI") != null) {
      throw new AssertionError(message);
    }
    abort(message);
  }

  private static String libraries(Path unpacked) throws IOException {
    try (Stream<Path> tree = Files.walk(unpacked)) {
      List<String> found = new ArrayList<>();
      tree.filter(path -> path.getFileName().toString().contains(".so"))
          .map(path -> path.getParent().toString())
          .distinct()
          .forEach(found::add);
      return String.join(":", found);
    }
  }
}
