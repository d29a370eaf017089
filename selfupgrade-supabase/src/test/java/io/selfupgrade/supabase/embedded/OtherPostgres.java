package io.selfupgrade.supabase.embedded;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;

/**
 * A server of another major version than the one on the class path, from the archive that the build
 * has put into {@code target/postgres}; on request with pg_cron and pgvector.
 *
 * <p>Its directory is named like those of other servers of tests: what a killed test JVM left, the
 * next one removes.
 */
public final class OtherPostgres implements AutoCloseable {

  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final int MOST_PORTS = 5;
  private static final String EXTENSIONS =
      """

      shared_preload_libraries = 'pg_cron'
      cron.database_name = 'postgres'
      cron.use_background_workers = on
      max_worker_processes = 20
      """;
  private static final String QUICK =
      """

      fsync = off
      full_page_writes = off
      """;

  private final ServerDirectory directory;
  private final Binaries binaries;
  private final ServerAccount account;
  private int port;

  private OtherPostgres(ServerDirectory directory, Binaries binaries, ServerAccount account) {
    this.directory = directory;
    this.binaries = binaries;
    this.account = account;
  }

  /** Starts a server of that major version, without extensions that are not Postgres' own. */
  public static OtherPostgres start(int major) {
    return start(major, "");
  }

  /**
   * Starts Postgres 15 with pg_cron, for the database {@code postgres}, plpgsql_check, and
   * pgvector.
   */
  public static OtherPostgres withExtensions() {
    return start(15, EXTENSIONS);
  }

  private static OtherPostgres start(int major, String settings) {
    try {
      long pid = ProcessHandle.current().pid();
      Path root = Files.createTempDirectory("selfupgrade-test-postgres-" + pid + "-");
      ServerDirectory directory = ServerDirectory.create(root);
      Path home = directory.binaries(String.valueOf(major));
      Template.copy(unpacked(major), home, "");
      if (!settings.isEmpty()) {
        Path made = Extensions.directory();
        Template.copy(made.resolve("lib"), home.resolve("lib/postgresql"), "");
        Template.copy(made.resolve("extension"), home.resolve("share/postgresql/extension"), "");
      }
      Deadline deadline = Deadline.in(PATIENCE);
      ServerAccount account = ServerAccount.choose(directory, true, deadline);
      Binaries binaries = new Binaries(home, major + ".0");
      Cluster.ensure(directory, binaries, account, deadline);
      Files.writeString(
          directory.data().resolve("postgresql.conf"), QUICK + settings, StandardOpenOption.APPEND);
      OtherPostgres server = new OtherPostgres(directory, binaries, account);
      server.launch(deadline);
      return server;
    } catch (IOException e) {
      throw new IllegalStateException("cannot start Postgres " + major + " for the tests", e);
    }
  }

  /** Unpacked once for the build; copied as links. */
  private static Path unpacked(int major) throws IOException {
    Path target = Template.target();
    Path home = Files.createDirectories(target.resolve("test-postgres"));
    Path made = home.resolve("pgsql-" + major);
    try (FileChannel channel =
        FileChannel.open(
            home.resolve("lock-" + major), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      channel.lock(); // until it is closed
      if (!Files.isDirectory(made)) {
        Path unpacking = home.resolve("unpacking-" + major);
        ServerDirectory.deleteTree(unpacking);
        unpack(archive(target, major), unpacking);
        Files.move(unpacking, made);
      }
    }
    return made;
  }

  private static URL archive(Path target, int major) throws IOException {
    Path root = target.getParent();
    Path jar = root.resolve("selfupgrade-supabase/target/postgres/postgres-" + major + ".jar");
    if (!Files.exists(jar)) {
      throw new IOException(jar + " is missing: let Maven build selfupgrade-supabase first");
    }
    return jar.toUri().toURL();
  }

  private static void unpack(URL jar, Path unpacking) throws IOException {
    try (URLClassLoader loader = new URLClassLoader(new URL[] {jar}, null);
        InputStream in = loader.getResourceAsStream(Platform.current().resource())) {
      Archive.unpack(in, unpacking);
    }
  }

  private void launch(Deadline deadline) throws IOException {
    String problem = "";
    Files.createFile(directory.log());
    account.own(directory.log());
    for (int i = 0; i < MOST_PORTS; i++) {
      try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
        port = socket.getLocalPort();
      }
      Command.Result result =
          Command.run(
              directory.root(),
              account.command(
                  binaries.program("pg_ctl"),
                  "start",
                  "--silent",
                  "--wait",
                  "--pgdata",
                  directory.data().toString(),
                  "--log",
                  directory.log().toString(),
                  "--options",
                  "-p " + port + " -c listen_addresses=127.0.0.1 -c unix_socket_directories="),
              deadline);
      if (result.succeeded()) {
        return;
      }
      problem = result.output() + Command.tail(directory.log(), 0);
    }
    throw new IllegalStateException("the server does not start: " + problem);
  }

  /** The URL of one of its databases, with user and password. */
  public String jdbcUrl(String database) {
    return "jdbc:postgresql://127.0.0.1:"
        + port
        + "/"
        + database
        + "?user=postgres&password="
        + Cluster.password(directory).reveal();
  }

  /** Stops the server and removes its directory. */
  @Override
  public void close() {
    List<String> words =
        account.command(
            binaries.program("pg_ctl"),
            "stop",
            "--silent",
            "--wait",
            "--mode=immediate",
            "--pgdata",
            directory.data().toString());
    Command.run(directory.root(), words, Deadline.in(PATIENCE));
    try {
      ServerDirectory.deleteTree(directory.root());
    } catch (IOException e) {
      throw new IllegalStateException("cannot remove " + directory.root(), e);
    }
  }
}
