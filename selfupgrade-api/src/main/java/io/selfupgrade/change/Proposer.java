package io.selfupgrade.change;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.InstanceId;
import io.selfupgrade.agent.Version;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Who proposes, by which right, and where it is journalled.
 *
 * @param author the running agent
 * @param journal of its changes
 * @param fence the lead that it has at the moment; empty: it is not the primary
 * @param frozen why forward effects are stopped at the moment; empty: they are not
 */
public record Proposer(
    Author author,
    ChangeStore journal,
    Supplier<Optional<Fence>> fence,
    Supplier<Optional<String>> frozen) {

  /** Validates that all are there. */
  public Proposer {
    Objects.requireNonNull(author, "author");
    Objects.requireNonNull(journal, "journal");
    Objects.requireNonNull(fence, "fence");
    Objects.requireNonNull(frozen, "frozen");
  }

  /** Returns why nothing may be done at the moment. */
  public Optional<ChangeResult.Refused> stopped() {
    if (fence.get().isEmpty()) {
      return Optional.of(
          new ChangeResult.Refused(
              ChangeRefusal.NOT_PRIMARY,
              "this instance is not the primary, which alone proposes changes: call it there, or"
                  + " wait until role() is PRIMARY"));
    }
    return frozen
        .get()
        .map(
            why ->
                new ChangeResult.Refused(
                    ChangeRefusal.FROZEN,
                    "forward effects are frozen: " + why + "; call unfreeze()"));
  }

  /** The running agent. */
  public record Author(AgentName agent, Version version, InstanceId instance) {
    /** Validates that all are there. */
    public Author {
      Objects.requireNonNull(agent, "agent");
      Objects.requireNonNull(version, "version");
      Objects.requireNonNull(instance, "instance");
    }
  }
}
