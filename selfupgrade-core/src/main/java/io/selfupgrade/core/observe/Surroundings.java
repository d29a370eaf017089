package io.selfupgrade.core.observe;

import io.selfupgrade.agent.Fence;
import io.selfupgrade.observe.AgentMetrics;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * What the rest of the agent knows of itself. Answers at once, from memory or a file's presence,
 * but for those that say otherwise.
 */
public interface Surroundings {

  /** Returns how long ago the agent was started; empty before. */
  Optional<Duration> uptime();

  /** Tells whether the store was opened, whether or not it knows this instance. */
  boolean opened();

  /** Tells whether the store was opened and knows this instance. */
  boolean connected();

  /**
   * Tries to open the store, if nobody else in this agent does; called by the log's thread.
   *
   * @throws io.selfupgrade.agent.AdapterException if it cannot be reached or refuses
   */
  void connect();

  /** Tells whether this is a local instance, which never leads nor waits to. */
  boolean local();

  /** Returns this instance's fence while it leads and can prove it. */
  Optional<Fence> fence();

  /** Returns what the freeze flag of the home says; empty if it is not there. */
  Optional<String> frozenHere();

  /** Returns since when that flag is there; empty if it is not there or does not say. */
  Optional<Instant> frozenHereSince();

  /** Returns why the host's exclusive work does not run although it should; empty if it does. */
  Optional<String> workFailure();

  /**
   * Returns what is due and stands still, a sentence each; asks the store.
   *
   * @throws io.selfupgrade.agent.AdapterException if it cannot be reached
   */
  List<String> late();

  /**
   * Tells the log of the same, and releases claims that nobody carries out; asks the store.
   *
   * @throws io.selfupgrade.agent.AdapterException if it cannot be reached
   */
  void watchTicks(Fence fence);

  /** Returns what the tasks' runs counted. */
  AgentMetrics.Ticks ticks();
}
