package io.selfupgrade.core.upgrade;

import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.InstanceId;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.Lock;

/** What the pipeline needs of the rest of the agent: who leads, and the steps of a hand-over. */
public interface PrimarySide {

  /** Returns this instance's fence while it leads for certain. */
  Optional<Fence> fence();

  /**
   * Returns what whoever hands the lead over holds from closing the admission to the end of it: a
   * restart and an upgrade take turns.
   */
  Lock turn();

  /** Takes no new work from now on; returns at once. */
  void closeAdmission();

  /** Waits for running work, gives the rest back and stops the host's exclusive work. */
  void drain(Duration longest);

  /** Notes that the lead of this fence has been handed over. */
  void given(Fence fence);

  /** Takes work up again after a hand-over that did not happen. */
  void resume();

  /** Notes that this instance has taken the lead back. */
  void taken(Fence fence);

  /** Tells whether an instance is dead for certain. */
  boolean attestedDead(InstanceId instance);

  /** Ends this agent, because another version has taken its place; returns at once. */
  void leave();
}
