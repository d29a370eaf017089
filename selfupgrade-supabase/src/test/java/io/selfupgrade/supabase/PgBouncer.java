package io.selfupgrade.supabase;

import io.selfupgrade.testkit.Eventually;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A real PgBouncer on a free port of 127.0.0.1, in front of the server of a URL.
 *
 * <p>In transaction mode it gives each transaction the process that has rested longest: whatever is
 * left in a session is missed at the next statement. It ends with the test JVM, however that ends.
 */
public final class PgBouncer implements AutoCloseable {

  private static final Duration SOON = Duration.ofSeconds(20);

  private static final Map<String, String> SETTINGS =
      Map.of(
          "min_pool_size", "3",
          "default_pool_size", "12",
          "max_client_conn", "500",
          "autodb_idle_timeout", "2",
          "server_round_robin", "1",
          "server_reset_query_always", "0");

  /** Passes the process id on, and ends the program when nobody holds its input open any more. */
  private static final String KEEPER =
      "exec 3<&0; log=$1; shift; \"$@\" < /dev/null > \"$log\" 2>&1 & child=$!;"
          + " echo $child; cat <&3 > /dev/null; kill $child 2> /dev/null; wait $child";

  private final Path directory;
  private final Map<String, String> users = new TreeMap<>();
  private final Map<String, String> settings = new TreeMap<>();
  private final int serverPort;
  private final int port;
  private final Process keeper;
  private final long pid;

  /** When a process goes back. */
  public enum Mode {
    /** With the connection. */
    SESSION,
    /** With the transaction. */
    TRANSACTION
  }

  private PgBouncer(DatabaseUrl server, Mode mode, Map<String, String> others) throws IOException {
    this.serverPort = portOf(server);
    Properties login = server.properties();
    users.put(login.getProperty("user"), login.getProperty("password"));
    settings.putAll(SETTINGS);
    settings.putAll(others);
    directory = Files.createTempDirectory("selfupgrade-test-pgbouncer-");
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
    port = freePort();
    write(mode);
    keeper = start();
    BufferedReader said = keeper.inputReader(StandardCharsets.UTF_8);
    pid = Long.parseLong(said.readLine());
    Eventually.holds("PgBouncer listens", SOON, this::listens);
  }

  /** Starts one for the user of the URL. */
  public static PgBouncer before(String url, Mode mode) {
    return with(url, mode, "");
  }

  /**
   * Starts one with other settings.
   *
   * @param settings as {@code NAME = VALUE}, with commas between
   */
  static PgBouncer with(String url, Mode mode, String settings) {
    Map<String, String> others = new TreeMap<>();
    for (String setting : settings.split(",", 0)) {
      String[] parts = setting.split("=", 2);
      if (parts.length == 2) {
        others.put(parts[0].strip(), parts[1].strip());
      }
    }
    try {
      return new PgBouncer(DatabaseUrl.parse(url), mode, others);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Returns the same URL, of whatever database and user of the server, through this pooler. */
  public String through(String url) {
    return url.replace(":" + serverPort + "/", ":" + port + "/");
  }

  /** Changes the mode, as an operator does while clients are there. */
  void reload(Mode mode) throws IOException, InterruptedException {
    write(mode);
    Process signal = new ProcessBuilder("kill", "-HUP", Long.toString(pid)).start();
    if (signal.waitFor() != 0) {
      throw new IOException("PgBouncer is gone:\n" + log());
    }
  }

  private static int portOf(DatabaseUrl url) {
    String place = url.place().hosts();
    return Integer.parseInt(place.substring(place.lastIndexOf(':') + 1));
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private void write(Mode mode) throws IOException {
    StringBuilder list = new StringBuilder();
    users.forEach((name, password) -> list.append(quoted(name, password)));
    Path userFile = directory.resolve("users");
    Files.writeString(userFile, list);
    StringBuilder lines = new StringBuilder("[databases]\n");
    lines.append("* = host=127.0.0.1 port=").append(serverPort).append("\n[pgbouncer]\n");
    lines.append("unix_socket_dir =\n");
    lines.append("listen_addr = 127.0.0.1\nlisten_port = ").append(port).append('\n');
    lines.append("auth_type = md5\nauth_file = ").append(userFile).append('\n');
    lines.append("pool_mode = ").append(mode.name().toLowerCase(Locale.ROOT)).append('\n');
    settings.forEach((name, value) -> lines.append(name).append(" = ").append(value).append('\n'));
    Files.writeString(directory.resolve("pgbouncer.ini"), lines);
  }

  private static String quoted(String name, String password) {
    return "\"" + name + "\" \"" + password + "\"\n";
  }

  private Process start() throws IOException {
    PgBouncerProgram program = PgBouncerProgram.find();
    List<String> command =
        new ArrayList<>(List.of("sh", "-c", KEEPER, "keeper", directory.resolve("log").toString()));
    command.add(program.file().toString());
    if (program.isRoot()) {
      command.addAll(List.of("-u", "nobody"));
    }
    command.add(directory.resolve("pgbouncer.ini").toString());
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectError(directory.resolve("keeper").toFile());
    program.libraries().ifPresent(path -> builder.environment().put("LD_LIBRARY_PATH", path));
    return builder.start();
  }

  private boolean listens() {
    if (ProcessHandle.of(pid).filter(ProcessHandle::isAlive).isEmpty()) {
      throw new AssertionError("PgBouncer did not start:\n" + log());
    }
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1000);
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  private String log() {
    try {
      return Files.readString(directory.resolve("log"));
    } catch (IOException e) {
      return e.toString();
    }
  }

  @Override
  public void close() {
    stop();
  }

  /** Ends it and all connections through it, at once; idempotent. */
  public void stop() {
    try (OutputStream held = keeper.getOutputStream()) {
      held.flush();
    } catch (IOException ignored) {
      // It is closed already.
    }
    try {
      if (!keeper.waitFor(10, TimeUnit.SECONDS)) {
        keeper.destroyForcibly();
      }
      remove();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void remove() throws IOException {
    if (!Files.exists(directory)) {
      return;
    }
    try (Stream<Path> tree = Files.walk(directory)) {
      for (Path path : tree.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }
}
