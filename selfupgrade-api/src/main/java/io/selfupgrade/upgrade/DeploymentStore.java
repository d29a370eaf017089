package io.selfupgrade.upgrade;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.Version;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;

/**
 * The journal of deployments: a row before the platform is asked, its end after.
 *
 * <p><b>Obligations</b>, checked by the contract in testkit:
 *
 * <ol>
 *   <li>At most one deployment of an agent is begun and not settled. {@link #begin} returns it
 *       again if it is of the same version and target, else it is superseded by the new one.
 *   <li>A deployment that the caller names is begun once: whoever names it again gets it as it is.
 *       {@link #find} returns each by its name, that of its agent only.
 *   <li>{@link #settle} ends a deployment once; one that has ended stays as it is.
 *   <li>None of them changes anything when the fence does not hold.
 * </ol>
 */
public interface DeploymentStore {

  /**
   * Begins a deployment, or goes on with the same one.
   *
   * @param target the platform's name
   * @return empty if the fence does not hold
   */
  Optional<Deployment> begin(Fence fence, Version version, String target);

  /**
   * Begins a deployment of that name, or returns how far it has come.
   *
   * @param deployment its id tells it from all others
   * @param target the platform's name
   * @return empty if the fence does not hold
   */
  Optional<Entry> begin(Fence fence, Deployment deployment, String target);

  /**
   * Ends a deployment that was begun.
   *
   * @param note the reference, or why it failed
   * @return false if the fence does not hold or it has ended
   */
  boolean settle(Fence fence, UUID deployment, State state, String note);

  /** Returns a deployment of an agent; empty if none of that name was begun. */
  Optional<Entry> find(AgentName agent, UUID deployment);

  /** Returns the deployments of an agent, newest first. */
  List<Entry> history(AgentName agent, int limit);

  /** How far a deployment has come. */
  enum State {
    /** The platform is asked, or may have been. */
    BEGUN,
    /** The platform has accepted. */
    DISPATCHED,
    /** The platform has refused. */
    FAILED,
    /** Another version or platform was asked for before this one was settled. */
    SUPERSEDED
  }

  /**
   * A row of the journal.
   *
   * @param deployment what was asked for
   * @param target the platform's name
   * @param state how far it has come
   * @param note the reference, or why it failed; empty while it is begun
   * @param createdAt when it was begun, on the store's clock
   */
  record Entry(Deployment deployment, String target, State state, String note, Instant createdAt) {
    /** Validates that all are there. */
    public Entry {
      Objects.requireNonNull(deployment, "deployment");
      Objects.requireNonNull(target, "target");
      Objects.requireNonNull(state, "state");
      Objects.requireNonNull(note, "note");
      Objects.requireNonNull(createdAt, "createdAt");
    }
  }
}
