package io.selfupgrade.core.observe;

import io.selfupgrade.agent.Fence;
import io.selfupgrade.observe.AgentMetrics;
import java.time.Duration;
import java.util.Optional;

/**
 * What the rest of the agent knows of itself. Answers at once, from memory or a file's presence.
 */
public interface Surroundings {

  /** Returns how long ago the agent was started; empty before. */
  Optional<Duration> uptime();

  /** Tells whether the store was opened and knows this instance. */
  boolean connected();

  /** Returns this instance's fence while it leads and can prove it. */
  Optional<Fence> fence();

  /** Returns what the freeze flag of the home says; empty if it is not there. */
  Optional<String> frozenHere();

  /** Returns why the host's exclusive work does not run although it should; empty if it does. */
  Optional<String> workFailure();

  /** Returns what the tasks' runs counted. */
  AgentMetrics.Ticks ticks();
}
