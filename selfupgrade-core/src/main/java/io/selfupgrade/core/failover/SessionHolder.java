package io.selfupgrade.core.failover;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.agent.AgentName;
import io.selfupgrade.failover.LeadershipSession;
import io.selfupgrade.failover.SessionLock;
import io.selfupgrade.store.AgentStore;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The elector's session, opened when it is needed and again after it broke.
 *
 * <p>The session only makes things faster: without one, calls wait and find no lock.
 */
final class SessionHolder implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(SessionHolder.class);
  private static final Duration WITHOUT_SESSION = Duration.ofMillis(250);
  private static final Duration TRIAL = Duration.ofMillis(100);
  private static final int TRIALS = 5;

  private final AgentStore store;
  private final AgentName agent;
  private final Object guard = new Object();
  private @Nullable LeadershipSession session;
  private boolean closed;
  private volatile boolean fresh;

  SessionHolder(AgentStore store, AgentName agent) {
    this.store = store;
    this.agent = agent;
  }

  Optional<SessionLock> tryLock(long epoch) {
    LeadershipSession open = open();
    try {
      return open == null ? Optional.empty() : open.tryLock(epoch);
    } catch (AdapterException e) {
      broken(e);
      return Optional.empty();
    }
  }

  boolean awaitLock(long epoch, Duration slice) {
    LeadershipSession open = open();
    try {
      if (open != null) {
        return open.awaitLock(epoch, slice);
      }
    } catch (AdapterException e) {
      broken(e);
    }
    park(slice);
    return false;
  }

  void unlock(long epoch) {
    LeadershipSession open = open();
    try {
      if (open != null) {
        open.unlock(epoch);
      }
    } catch (AdapterException e) {
      broken(e);
    }
  }

  /** Waits for a wake-up; true if one came, or may have come unheard. */
  boolean await(Duration longest) {
    LeadershipSession open = open();
    try {
      if (open != null && fresh) {
        fresh = false;
        return true; // What was told before this session listened was not heard.
      }
      if (open != null) {
        return open.await(longest);
      }
    } catch (AdapterException e) {
      broken(e);
    }
    park(longest);
    return true;
  }

  /** Opens the session beforehand, so that nothing is told unheard from now on, and tries it. */
  void prepare() {
    LeadershipSession open = open();
    try {
      for (int trial = 0; open != null && trial < TRIALS; trial++) {
        open.signal();
        open.await(TRIAL);
      }
    } catch (AdapterException e) {
      broken(e);
    }
  }

  void discard() {
    LeadershipSession old;
    synchronized (guard) {
      old = session;
      session = null;
    }
    closeQuietly(old);
  }

  @Override
  public void close() {
    synchronized (guard) {
      closed = true;
    }
    discard();
  }

  private @Nullable LeadershipSession open() {
    synchronized (guard) {
      if (closed || session != null) {
        return session;
      }
    }
    LeadershipSession opened;
    try {
      opened = store.leadership().openSession(agent);
    } catch (AdapterException e) {
      LOG.debug("no session, going on without one", e);
      return null;
    }
    synchronized (guard) {
      if (!closed) {
        session = opened;
        fresh = true;
        return opened;
      }
    }
    closeQuietly(opened);
    return null;
  }

  private void broken(AdapterException trouble) {
    LOG.debug("session broke, opening another", trouble);
    discard();
  }

  private static void closeQuietly(@Nullable LeadershipSession old) {
    if (old != null) {
      try {
        old.close();
      } catch (AdapterException e) {
        LOG.debug("closing a broken session", e);
      }
    }
  }

  private static void park(Duration longest) {
    LockSupport.parkNanos(Math.min(longest.toNanos(), WITHOUT_SESSION.toNanos()));
  }
}
