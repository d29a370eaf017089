package io.selfupgrade.core.failover;

import io.selfupgrade.agent.InstanceId;
import io.selfupgrade.failover.InstanceRecord;
import java.time.Duration;
import java.util.Objects;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * Who takes part in an election, and how.
 *
 * @param who this instance as it takes part at the moment; only its trial may change
 * @param ttl time to live of the lease, 300 ms or more; default 10 s
 * @param attestedDead tells without a database whether the launcher attests that an instance is
 *     dead
 */
public record ElectionSettings(
    Supplier<InstanceRecord> who, Duration ttl, Predicate<InstanceId> attestedDead) {

  /** The default time to live of a lease. */
  public static final Duration DEFAULT_TTL = Duration.ofSeconds(10);

  private static final Duration SHORTEST_TTL = Duration.ofMillis(300);

  /**
   * Validates the parts.
   *
   * @throws IllegalArgumentException if the time to live is below 300 ms
   */
  public ElectionSettings {
    Objects.requireNonNull(who, "who");
    Objects.requireNonNull(ttl, "ttl");
    Objects.requireNonNull(attestedDead, "attestedDead");
    if (ttl.compareTo(SHORTEST_TTL) < 0) {
      throw new IllegalArgumentException(
          "lease time " + ttl + " is not usable: expected " + SHORTEST_TTL + " or more");
    }
  }

  InstanceRecord self() {
    return who.get();
  }

  Duration third() {
    return ttl.dividedBy(3);
  }
}
