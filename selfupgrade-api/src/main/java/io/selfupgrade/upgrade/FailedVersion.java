package io.selfupgrade.upgrade;

import io.selfupgrade.agent.Version;
import java.time.Instant;
import java.util.Objects;

/**
 * A version that is not tried again: it failed by its own fault, or three times inconclusively.
 *
 * @param version the version
 * @param manifestSha256 which build of it; another build may be tried
 * @param reason why
 * @param at when it was listed, on the store's clock
 */
public record FailedVersion(Version version, String manifestSha256, Reason reason, Instant at) {

  /** Validates the parts. */
  public FailedVersion {
    Objects.requireNonNull(version, "version");
    Objects.requireNonNull(manifestSha256, "manifestSha256");
    Objects.requireNonNull(reason, "reason");
    Objects.requireNonNull(at, "at");
  }
}
