package io.selfupgrade.supabase.embedded;

import static java.nio.file.StandardCopyOption.REPLACE_EXISTING;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Starts, finds and stops the server of a directory. All methods need the directory's lock. */
final class Server {

  private static final Duration MOMENT = Duration.ofMillis(25);
  private static final Duration QUIT = Duration.ofSeconds(15);
  private static final Duration KILL = Duration.ofSeconds(5);
  private static final Duration SIGNAL = Duration.ofSeconds(5);
  private static final long MAX_LOG_BYTES = 8L << 20;

  private record Programs(ServerAccount account, Binaries binaries) {}

  private final ServerDirectory directory;
  private final ServerSettings settings;

  Server(ServerDirectory directory, ServerSettings settings) {
    this.directory = directory;
    this.settings = settings;
  }

  /** Adopts the living server or starts one; returns when it accepts connections. */
  Postmaster ensureRunning() {
    if (Postmaster.find(directory).isEmpty()) {
      prepare(Deadline.in(settings.preparation()));
    }
    Deadline deadline = Deadline.in(settings.start());
    String problem = "it was still starting, or stopped again";
    while (!deadline.passed()) {
      Optional<Postmaster> living = Postmaster.find(directory);
      if (living.isEmpty()) {
        start(deadline);
      } else {
        Optional<String> unready = new Probe(directory).problemOf(living.get(), deadline);
        if (unready.isEmpty()) {
          return living.get();
        }
        problem = "process " + living.get().pid() + " does not serve: " + unready.get();
        deadline.pause(MOMENT, "waiting for the server of " + directory.root());
      }
    }
    throw Trouble.failed(
        "the server of "
            + directory.root()
            + " did not accept connections within "
            + settings.start()
            + ": "
            + problem
            + logTail(0));
  }

  /** Finds what a start needs; the first time it unpacks the binaries and makes the cluster. */
  private Programs prepare(Deadline deadline) {
    directory.removeLeftovers();
    ServerAccount account = ServerAccount.choose(directory, settings.userNamespaces(), deadline);
    Binaries binaries = Binaries.install(directory, deadline);
    Cluster.ensure(directory, binaries, account, deadline);
    return new Programs(account, binaries);
  }

  private void start(Deadline deadline) {
    Programs programs = prepare(deadline);
    try {
      prepareLog(programs.account());
      int port = lastPort();
      while (true) {
        long logStart = Files.size(directory.log());
        Command.Result result = launch(programs, port, deadline);
        if (result.succeeded()) {
          directory.write(directory.port(), port + "\n");
          return;
        }
        if (Postmaster.find(directory).isPresent()) {
          return;
        }
        String log = Command.tail(directory.log(), logStart);
        boolean portTaken = log.contains("Address already in use");
        // children of a killed server are still leaving
        boolean memoryTaken = log.contains("is still in use");
        if (deadline.passed() || (!portTaken && !memoryTaken)) {
          throw Trouble.failed(
              "cannot start the server of "
                  + directory.root()
                  + ": "
                  + result.output()
                  + logTail(logStart));
        }
        if (portTaken) {
          port = freePort();
        }
        deadline.pause(MOMENT, "starting the server of " + directory.root());
      }
    } catch (IOException e) {
      throw Trouble.failed("cannot start the server of " + directory.root(), e);
    }
  }

  /** pg_ctl gives the server a session of its own: it survives us and our terminal's Ctrl-C. */
  private Command.Result launch(Programs programs, int port, Deadline deadline) {
    List<String> words =
        programs
            .account()
            .command(
                programs.binaries().program("pg_ctl"),
                "start",
                "--silent",
                "--pgdata",
                directory.data().toString(),
                "--log",
                directory.log().toString(),
                "--wait",
                "--timeout",
                String.valueOf(deadline.remaining().toSeconds() + 1),
                "--options",
                "-p " + port + " -c listen_addresses=127.0.0.1 -c unix_socket_directories=");
    return Command.run(
        directory.root(), words, Deadline.in(deadline.remaining().plus(Duration.ofSeconds(5))));
  }

  private void prepareLog(ServerAccount account) throws IOException {
    if (Files.exists(directory.log()) && Files.size(directory.log()) > MAX_LOG_BYTES) {
      Files.move(directory.log(), directory.oldLog(), REPLACE_EXISTING);
    }
    if (!Files.exists(directory.log())) {
      directory.write(directory.log(), "");
    }
    account.own(directory.log());
  }

  /** The port of the last start if it is free, so that clients of a killed server find the next. */
  private int lastPort() throws IOException {
    String last = ServerDirectory.read(directory.port());
    if (last == null || !last.matches("\\d{4,5}")) {
      return freePort();
    }
    try (ServerSocket socket =
        new ServerSocket(Integer.parseInt(last), 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    } catch (IOException | IllegalArgumentException e) {
      return freePort();
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  /** Stops the server if one runs: open transactions are rolled back, then it is made to quit. */
  void stop() {
    Optional<Postmaster> living = Postmaster.find(directory);
    if (living.isEmpty()
        || endsAfter("INT", living.get(), settings.fastStop())
        || endsAfter("QUIT", living.get(), QUIT)
        || endsAfter("KILL", living.get(), KILL)) {
      return;
    }
    throw Trouble.failed(
        "process "
            + living.get().pid()
            + ", the server of "
            + directory.root()
            + ", cannot be stopped, not by SIGKILL either"
            + logTail(0));
  }

  private boolean endsAfter(String signal, Postmaster server, Duration limit) {
    Deadline deadline = Deadline.in(limit);
    if (server.alive()) {
      List<String> words =
          List.of("sh", "-c", "kill -s \"$0\" \"$1\"", signal, String.valueOf(server.pid()));
      Command.run(directory.root(), words, Deadline.in(SIGNAL));
    }
    while (server.alive() && !deadline.passed()) {
      deadline.pause(MOMENT, "stopping the server of " + directory.root());
    }
    return !server.alive();
  }

  private String logTail(long from) {
    String tail = Command.tail(directory.log(), from);
    return tail.isEmpty() ? "" : ". " + directory.log() + " ends with:\n" + tail;
  }
}
