package io.selfupgrade.failover;

import java.time.Duration;
import java.util.Objects;

/**
 * Why and until when a {@link PrimaryWork} has to stop.
 *
 * @param reason why
 * @param remaining time that is left when {@code stop} is called; zero or less: at once
 */
public record Drain(Reason reason, Duration remaining) {

  /** Validates the parts. */
  public Drain {
    Objects.requireNonNull(reason, "reason");
    Objects.requireNonNull(remaining, "remaining");
  }

  /** Why the work stops. */
  public enum Reason {
    /** A successor is warm and takes over right after. */
    HAND_OVER,
    /** This process ends. */
    STOPPING,
    /** The lead was lost, or cannot be proved any more. */
    LEASE_LOST
  }
}
