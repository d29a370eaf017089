package io.selfupgrade.supabase.embedded;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;

/**
 * pg_cron, plpgsql_check and pgvector for Postgres 15, made by {@code .ci/postgres-extensions} once
 * for a user: it takes most of a minute.
 *
 * <p>Under {@code CI=true} they are required. Elsewhere tests that need them are skipped where they
 * cannot be made, with what is missing.
 */
final class Extensions {

  private static final Duration LONGEST = Duration.ofMinutes(5);
  private static Optional<String> problem = Optional.empty();

  private Extensions() {}

  /** The directory with {@code lib} and {@code extension}. */
  static synchronized Path directory() throws IOException {
    Path script = Template.target().resolveSibling(".ci/postgres-extensions");
    Path home = Files.createDirectories(cache().resolve("selfupgrade"));
    Path made = home.resolve("postgres-extensions-" + digest(script));
    try (FileChannel channel =
        FileChannel.open(
            home.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      channel.lock(); // until it is closed
      if (!Files.isDirectory(made) && problem.isEmpty()) {
        Path making = home.resolve("making");
        ServerDirectory.deleteTree(making);
        problem = make(script, making, home.resolve("log"));
        if (problem.isEmpty()) {
          Files.move(making, made);
        }
      }
    }
    if (problem.isPresent() && !Boolean.parseBoolean(System.getenv("CI"))) {
      Assumptions.abort(
          "no pg_cron and pgvector for tests: it takes Debian 12 with apt-get, gcc and libc6-dev; "
              + problem.get());
    }
    problem.ifPresent(
        why -> {
          throw new IllegalStateException("pg_cron and pgvector could not be made: " + why);
        });
    return made;
  }

  private static Optional<String> make(Path script, Path making, Path log) throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(script.toString(), making.toString())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile());
    Process process;
    try {
      process = builder.start();
    } catch (IOException e) {
      return Optional.of(String.valueOf(e.getMessage()));
    }
    try {
      boolean ended = process.waitFor(LONGEST.toSeconds(), TimeUnit.SECONDS);
      return ended && process.exitValue() == 0
          ? Optional.empty()
          : Optional.of(script + " failed or hung: " + Command.tail(log, 0));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.of("interrupted");
    } finally {
      process.destroyForcibly();
    }
  }

  private static Path cache() {
    String named = System.getenv("XDG_CACHE_HOME");
    return named == null || named.isEmpty()
        ? Path.of(System.getProperty("user.home"), ".cache")
        : Path.of(named);
  }

  private static String digest(Path script) throws IOException {
    try {
      byte[] text = Files.readString(script).getBytes(StandardCharsets.UTF_8);
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(text);
      return HexFormat.of().formatHex(digest).substring(0, 16);
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK has SHA-256", e);
    }
  }
}
