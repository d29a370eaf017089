package io.selfupgrade.failover;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.InstanceId;
import io.selfupgrade.agent.Version;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;

/**
 * A running process of an agent as it registers itself.
 *
 * @param id its identity
 * @param agent its agent
 * @param version its version
 * @param build SHA-256 of its release's manifest; empty if it was not started from a slot
 * @param trial the upgrade that it was started for as the candidate; empty for any other instance
 * @param launched whether a launcher started it
 * @param place host and process id, for people
 */
public record InstanceRecord(
    InstanceId id,
    AgentName agent,
    Version version,
    String build,
    Optional<UUID> trial,
    boolean launched,
    String place) {

  /** Validates the parts. */
  public InstanceRecord {
    Objects.requireNonNull(id, "id");
    Objects.requireNonNull(agent, "agent");
    Objects.requireNonNull(version, "version");
    Objects.requireNonNull(build, "build");
    Objects.requireNonNull(trial, "trial");
    Objects.requireNonNull(place, "place");
  }
}
