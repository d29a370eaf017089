package io.selfupgrade.core.failover;

import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.InstanceId;
import java.util.Objects;
import java.util.Optional;

/**
 * How this instance came to lead.
 *
 * @param fence its fence
 * @param way by what
 * @param attestedDead the holder before, if it is dead for certain
 */
public record Promotion(Fence fence, Way way, Optional<InstanceId> attestedDead) {

  /** Validates the parts. */
  public Promotion {
    Objects.requireNonNull(fence, "fence");
    Objects.requireNonNull(way, "way");
    Objects.requireNonNull(attestedDead, "attestedDead");
  }

  /** By what an instance came to lead. */
  public enum Way {
    /** It took a lease that was free, expired, early or by attestation. */
    ACQUIRED,
    /** The old primary handed over to it. */
    TRANSFERRED,
    /** It took the lead back from a candidate. */
    TAKEN_BACK
  }
}
