package io.selfupgrade.failover;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.InstanceId;
import java.time.Duration;
import java.util.Optional;

/**
 * The leadership row.
 *
 * <p><b>Obligations</b>, checked by the contract in testkit:
 *
 * <ol>
 *   <li>Of any number of instances that acquire at once, one gets the lead.
 *   <li>Each acquisition's epoch is greater by one than the last; the first is 1 and also writes
 *       the instance's version as confirmed.
 *   <li>Only the store's clock judges expiry.
 *   <li>{@link #acquire} follows {@link Succession}, reading the open upgrade in its own
 *       transaction; where Succession says so it moves that upgrade to ROLLING_BACK in the same
 *       transaction.
 *   <li>{@link #renew} returns true only while holder and epoch are unchanged and the lease has not
 *       expired, and writes the primary's heartbeat in the same statement.
 *   <li>A fence of a lost epoch never renews, and never passes as the fence of another write.
 *   <li>{@link #release} ends the lease at once and changes neither holder nor epoch.
 *   <li>{@link #transfer} passes the lead only to a registered instance of the agent that has not
 *       stopped and is of the confirmed version, and only while no upgrade is open.
 * </ol>
 *
 * <p>Every method throws {@link io.selfupgrade.agent.AdapterException} when the store cannot be
 * reached; the caller is then unsure, which is not the same as having lost.
 */
public interface LeadershipStore {

  /** Reads the row; empty before the first primary. */
  Optional<Lease> read(AgentName agent);

  /**
   * Tries to take the lead.
   *
   * @param candidate the registered instance that tries
   * @param way what it claims
   * @param ttl time to live of the lease
   */
  Acquisition acquire(InstanceRecord candidate, TakeOver way, Duration ttl);

  /**
   * Renews the lease together with the heartbeat.
   *
   * @param fence the caller's
   * @param ttl time to live from now
   * @param lock the session that holds the lock of this epoch; empty says that none does
   * @return whether the caller still leads
   */
  boolean renew(Fence fence, Duration ttl, Optional<SessionLock> lock);

  /**
   * Gives the lead to another instance by name, at the next epoch.
   *
   * @param fence the caller's
   * @param to who is to lead
   * @param ttl time to live of the receiver's lease from now
   * @return the receiver's fence; empty if nothing has changed
   */
  Optional<Fence> transfer(Fence fence, InstanceId to, Duration ttl);

  /** Ends the lease of an instance that stops; false if it was lost before. */
  boolean release(Fence fence);

  /**
   * Opens a session for the advisory lock and for wake-ups of this agent.
   *
   * @return a session; where the store has none, one whose lock is never held and that only waits
   */
  LeadershipSession openSession(AgentName agent);
}
