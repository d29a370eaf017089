package io.selfupgrade.supabase;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.agent.AgentName;
import io.selfupgrade.failover.LeadershipSession;
import io.selfupgrade.failover.SessionLock;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Stands for a session behind a pooler that keeps none: no connection, no lock, and of all wake-ups
 * those of this store alone. Its own are told to the sessions of others.
 */
final class NoSession implements LeadershipSession {

  private static final String PORT = "LeadershipSession";

  private final Database database;
  private final AgentName agent;
  private boolean signalled;
  private boolean closed;

  private NoSession(Database database, AgentName agent) {
    this.database = database;
    this.agent = agent;
  }

  static NoSession open(Database database, AgentName agent) {
    NoSession session = new NoSession(database, agent);
    database.add(session);
    return session;
  }

  @Override
  public synchronized Optional<SessionLock> tryLock(long epoch) {
    requireOpen();
    return Optional.empty();
  }

  @Override
  public boolean awaitLock(long epoch, Duration slice) {
    await(slice);
    return false;
  }

  @Override
  public synchronized void unlock(long epoch) {
    requireOpen();
  }

  @Override
  public synchronized boolean await(Duration longest) {
    long end = System.nanoTime() + longest.toNanos();
    long left = end - System.nanoTime();
    try {
      requireOpen();
      while (!signalled && left > 0) {
        TimeUnit.NANOSECONDS.timedWait(this, left);
        requireOpen();
        left = end - System.nanoTime();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
    boolean heard = signalled;
    signalled = false;
    return heard;
  }

  @Override
  public void signal() {
    synchronized (this) {
      requireOpen();
    }
    database.call(
        PORT,
        "waking the sessions of " + agent,
        pooled -> pooled.any(Sql.NOTIFY, Arguments.of(agent)));
    database.wake(agent);
  }

  /** Takes a wake-up in that is meant for an agent. */
  synchronized void hear(AgentName woken) {
    if (woken.equals(agent)) {
      signalled = true;
      notifyAll();
    }
  }

  @Override
  public void close() {
    synchronized (this) {
      closed = true;
      notifyAll();
    }
    database.remove(this);
  }

  private void requireOpen() {
    if (closed) {
      throw new AdapterException(
          PORT, "the session of " + agent + " is closed: open another", true, null);
    }
  }
}
