package io.selfupgrade.supabase;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.agent.AgentName;
import io.selfupgrade.failover.LeadershipSession;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/** The open store's connections and the one place that runs statements on them. Thread-safe. */
final class Database {

  private static final int MOST_ATTEMPTS = 4;
  private static final long LONGEST_TURN_SECONDS = 60;

  /** A paused process must not hold a row that others wait for. */
  private static final String LIMITS =
      "set local lock_timeout = '5s'; set local statement_timeout = '30s';"
          + " set local idle_in_transaction_session_timeout = '3s'";

  private static final Logger LOG = LoggerFactory.getLogger(PostgresStore.class);

  private final Set<LeadershipSession> sessions = ConcurrentHashMap.newKeySet();
  private volatile @Nullable Pool pool;
  private volatile @Nullable ConnectionKind said;
  private volatile Semaphore hostTransactions = new Semaphore(0);

  /** Returns the connections. */
  Pool pool() {
    Pool open = pool;
    if (open == null) {
      throw new IllegalStateException("the store is not open: call open() first");
    }
    return open;
  }

  boolean isOpen() {
    return pool != null;
  }

  /**
   * Notes how Postgres is reached by a pool, and says so where it is news.
   *
   * <p>A direct connection from the beginning is what everybody expects.
   */
  void settle(Pool reached, ConnectionKind kind) {
    reached.settle(kind);
    if (said != kind) {
      boolean expected = said == null && kind == ConnectionKind.DIRECT;
      LOG.atLevel(expected ? Level.DEBUG : Level.INFO)
          .log("Postgres is reached through {}", kind.words());
      said = kind;
    }
  }

  /** Returns how Postgres is reached; empty as long as it has not been. */
  Optional<ConnectionKind> reached() {
    return Optional.ofNullable(said);
  }

  void opened(Pool opened) {
    hostTransactions = new Semaphore(opened.hostTransactions());
    pool = opened;
  }

  /**
   * Waits until a transaction of the host may take a connection.
   *
   * <p>One connection always stays for the store itself: slow work of the host must not cost the
   * lease.
   */
  HostTurn hostTurn() throws InterruptedException {
    pool();
    Semaphore turns = hostTransactions;
    if (!turns.tryAcquire(LONGEST_TURN_SECONDS, TimeUnit.SECONDS)) {
      throw new AdapterException(
          PostgresTaskStore.PORT,
          "no connection was free for "
              + LONGEST_TURN_SECONDS
              + " s: other tasks hold all of them; make their transactions shorter or the pool"
              + " larger with PostgresStore.poolSize",
          true,
          null);
    }
    return turns::release;
  }

  void close() {
    Pool open = pool;
    pool = null;
    sessions.forEach(LeadershipSession::close);
    if (open != null) {
      open.close();
    }
  }

  void add(LeadershipSession session) {
    sessions.add(session);
  }

  void remove(LeadershipSession session) {
    sessions.remove(session);
  }

  /** Wakes those of an agent's sessions here that no notification of the server reaches. */
  void wake(AgentName agent) {
    for (LeadershipSession session : sessions) {
      if (session instanceof NoSession deaf) {
        deaf.hear(agent);
      }
    }
  }

  /** Runs statements that each commit by themselves. */
  <T> T call(String port, String operation, Work<T> work) {
    return attempts(port, operation, connection -> work.run(new Statements(connection)));
  }

  /** Runs statements as one transaction, again if it collided with another. */
  <T> T transaction(String port, String operation, Work<T> work) {
    return attempts(
        port,
        operation,
        connection -> {
          connection.setAutoCommit(false);
          try {
            Statements statements = new Statements(connection);
            statements.script(LIMITS);
            T result = work.run(statements);
            connection.commit();
            return result;
          } catch (SQLException | RuntimeException | Error e) {
            rollback(connection, e);
            throw e;
          } finally {
            autoCommit(connection);
          }
        });
  }

  private <T> T attempts(String port, String operation, OnConnection<T> work) {
    for (int attempt = 1; ; attempt++) {
      try (Connection connection = pool().borrow()) {
        if (!connection.getAutoCommit()) {
          connection.setAutoCommit(true);
        }
        return work.run(connection);
      } catch (SQLException e) {
        if (attempt >= MOST_ATTEMPTS || !SqlFailure.collision(e)) {
          throw failure(port, operation, e);
        }
      }
    }
  }

  static AdapterException failure(String port, String operation, SQLException e) {
    return SqlFailure.of(port, operation, e);
  }

  /** Rolls back after a failure, which stays the one that is reported. */
  static void rollback(Connection connection, Throwable failure) {
    try {
      connection.rollback();
    } catch (SQLException e) {
      failure.addSuppressed(e);
    }
  }

  /** Ends the transaction mode; a connection that cannot is broken, and its next use says so. */
  static void autoCommit(Connection connection) {
    try {
      connection.setAutoCommit(true);
    } catch (SQLException ignored) {
      // What went wrong before is being reported, or the work is committed.
    }
  }

  /** The right of the host to hold a connection. */
  @FunctionalInterface
  interface HostTurn extends AutoCloseable {
    @Override
    void close();
  }

  /** Statements. */
  @FunctionalInterface
  interface Work<T> {
    /** Runs them. */
    T run(Statements statements) throws SQLException;
  }

  @FunctionalInterface
  private interface OnConnection<T> {
    T run(Connection connection) throws SQLException;
  }
}
