package io.selfupgrade.examples.benchmarks;

import io.selfupgrade.supabase.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A Postgres of the benchmark's own, with all that makes commits durable switched on.
 *
 * <p>Thread-safe. Ends with the program, and takes its directory with it.
 */
public final class Server implements AutoCloseable {

  /** Durability as in production; sizes such that no contender pays for another's checkpoint. */
  private static final List<String> SETTINGS =
      List.of(
          "fsync = on",
          "synchronous_commit = on",
          "full_page_writes = on",
          "shared_buffers = '1GB'",
          "max_wal_size = '4GB'",
          "checkpoint_timeout = '30min'",
          "maintenance_work_mem = '256MB'",
          "jit = off",
          "shared_preload_libraries = 'pg_stat_statements'",
          "pg_stat_statements.track = 'none'");

  private static final String FIRST = "postgres";

  private final Path directory;
  private final EmbeddedPostgres postgres;
  private final String database;
  private final Thread atExit = new Thread(this::clear, "benchmarks-clear");
  private boolean closed;

  private Server(Path directory, EmbeddedPostgres postgres, String database) {
    this.directory = directory;
    this.postgres = postgres;
    this.database = database;
  }

  /**
   * Makes a cluster in a temporary directory and starts it.
   *
   * @param extensions a directory with what is put in beside what Postgres brings
   */
  static Server start(Optional<Path> extensions) throws IOException, SQLException {
    Path directory = Files.createTempDirectory("selfupgrade-benchmarks");
    Server server = new Server(directory, EmbeddedPostgres.attach(directory), FIRST);
    Runtime.getRuntime().addShutdownHook(server.atExit);
    EmbeddedPostgres.stop(directory);
    Files.writeString(
        directory.resolve("data/postgresql.conf"),
        "\n" + String.join("\n", SETTINGS) + "\n",
        StandardOpenOption.APPEND);
    if (extensions.isPresent()) {
      addExtensions(extensions.get(), directory);
    }
    server.postgres.ensureRunning();
    server.execute("create extension pg_stat_statements");
    return server;
  }

  private static void addExtensions(Path from, Path directory) throws IOException {
    copy(from.resolve("lib"), homeOf(directory, "plpgsql.so", "plpgsql.dylib"));
    copy(from.resolve("extension"), homeOf(directory, "plpgsql.control"));
  }

  /** Returns the directory in which a file lies that every Postgres has. */
  private static Path homeOf(Path directory, String... names) throws IOException {
    try (Stream<Path> all = Files.walk(directory)) {
      return all.filter(path -> List.of(names).contains(String.valueOf(path.getFileName())))
          .map(Path::getParent)
          .findFirst()
          .orElseThrow(() -> new IOException("no " + names[0] + " in " + directory));
    }
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.list(from)) {
      for (Path file : files.toList()) {
        Files.copy(file, to.resolve(file.getFileName()), StandardCopyOption.REPLACE_EXISTING);
      }
    }
  }

  /** Returns the URL with user and password. */
  public String url() {
    String url = postgres.jdbcUrl().replace("/" + FIRST, "/" + database);
    return url
        + (url.contains("?") ? "&" : "?")
        + "user="
        + encoded(postgres.user())
        + "&password="
        + encoded(postgres.password().reveal());
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  /** Makes another database of the same server; it is not to be closed. */
  public Server database(String name) throws SQLException {
    execute("create database " + name);
    return new Server(directory, postgres, name);
  }

  /** Opens a connection. */
  public Connection connect() throws SQLException {
    return DriverManager.getConnection(url());
  }

  /** Runs statements that give nothing. */
  public void execute(String sql) throws SQLException {
    try (Connection connection = connect();
        Statement statement = connection.createStatement()) {
      statement.setEscapeProcessing(false);
      statement.execute(sql);
    }
  }

  /** Asks for one number. */
  public double number(String sql) throws SQLException {
    try (Connection connection = connect();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      if (!row.next()) {
        throw new SQLException("no row: expected one of " + sql);
      }
      return row.getDouble(1);
    }
  }

  /** Writes out what is in memory, so that who comes next does not pay for who was before. */
  public void settle() throws SQLException {
    execute("checkpoint");
  }

  /** Makes the statistics of a table, as autovacuum does a minute later. */
  public void analyze(String table) throws SQLException {
    execute("analyze " + table);
  }

  @Override
  public void close() {
    clear();
    try {
      Runtime.getRuntime().removeShutdownHook(atExit);
    } catch (IllegalStateException e) {
      // The program is ending already, and the hook finds nothing to do.
      return;
    }
  }

  private synchronized void clear() {
    if (closed) {
      return;
    }
    closed = true;
    postgres.close();
    try (Stream<Path> all = Files.walk(directory)) {
      for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(path);
      }
    } catch (IOException e) {
      System.err.println("Could not clear away all of " + directory + ": " + e);
    }
  }
}
