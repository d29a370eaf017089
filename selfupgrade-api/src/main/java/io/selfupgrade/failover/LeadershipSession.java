package io.selfupgrade.failover;

import java.time.Duration;
import java.util.Optional;

/**
 * A session with the store, for speed only: everything is correct without it.
 *
 * <p>Used by one thread at a time, except {@link #close}.
 *
 * <p><b>Obligations</b>, checked by the contract in testkit:
 *
 * <ol>
 *   <li>{@link #tryLock} never blocks; of two sessions one gets the lock of an epoch.
 *   <li>The lock is free as soon as the session that held it is closed or its process is dead.
 *   <li>{@link #await} returns true soon after {@link #signal} of any session of the same agent,
 *       and false after the time.
 *   <li>A broken session throws {@link io.selfupgrade.agent.AdapterException} from then on.
 * </ol>
 *
 * <p>A store may keep no sessions, as one behind a pooler in transaction mode. What it opens gets
 * no lock, and hears its own wake-ups and those of the same handle on the store alone; the other
 * obligations hold.
 */
public interface LeadershipSession extends AutoCloseable {

  /** Tries to take the lock of an epoch. */
  Optional<SessionLock> tryLock(long epoch);

  /** Waits for the lock of an epoch for a slice of time; true if it was got. */
  boolean awaitLock(long epoch, Duration slice);

  /** Gives the lock of an epoch back; no effect if it is not held. */
  void unlock(long epoch);

  /** Waits for a wake-up; true if one came. */
  boolean await(Duration longest);

  /** Wakes all sessions of the agent. */
  void signal();

  /** Ends the session and frees its lock. */
  @Override
  void close();
}
