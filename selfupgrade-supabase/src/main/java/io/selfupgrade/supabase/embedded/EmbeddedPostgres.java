package io.selfupgrade.supabase.embedded;

import io.selfupgrade.agent.Secret;
import java.nio.file.Path;
import java.util.Objects;

/**
 * One client of the Postgres server that belongs to a directory.
 *
 * <p>The server belongs to the directory, not to a process: the first client starts it, others
 * adopt it, the last one to close stops it, and it outlives a client that is killed. Any number of
 * processes and threads of one machine may attach to one directory at the same time; a directory
 * must not be shared between machines or containers. It listens on 127.0.0.1 only and asks for a
 * password, which lies in the directory's file {@code password}.
 *
 * <p>As root, which Postgres refuses, the server runs in a user namespace or as the user nobody.
 * Thread-safe.
 */
public final class EmbeddedPostgres implements AutoCloseable {

  private final ServerDirectory directory;
  private final ServerSettings settings;
  private final Client client;
  private final Secret password;
  private volatile Postmaster server;
  private boolean closed;

  private EmbeddedPostgres(
      ServerDirectory directory, ServerSettings settings, Client client, Postmaster server) {
    this.directory = directory;
    this.settings = settings;
    this.client = client;
    this.password = Cluster.password(directory);
    this.server = server;
  }

  /**
   * Starts the directory's server or adopts the one that runs; returns when it accepts connections.
   *
   * <p>The first start unpacks the binaries and makes an empty cluster. Blocks until then, each
   * with a limit: 5 min behind other clients that start or stop it, 3 min for the first start's
   * work, 60 s for the server, recovery after a crash included.
   *
   * @param directory created if absent, readable for its owner only
   * @throws io.selfupgrade.agent.ConfigurationException if only a person can mend it: binaries
   *     missing on the class path, a cluster of another major version, no account to run as
   * @throws io.selfupgrade.agent.AdapterException if the server cannot be started or does not
   *     answer, with the end of its log
   */
  public static EmbeddedPostgres attach(Path directory) {
    return attach(directory, ServerSettings.DEFAULT);
  }

  static EmbeddedPostgres attach(Path directory, ServerSettings settings) {
    Objects.requireNonNull(directory, "directory");
    Platform.requireKnown();
    ServerDirectory opened = ServerDirectory.create(directory);
    return DirectoryLock.holding(opened, settings.lockWait(), () -> join(opened, settings));
  }

  private static EmbeddedPostgres join(ServerDirectory directory, ServerSettings settings) {
    Client client = Client.join(directory);
    try {
      Postmaster server = new Server(directory, settings).ensureRunning();
      return new EmbeddedPostgres(directory, settings, client, server);
    } catch (RuntimeException e) {
      abandon(directory, settings, client, e);
      throw e;
    }
  }

  private static void abandon(
      ServerDirectory directory, ServerSettings settings, Client client, RuntimeException cause) {
    try {
      leave(directory, settings, client);
    } catch (RuntimeException e) {
      cause.addSuppressed(e);
    }
  }

  private static void leave(ServerDirectory directory, ServerSettings settings, Client client) {
    client.leave();
    if (!Client.anyAlive(directory)) {
      new Server(directory, settings).stop();
    }
  }

  /**
   * Stops the server of a directory, whoever uses it; does nothing if none runs.
   *
   * <p>Open transactions are rolled back. Blocks until the server is gone, normally well below a
   * second and at most 50 s, or behind another client that starts or stops it.
   *
   * @throws io.selfupgrade.agent.AdapterException if it cannot be stopped
   */
  public static void stop(Path directory) {
    Objects.requireNonNull(directory, "directory");
    ServerDirectory.existing(directory).ifPresent(EmbeddedPostgres::stop);
  }

  private static void stop(ServerDirectory directory) {
    ServerSettings settings = ServerSettings.DEFAULT;
    Server running = new Server(directory, settings);
    DirectoryLock.holding(directory, settings.lockWait(), running::stop);
  }

  /** Returns the URL of the database {@code postgres} with its user, without the password. */
  public String jdbcUrl() {
    return Probe.url(server.port());
  }

  /** Returns the user of the URL, the superuser {@code postgres}. */
  public String user() {
    return Cluster.USER;
  }

  /** Returns the user's password. */
  public Secret password() {
    return password;
  }

  /** Returns the process id of the server's main process. */
  public long pid() {
    return server.pid();
  }

  /**
   * Starts the server again if it is gone, killed by somebody; otherwise does nothing.
   *
   * <p>Keeps the port, and so the URL, unless another program has taken it meanwhile: read {@link
   * #jdbcUrl()} again.
   *
   * @throws IllegalStateException after {@link #close()}
   * @throws io.selfupgrade.agent.AdapterException as {@link #attach} does
   */
  public void ensureRunning() {
    DirectoryLock.holding(directory, settings.lockWait(), this::startIfGone);
  }

  private void startIfGone() {
    if (closed) {
      throw new IllegalStateException("this client of " + directory.root() + " is closed");
    }
    server = new Server(directory, settings).ensureRunning();
  }

  /**
   * Leaves the server; the last client of the directory stops it. Idempotent.
   *
   * <p>Works on an interrupted thread too, and keeps the interrupt. Blocks like {@link #stop}.
   *
   * @throws io.selfupgrade.agent.AdapterException if the server cannot be stopped
   */
  @Override
  public void close() {
    boolean interrupted = Thread.interrupted();
    try {
      DirectoryLock.holding(directory, settings.lockWait(), this::leaveOnce);
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private void leaveOnce() {
    if (!closed) {
      closed = true;
      leave(directory, settings, client);
    }
  }

  @Override
  public String toString() {
    return "EmbeddedPostgres[" + directory.root() + ", " + jdbcUrl() + "]";
  }
}
