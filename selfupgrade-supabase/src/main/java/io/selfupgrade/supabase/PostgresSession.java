package io.selfupgrade.supabase;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.agent.AgentName;
import io.selfupgrade.failover.LeadershipSession;
import io.selfupgrade.failover.SessionLock;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;

/**
 * One connection that lives as long as its instance, for the advisory lock and for wake-ups.
 *
 * <p>{@link #signal} goes through the pool and may be called by any thread at any time.
 */
final class PostgresSession implements LeadershipSession {

  static final Duration LONGEST_ANSWER = Duration.ofSeconds(30);

  private static final String PORT = "LeadershipSession";
  private static final Duration SLICE = Duration.ofMillis(50);
  private static final Duration CLOSE_WAIT = Duration.ofSeconds(1);

  private final Database database;
  private final AgentName agent;
  private final Connection connection;
  private final Statements statements;
  private final PGConnection notifications;
  private final ReentrantLock use = new ReentrantLock();
  private final Set<Long> held = new HashSet<>();
  private final Optional<SessionLock> self;
  private volatile boolean closed;

  private PostgresSession(
      Database database, AgentName agent, Connection connection, Optional<SessionLock> self)
      throws SQLException {
    this.database = database;
    this.agent = agent;
    this.connection = connection;
    this.statements = new Statements(connection);
    this.notifications = connection.unwrap(PGConnection.class);
    this.self = self;
  }

  /** Connects and listens. */
  static PostgresSession open(Database database, AgentName agent) {
    Pool pool = database.pool();
    Connection connection = null;
    try {
      connection = pool.dedicated(LONGEST_ANSWER);
      PostgresSession session =
          new PostgresSession(database, agent, connection, prepare(pool, connection));
      database.add(session);
      return session;
    } catch (SQLException e) {
      if (connection != null) {
        discard(connection);
      }
      throw Database.failure(PORT, "opening a session for " + agent, e);
    }
  }

  private static Optional<SessionLock> prepare(Pool pool, Connection connection)
      throws SQLException {
    if (!connection.getAutoCommit()) {
      connection.setAutoCommit(true);
    }
    Statements statements = new Statements(connection);
    statements.script("listen " + Sql.CHANNEL);
    if (!pool.keepsSessions()) {
      return Optional.empty();
    }
    try {
      // So that the server notices within half a second that a waiting process is dead.
      statements.script("set client_connection_check_interval = '500ms'");
    } catch (SQLException ignored) {
      // Not every platform of Postgres has it; a dead process is then noticed later.
    }
    return backend(statements);
  }

  private static Optional<SessionLock> backend(Statements statements) throws SQLException {
    return statements.first(
        "select pid, backend_start from pg_stat_activity where pid = pg_backend_pid()",
        row -> new SessionLock((int) row.number("pid"), row.instant("backend_start")),
        Arguments.of());
  }

  @Override
  public Optional<SessionLock> tryLock(long epoch) {
    return exclusively(
        "trying the lock of epoch " + epoch,
        () -> {
          if (self.isEmpty() || !sameBackend()) {
            return Optional.empty();
          }
          boolean got =
              held.contains(epoch)
                  || statements.any(
                      "select 1 where pg_try_advisory_lock(?)", Arguments.of(key(epoch)));
          if (got) {
            held.add(epoch);
          }
          return got ? self : Optional.empty();
        });
  }

  /** A pooler may give every transaction another backend; a lock there would belong to nobody. */
  private boolean sameBackend() throws SQLException {
    return backend(statements).equals(self);
  }

  @Override
  public boolean awaitLock(long epoch, Duration slice) {
    return exclusively(
        "waiting for the lock of epoch " + epoch,
        () -> {
          if (self.isEmpty() || !sameBackend()) {
            return sleep(slice);
          }
          if (held.contains(epoch)) {
            return true;
          }
          statements.script("set lock_timeout = " + Math.max(1, slice.toMillis()));
          try {
            statements.any("select pg_advisory_lock(?)", Arguments.of(key(epoch)));
            held.add(epoch);
            return true;
          } catch (SQLException e) {
            if (SqlFailure.is(e, SqlFailure.LOCK_NOT_AVAILABLE)) {
              return false;
            }
            throw e;
          } finally {
            resetLockTimeout();
          }
        });
  }

