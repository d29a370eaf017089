package io.selfupgrade.failover;

import io.selfupgrade.agent.Fence;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;

/** What an attempt to take the lead gave; closed. */
public sealed interface Acquisition {

  /**
   * The instance leads.
   *
   * @param fence its fence
   * @param goingBack the upgrade that the same transaction moved to ROLLING_BACK, if it did
   */
  record Acquired(Fence fence, Optional<UUID> goingBack) implements Acquisition {
    /** Validates the parts. */
    public Acquired {
      Objects.requireNonNull(fence, "fence");
      Objects.requireNonNull(goingBack, "goingBack");
    }
  }

  /**
   * Someone else leads, or this instance has to wait.
   *
   * @param lease the row as it is; empty if there is none
   * @param why a sentence for people
   */
  record Denied(Optional<Lease> lease, String why) implements Acquisition {
    /** Validates the parts. */
    public Denied {
      Objects.requireNonNull(lease, "lease");
      Objects.requireNonNull(why, "why");
    }
  }
}
