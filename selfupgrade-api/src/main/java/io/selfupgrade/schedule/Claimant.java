package io.selfupgrade.schedule;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.InstanceId;
import java.util.Objects;
import java.util.Optional;

/**
 * Who claims runs: the primary under its fence, or an instance that merely serves.
 *
 * @param agent whose runs
 * @param instance who runs them
 * @param fence of its leadership; empty: it claims runs of {@link Scope#ALL} only
 */
public record Claimant(AgentName agent, InstanceId instance, Optional<Fence> fence) {

  /** Validates the parts. */
  public Claimant {
    Objects.requireNonNull(agent, "agent");
    Objects.requireNonNull(instance, "instance");
    Objects.requireNonNull(fence, "fence");
  }

  /** Returns the primary. */
  public static Claimant primary(Fence fence) {
    return new Claimant(fence.agent(), fence.holder(), Optional.of(fence));
  }

  /** Returns an instance that is registered and has not stopped. */
  public static Claimant member(AgentName agent, InstanceId instance) {
    return new Claimant(agent, instance, Optional.empty());
  }

  /** Tells whether it claims runs of that scope. */
  public boolean serves(Scope scope) {
    return fence.isPresent() || scope == Scope.ALL;
  }
}
