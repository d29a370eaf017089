package io.selfupgrade.core.upgrade;

import io.selfupgrade.upgrade.ReleaseSource;
import io.selfupgrade.upgrade.Trust;
import io.selfupgrade.upgrade.UpgradeListener;
import io.selfupgrade.upgrade.UpgradeTimes;
import java.time.Duration;
import java.util.List;
import java.util.Objects;

/**
 * How an agent upgrades itself.
 *
 * @param source where releases are found
 * @param trust whose releases are accepted
 * @param policy which releases it goes to, and who is asked
 * @param times the times of an upgrade
 * @param ttl time to live of the lease
 * @param checks the host's own checks
 * @param listeners who hears what happens
 */
public record UpgradeSettings(
    ReleaseSource source,
    Trust trust,
    Policy policy,
    UpgradeTimes times,
    Duration ttl,
    Checks checks,
    List<UpgradeListener> listeners) {

  /** Validates and copies. */
  public UpgradeSettings {
    Objects.requireNonNull(source, "source");
    Objects.requireNonNull(trust, "trust");
    Objects.requireNonNull(policy, "policy");
    Objects.requireNonNull(times, "times");
    Objects.requireNonNull(ttl, "ttl");
    Objects.requireNonNull(checks, "checks");
    listeners = List.copyOf(listeners);
  }
}
