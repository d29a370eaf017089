package io.selfupgrade.schedule;

import io.selfupgrade.agent.Fence;
import java.time.Instant;
import java.util.Objects;
import java.util.UUID;

/**
 * The right to run one tick: valid while the ledger says that this attempt is running.
 *
 * @param run id of the ledger's row, the same for every attempt
 * @param task the task's name
 * @param due the tick
 * @param attempt 1 or more
 * @param fence under which it was claimed
 */
public record RunClaim(UUID run, String task, Instant due, int attempt, Fence fence) {

  /** Validates the parts. */
  public RunClaim {
    Objects.requireNonNull(run, "run");
    Objects.requireNonNull(task, "task");
    Objects.requireNonNull(due, "due");
    Objects.requireNonNull(fence, "fence");
    if (attempt < 1) {
      throw new IllegalArgumentException("attempt " + attempt + ": expected 1 or more");
    }
  }
}
