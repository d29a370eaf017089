package io.selfupgrade.failover;

import java.time.Duration;
import java.time.Instant;
import java.util.Objects;

/**
 * An instance as the store knows it.
 *
 * @param record what it registered
 * @param epoch the last epoch at which it was ready as the primary; 0 if never
 * @param heartbeatAge time since its last sign of life, on the store's clock
 * @param stopped whether it said that it ends, or was attested dead
 * @param startedAt when it registered, on the store's clock
 */
public record InstanceStatus(
    InstanceRecord record, long epoch, Duration heartbeatAge, boolean stopped, Instant startedAt) {

  /** Validates the parts. */
  public InstanceStatus {
    Objects.requireNonNull(record, "record");
    Objects.requireNonNull(heartbeatAge, "heartbeatAge");
    Objects.requireNonNull(startedAt, "startedAt");
  }

  /** Tells whether the instance has not stopped and gave a sign of life within the time. */
  public boolean aliveWithin(Duration time) {
    return !stopped && heartbeatAge.compareTo(time) <= 0;
  }
}
