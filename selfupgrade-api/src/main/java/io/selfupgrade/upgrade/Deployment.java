package io.selfupgrade.upgrade;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Version;
import java.util.Objects;
import java.util.UUID;

/**
 * A wish that a version of an agent run on a platform.
 *
 * @param id names it, the same however often it is told
 * @param agent whose version it is
 * @param version the version that is confirmed
 */
public record Deployment(UUID id, AgentName agent, Version version) {

  /** Validates that all are there. */
  public Deployment {
    Objects.requireNonNull(id, "id");
    Objects.requireNonNull(agent, "agent");
    Objects.requireNonNull(version, "version");
  }
}
