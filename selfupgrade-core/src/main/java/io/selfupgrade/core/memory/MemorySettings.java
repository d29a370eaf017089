package io.selfupgrade.core.memory;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.memory.Tier;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * How an agent remembers.
 *
 * @param lives how long tiers live that do not live as long as by default
 * @param model what makes vectors of texts; empty: nothing does
 * @param shared the namespace that is shared with other agents; empty: none
 */
public record MemorySettings(
    Map<Tier, Duration> lives, Optional<EmbeddingModel> model, Optional<AgentName> shared) {

  /** Copies. */
  public MemorySettings {
    lives = Map.copyOf(lives);
    Objects.requireNonNull(model, "model");
    Objects.requireNonNull(shared, "shared");
  }

  /** Returns how long a memory of a tier lives; empty: for ever. */
  Optional<Duration> life(Tier tier) {
    return Optional.ofNullable(lives.get(tier)).or(tier::life);
  }
}
