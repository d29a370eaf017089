package io.selfupgrade.agent;

import java.util.Objects;

/**
 * The right of one instance to write as the primary: agent, holder and epoch of its leadership.
 *
 * <p>Every protected write names its fence, and the store checks it in the same statement: a write
 * of an instance that no longer leads changes nothing.
 *
 * @param agent the agent that is led
 * @param holder the instance that leads
 * @param epoch the number of this leadership, at least 1, greater by 1 at each take-over
 */
public record Fence(AgentName agent, InstanceId holder, long epoch) {

  /** Validates the parts. */
  public Fence {
    Objects.requireNonNull(agent, "agent");
    Objects.requireNonNull(holder, "holder");
    if (epoch < 1) {
      throw new IllegalArgumentException("epoch " + epoch + " is not usable: expected 1 or more");
    }
  }
}
