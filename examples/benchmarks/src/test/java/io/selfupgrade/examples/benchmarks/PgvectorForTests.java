package io.selfupgrade.examples.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/**
 * pgvector for Postgres 15, as {@code .ci/postgres-extensions} makes it: what tests of Postgres 15
 * have made on this machine, or made here.
 *
 * <p>Under {@code CI=true} it is required. Elsewhere tests that need it are skipped where it cannot
 * be made, with what is missing.
 */
final class PgvectorForTests {

  private static final int LONGEST_MINUTES = 5;

  private PgvectorForTests() {}

  /** The directory with {@code lib} and {@code extension}. */
  static Path directory() throws IOException, InterruptedException {
    Optional<Path> made = madeBefore();
    if (made.isPresent()) {
      return made.get();
    }
    Path target = Path.of("target").toAbsolutePath();
    Path here = target.resolve("postgres-extensions");
    if (!hasPgvector(here)) {
      Path script = target.resolveSibling("../../.ci/postgres-extensions").normalize();
      make(script, here, target.resolve("postgres-extensions.log"));
    }
    return here;
  }

  private static Optional<Path> madeBefore() throws IOException {
    String named = System.getenv("XDG_CACHE_HOME");
    Path cache =
        named == null || named.isEmpty()
            ? Path.of(System.getProperty("user.home"), ".cache")
            : Path.of(named);
    Path home = cache.resolve("selfupgrade");
    if (!Files.isDirectory(home)) {
      return Optional.empty();
    }
    try (Stream<Path> entries = Files.list(home)) {
      return entries
          .filter(entry -> entry.getFileName().toString().startsWith("postgres-extensions-"))
          .filter(PgvectorForTests::hasPgvector)
          .findFirst();
    }
  }

  private static boolean hasPgvector(Path directory) {
    return Files.exists(directory.resolve("lib/vector.so"))
        && Files.exists(directory.resolve("extension/vector.control"));
  }

  private static void make(Path script, Path directory, Path log)
      throws IOException, InterruptedException {
    String problem = "";
    try {
      Process process =
          new ProcessBuilder(script.toString(), directory.toString())
              .redirectErrorStream(true)
              .redirectOutput(log.toFile())
              .start();
      if (!process.waitFor(LONGEST_MINUTES, TimeUnit.MINUTES)) {
        process.destroyForcibly();
      }
    } catch (IOException e) {
      problem = ": " + e.getMessage();
    }
    if (!hasPgvector(directory)) {
      String why = "no pgvector for tests, see " + log + problem;
      if (Boolean.parseBoolean(System.getenv("CI"))) {
        throw new IllegalStateException(why);
      }
      Assumptions.abort(why + "; it takes Debian 12 with apt-get, gcc and libc6-dev");
    }
  }
}
