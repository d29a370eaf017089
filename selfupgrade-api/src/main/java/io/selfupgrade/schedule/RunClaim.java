package io.selfupgrade.schedule;

import io.selfupgrade.agent.Fence;
import java.time.Instant;
import java.util.Objects;
import java.util.UUID;

/**
 * The right to run one tick or one-shot: valid while the ledger says that this attempt is running.
 *
 * @param run id of the ledger's row, the same for every attempt
 * @param kind what is run
 * @param task the task's name; of a one-shot its handler's
 * @param due the tick, or when the one-shot was due
 * @param attempt 1 or more
 * @param fence who claimed it, and the epoch at which that was; it gates nothing any more
 */
public record RunClaim(UUID run, Kind kind, String task, Instant due, int attempt, Fence fence) {

  /** Validates the parts. */
  public RunClaim {
    Objects.requireNonNull(run, "run");
    Objects.requireNonNull(kind, "kind");
    Objects.requireNonNull(task, "task");
    Objects.requireNonNull(due, "due");
    Objects.requireNonNull(fence, "fence");
    if (attempt < 1) {
      throw new IllegalArgumentException("attempt " + attempt + ": expected 1 or more");
    }
  }

  /** Makes the claim of a tick. */
  public RunClaim(UUID run, String task, Instant due, int attempt, Fence fence) {
    this(run, Kind.TICK, task, due, attempt, fence);
  }

  /** What is run. */
  public enum Kind {
    /** A due instant of a task. */
    TICK,
    /** Work that was submitted, with its own payload. */
    ONE_SHOT
  }
}
