package io.selfupgrade.memory;

import io.selfupgrade.agent.AgentName;
import java.util.Objects;
import java.util.Optional;

/**
 * Whose memories are seen.
 *
 * @param agent the agent
 * @param shared the namespace that it shares with others, of the shape of an {@link AgentName}; its
 *     memories are nobody's own, and of an agent of that name none
 */
public record MemoryScope(AgentName agent, Optional<AgentName> shared) {
  /** Validates the parts. */
  public MemoryScope {
    Objects.requireNonNull(agent, "agent");
    Objects.requireNonNull(shared, "shared");
  }

  /** Makes the scope of an agent that shares nothing. */
  public static MemoryScope of(AgentName agent) {
    return new MemoryScope(agent, Optional.empty());
  }
}