  private void resetLockTimeout() {
    try {
      statements.script("reset lock_timeout");
    } catch (SQLException ignored) {
      // The connection is broken, which the caller learns from what failed before.
    }
  }

  private boolean sleep(Duration slice) throws SQLException {
    awaitSignal(slice);
    return false;
  }

  @Override
  public void unlock(long epoch) {
    exclusively(
        "giving back the lock of epoch " + epoch,
        () ->
            held.remove(epoch)
                && statements.any("select pg_advisory_unlock(?)", Arguments.of(key(epoch))));
  }

  @Override
  public boolean await(Duration longest) {
    return exclusively("waiting for a wake-up", () -> awaitSignal(longest));
  }

  private boolean awaitSignal(Duration longest) throws SQLException {
    long deadline = System.nanoTime() + longest.toNanos();
    while (true) {
      requireOpen();
      long leftMillis = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
      // The driver takes 0 for "for ever".
      int wait = (int) Math.max(1, Math.min(leftMillis, SLICE.toMillis()));
      if (isForAgent(notifications.getNotifications(wait))) {
        return true;
      }
      if (System.nanoTime() - deadline >= 0 || Thread.currentThread().isInterrupted()) {
        return false;
      }
    }
  }

  private boolean isForAgent(PGNotification @Nullable [] received) {
    boolean mine = false;
    if (received != null) {
      for (PGNotification notification : received) {
        mine |= notification.getParameter().equals(agent.value());
      }
    }
    return mine;
  }

  @Override
  public void signal() {
    requireOpen();
    database.call(
        PORT,
        "waking the sessions of " + agent,
        pooled -> pooled.any(Sql.NOTIFY, Arguments.of(agent)));
  }

  private <T> T exclusively(String operation, SqlCall<T> call) {
    use.lock();
    try {
      requireOpen();
      return call.run();
    } catch (SQLException e) {
      throw Database.failure(PORT, operation + " of " + agent, e);
    } finally {
      use.unlock();
    }
  }

  private void requireOpen() {
    if (closed) {
      throw new AdapterException(
          PORT, "the session of " + agent + " is closed: open another", true, null);
    }
  }

  @Override
  public void close() {
    closed = true;
    database.remove(this);
    if (!use.tryLock() && !interruptUser()) {
      abort(connection);
      return;
    }
    try {
      if (!connection.isClosed()) {
        // A borrowed connection goes back to its pool as it came.
        statements.script("select pg_advisory_unlock_all(); unlisten *");
        statements.script("reset client_connection_check_interval");
        connection.close();
      }
    } catch (SQLException e) {
      discard(connection);
    } finally {
      use.unlock();
    }
  }

  /** Ends what another thread waits for on this connection; true if it let go in time. */
  private boolean interruptUser() {
    boolean interrupted = false;
    try {
      if (use.tryLock(2 * SLICE.toMillis(), TimeUnit.MILLISECONDS)) {
        return true;
      }
      notifications.cancelQuery();
      return use.tryLock(CLOSE_WAIT.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      interrupted = true;
      return false;
    } catch (SQLException e) {
      return false;
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private static void discard(Connection connection) {
    abort(connection);
    try {
      connection.close();
    } catch (SQLException ignored) {
      // It is gone already.
    }
  }

  private static void abort(Connection connection) {
    try {
      connection.abort(Runnable::run);
    } catch (SQLException ignored) {
      // It is gone already.
    }
  }

  /** Returns the key of the lock of one agent at one epoch. */
  private long key(long epoch) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256")
              .digest(("selfupgrade:" + agent + ":" + epoch).getBytes(StandardCharsets.UTF_8));
      return ByteBuffer.wrap(digest).getLong();
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  @FunctionalInterface
  private interface SqlCall<T> {
    T run() throws SQLException;
  }
}
