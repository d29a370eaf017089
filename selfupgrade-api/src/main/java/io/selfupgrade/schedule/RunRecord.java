package io.selfupgrade.schedule;

import java.time.Instant;
import java.util.Objects;
import java.util.Optional;

/**
 * One tick in the ledger.
 *
 * @param claim run, task, tick, attempt and the fence of the last attempt
 * @param state how it stands
 * @param startedAt start of the last attempt, on the store's clock
 * @param finishedAt its end, on the store's clock; empty while it runs or waits
 * @param error what the last attempt failed with; empty if it did not
 */
public record RunRecord(
    RunClaim claim, State state, Instant startedAt, Optional<Instant> finishedAt, String error) {

  /** Validates the parts. */
  public RunRecord {
    Objects.requireNonNull(claim, "claim");
    Objects.requireNonNull(state, "state");
    Objects.requireNonNull(startedAt, "startedAt");
    Objects.requireNonNull(finishedAt, "finishedAt");
    Objects.requireNonNull(error, "error");
  }

  /** How a tick stands. */
  public enum State {
    /** Given back or lost: waits for the next attempt. */
    WAITING,
    /** Claimed. */
    RUNNING,
    /** Done. */
    SUCCEEDED,
    /** Its handler threw. */
    FAILED,
    /** Not run, by the task's policy. */
    SKIPPED
  }
}
