package io.selfupgrade.upgrade;

import io.selfupgrade.agent.Version;
import java.util.Objects;

/**
 * A newer, trusted, acceptable release: what {@code checkForUpdates()} found.
 *
 * @param running the version that runs
 * @param release the verified manifest of the newer one
 */
public record UpdateAvailable(Version running, Release release) {

  /** Validates the parts. */
  public UpdateAvailable {
    Objects.requireNonNull(running, "running");
    Objects.requireNonNull(release, "release");
  }
}
