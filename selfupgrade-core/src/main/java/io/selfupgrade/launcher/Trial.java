package io.selfupgrade.launcher;

import java.io.IOException;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;

/**
 * What was asked for by {@code try}: a version on trial, and for how long.
 *
 * @param version the version that is tried
 * @param upgrade the upgrade that it belongs to
 * @param epoch the epoch of the last decision that was obeyed for this upgrade
 * @param limit the run time after hand-over without a decision after which it is stopped
 * @param alone the instance that is to lead, if the version runs in the place of the confirmed one
 *     and not beside it; else empty
 */
public record Trial(
    String version, UUID upgrade, long epoch, Duration limit, Optional<UUID> alone) {
  /**
   * Checks the values.
   *
   * @throws IllegalArgumentException if the version is no version name or the limit is not positive
   */
  public Trial {
    Objects.requireNonNull(upgrade, "upgrade");
    Objects.requireNonNull(alone, "alone");
    if (!Home.isVersion(version)) {
      throw new IllegalArgumentException("Not a version name: '" + version + "'");
    }
    if (limit.isNegative() || limit.isZero()) {
      throw new IllegalArgumentException("The limit of a trial must be positive, not " + limit);
    }
  }

  /** Returns the trial as a decision of a later epoch leaves it. */
  Trial at(long later) {
    return new Trial(version, upgrade, Math.max(epoch, later), limit, alone);
  }

  /** Reads a trial out of a request or of the candidate's record. */
  static Trial read(StateFile state) throws IOException {
    return new Trial(
        state.requireText("version"),
        state.requireUuid("upgrade"),
        state.requireNumber("epoch"),
        Duration.ofMillis(state.requireNumber("limitMillis")),
        state.text("alone").isPresent()
            ? Optional.of(state.requireUuid("alone"))
            : Optional.empty());
  }
}
