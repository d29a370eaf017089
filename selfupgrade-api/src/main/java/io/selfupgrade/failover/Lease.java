package io.selfupgrade.failover;

import io.selfupgrade.agent.Fence;
import java.time.Duration;
import java.util.Objects;

/**
 * The leadership row as it was read.
 *
 * @param fence who leads, at which epoch
 * @param remaining time to its expiry on the store's clock, negative when it has expired
 * @param lockHeld whether the holder's session holds the advisory lock of this epoch
 */
public record Lease(Fence fence, Duration remaining, boolean lockHeld) {

  /** Validates the parts. */
  public Lease {
    Objects.requireNonNull(fence, "fence");
    Objects.requireNonNull(remaining, "remaining");
  }

  /** Tells whether the lease had expired when it was read. */
  public boolean expired() {
    return remaining.isNegative();
  }
}
