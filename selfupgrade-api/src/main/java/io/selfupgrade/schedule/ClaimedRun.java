package io.selfupgrade.schedule;

import io.selfupgrade.agent.Json;
import java.util.Objects;

/**
 * A run that was claimed, with what running it takes.
 *
 * @param claim the right to run it
 * @param payload what its handler gets
 * @param failures how often it failed before
 */
public record ClaimedRun(RunClaim claim, Json payload, int failures) {

  /** Validates the parts. */
  public ClaimedRun {
    Objects.requireNonNull(claim, "claim");
    Objects.requireNonNull(payload, "payload");
    if (failures < 0) {
      throw new IllegalArgumentException("failures " + failures + ": expected 0 or more");
    }
  }
}
