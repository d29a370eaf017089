package io.selfupgrade.launcher;

import java.time.Duration;
import java.util.Objects;
import java.util.UUID;

/**
 * What was asked for by {@code try}: a version on trial, and for how long.
 *
 * @param version the version that is tried
 * @param upgrade the upgrade that it belongs to
 * @param epoch the epoch of the last decision that was obeyed for this upgrade
 * @param limit the run time after hand-over without a decision after which it is stopped
 */
public record Trial(String version, UUID upgrade, long epoch, Duration limit) {
  /**
   * Checks the values.
   *
   * @throws IllegalArgumentException if the version is no version name or the limit is not positive
   */
  public Trial {
    Objects.requireNonNull(upgrade, "upgrade");
    if (!Home.isVersion(version)) {
      throw new IllegalArgumentException("Not a version name: '" + version + "'");
    }
    if (limit.isNegative() || limit.isZero()) {
      throw new IllegalArgumentException("The limit of a trial must be positive, not " + limit);
    }
  }
}
