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
import java.util.List;
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

  /** One row in the process that a session began with, none in another one. */
  private static final String OWN =
      "(select from pg_stat_activity"
          + " where pid = pg_backend_pid() and pid = ? and backend_start = ? offset 0) own";

  /** What is held of these, by the process that answers. */
  private static final String UNLOCK =
      """
      select pg_advisory_unlock(k.key) from unnest(?::text[]::bigint[]) as k (key)
       where exists (select from pg_locks l
                      where l.locktype = 'advisory' and l.pid = pg_backend_pid() and l.objsubid = 1
                        and (l.classid::bigint << 32) | l.objid::bigint = k.key)
      """;

  private static final Duration SLICE = Duration.ofMillis(50);
  private static final Duration CLOSE_WAIT = Duration.ofSeconds(1);

  private final Database database;
  private final AgentName agent;
  private final Connection connection;
  private final Statements statements;
  private final PGConnection notifications;
  private final ReentrantLock use = new ReentrantLock();
  private final Set<Long> held = new HashSet<>();

  /** Every lock that may be held, also one whose answer was lost. */
  private final Set<Long> asked = new HashSet<>();

  private final SessionLock self;
  private volatile boolean closed;
  private volatile boolean lent;

  private PostgresSession(
      Database database, AgentName agent, Connection connection, SessionLock self)
      throws SQLException {
    this.database = database;
    this.agent = agent;
    this.connection = connection;
    this.statements = new Statements(connection);
    this.notifications = connection.unwrap(PGConnection.class);
    this.self = self;
  }

  /** Connects and listens, where a session is kept; it may have become another pooler since. */
  static LeadershipSession open(Database database, AgentName agent) {
    Pool pool = database.pool();
    if (pool.kind() == ConnectionKind.TRANSACTION_POOLER) {
      return NoSession.open(database, agent);
    }
    Connection connection = null;
    try {
      connection = pool.dedicated(LONGEST_ANSWER);
      ConnectionKind kind = pool.lookThoroughly(connection);
      database.settle(pool, kind);
      if (!kind.keepsSessions()) {
        connection.close();
        return NoSession.open(database, agent);
      }
      PostgresSession session =
          new PostgresSession(database, agent, connection, prepare(connection));
      database.add(session);
      return session;
    } catch (SQLException e) {
      if (connection != null) {
        discard(connection);
      }
      throw Database.failure(PORT, "opening a session for " + agent, e);
    }
  }

  private static SessionLock prepare(Connection connection) throws SQLException {
    Statements statements = new Statements(connection);
    statements.script("listen " + Sql.CHANNEL);
    try {
      // So that the server notices within half a second that a waiting process is dead.
      statements.script("set client_connection_check_interval = '500ms'");
    } catch (SQLException ignored) {
      // Not every platform of Postgres has it; a dead process is then noticed later.
    }
    return statements
        .first(
            "select pid, backend_start from pg_stat_activity where pid = pg_backend_pid()",
            row -> new SessionLock((int) row.number("pid"), row.instant("backend_start")),
            Arguments.of())
        .orElseThrow(() -> new SQLException("the server does not show this session", "58000"));
  }

  @Override
  public Optional<SessionLock> tryLock(long epoch) {
    return exclusively(
        "trying the lock of epoch " + epoch,
        () -> {
          if (!held.contains(epoch) && !locked("pg_try_advisory_lock(?)", epoch)) {
            return Optional.empty();
          }
          held.add(epoch);
          return Optional.of(self);
        });
  }

  /**
   * Asks for a lock in the process that this session began with; in another one, lent by a pooler
   * for a transaction, it would belong to nobody.
   */
  private boolean locked(String function, long epoch) throws SQLException {
    asked.add(epoch);
    boolean got = inOwnProcess(function, epoch).orElseThrow(this::lent);
    if (!got) {
      asked.remove(epoch);
    }
    return got;
  }

  /** Calls a function of one lock, which says nothing or whether it did; empty if it was not. */
  private Optional<Boolean> inOwnProcess(String function, long epoch) throws SQLException {
    return statements.first(
        "select " + function + "::text as got from " + OWN,
        row -> !row.text("got").equals("false"),
        Arguments.of(key(epoch), self.backendPid(), self.backendStart()));
  }

  private void noteLent() {
    lent = true;
    database.settle(database.pool(), ConnectionKind.TRANSACTION_POOLER);
  }

  private SQLException lent() {
    noteLent();
    return new SQLException("the pooler has lent this session's process to others", "08006");
  }

  @Override
  public boolean awaitLock(long epoch, Duration slice) {
    return exclusively(
        "waiting for the lock of epoch " + epoch,
        () -> {
          if (held.contains(epoch)) {
            return true;
          }
          statements.script("set lock_timeout = " + Math.max(1, slice.toMillis()));
          try {
            boolean got = locked("pg_advisory_lock(?)", epoch);
            held.add(epoch);
            return got;
          } catch (SQLException e) {
            if (SqlFailure.is(e, SqlFailure.LOCK_NOT_AVAILABLE)) {
              asked.remove(epoch);
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

  @Override
  public void unlock(long epoch) {
    exclusively(
        "giving back the lock of epoch " + epoch,
        () -> {
          if (!held.remove(epoch)) {
            return false;
          }
          Optional<Boolean> given = inOwnProcess("pg_advisory_unlock(?)", epoch);
          if (given.isEmpty()) {
            // Nothing of it is there to give back, and what is there belongs to somebody else.
            noteLent();
            return false;
          }
          asked.remove(epoch);
          return given.get();
        });
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
      if (!lent && !connection.isClosed()) {
        tidyUp();
      }
      connection.close();
    } catch (SQLException e) {
      discard(connection);
    } finally {
      use.unlock();
    }
  }

  /**
   * Leaves a borrowed connection as it came, and what others have in its process alone.
   *
   * <p>In one transaction, which a pooler does not spread over two processes.
   */
  private void tidyUp() throws SQLException {
    connection.setAutoCommit(false);
    if (statements.any("select 1 from " + OWN, ownProcess())) {
      List<String> keys = asked.stream().map(epoch -> Long.toString(key(epoch))).toList();
      statements.any(UNLOCK, Arguments.of(keys));
      statements.script("unlisten " + Sql.CHANNEL);
      statements.script("reset client_connection_check_interval");
    }
    connection.commit();
    connection.setAutoCommit(true);
  }

  private Arguments ownProcess() {
    return Arguments.of(self.backendPid(), self.backendStart());
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
