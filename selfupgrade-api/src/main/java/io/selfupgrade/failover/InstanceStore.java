package io.selfupgrade.failover;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.InstanceId;
import java.util.List;
import java.util.Optional;

/**
 * The instances of agents, each stamped by itself.
 *
 * <p><b>Obligations</b>, checked by the contract in testkit:
 *
 * <ol>
 *   <li>{@link #register} is idempotent and counts as a heartbeat.
 *   <li>{@link #heartbeat} returns false for an instance that is not registered.
 *   <li>{@link #ready} notes the epoch at which an instance began to act; no effect when the fence
 *       does not hold.
 *   <li>{@link #stopped} may be called more than once, and for an instance that never registered.
 * </ol>
 */
public interface InstanceStore {

  /** Registers an instance. */
  void register(InstanceRecord instance);

  /** Gives a sign of life. */
  boolean heartbeat(InstanceId instance);

  /** Notes that the holder of the fence is ready to act at its epoch. */
  boolean ready(Fence fence);

  /** Notes that an instance ends, or is attested dead. */
  void stopped(InstanceId instance);

  /** Returns one instance. */
  Optional<InstanceStatus> find(InstanceId instance);

  /** Returns the agent's instances that have not stopped, newest first. */
  List<InstanceStatus> living(AgentName agent);
}
