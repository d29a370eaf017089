package io.selfupgrade.schedule;

import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;

/**
 * One tick or one-shot in the ledger.
 *
 * @param claim run, task, tick, attempt and the fence of the last attempt
 * @param state how it stands
 * @param startedAt start of the last attempt, on the store's clock
 * @param finishedAt its end, on the store's clock; empty while it runs or waits
 * @param error what the last attempt failed with; empty if it did not
 * @param quarantined whether it was set aside after failing too often; it is FAILED then
 */
public record RunRecord(
    RunClaim claim,
    State state,
    Instant startedAt,
    Optional<Instant> finishedAt,
    String error,
    boolean quarantined) {

  /** Validates the parts. */
  public RunRecord {
    Objects.requireNonNull(claim, "claim");
    Objects.requireNonNull(state, "state");
    Objects.requireNonNull(startedAt, "startedAt");
    Objects.requireNonNull(finishedAt, "finishedAt");
    Objects.requireNonNull(error, "error");
  }

  /** Returns how long the last attempt took; empty while it runs or waits. */
  public Optional<Duration> took() {
    return finishedAt.map(end -> Duration.between(startedAt, end));
  }

  /** How a run stands. */
  public enum State {
    /** Given back, lost, or failed and to be tried again: waits for the next attempt. */
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
