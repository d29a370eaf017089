package io.selfupgrade.testkit;

import io.selfupgrade.agent.Fence;
import io.selfupgrade.schedule.RunClaim;
import io.selfupgrade.schedule.RunRecord;
import java.time.Instant;
import java.util.Optional;

/** One tick in the ledger of an in-memory store; guarded by the state's lock. */
final class RunRow {

  RunClaim claim;
  RunRecord.State state;
  private Instant startedAt;
  private Optional<Instant> finishedAt = Optional.empty();
  private String error = "";

  RunRow(RunClaim claim, Instant now) {
    this.claim = claim;
    this.state = RunRecord.State.RUNNING;
    this.startedAt = now;
  }

  boolean isRunning() {
    return state == RunRecord.State.RUNNING;
  }

  /** Tells whether the claim is the attempt that runs. */
  boolean isRunningAs(RunClaim attempt) {
    return isRunning() && claim.run().equals(attempt.run()) && claim.attempt() == attempt.attempt();
  }

  boolean endedAfter(Instant moment) {
    return finishedAt.filter(moment::isBefore).isPresent();
  }

  void end(RunRecord.State end, String why, Instant now) {
    state = end;
    error = why;
    finishedAt = Optional.of(now);
  }

  boolean endedBefore(Instant cutoff) {
    boolean open = state == RunRecord.State.RUNNING || state == RunRecord.State.WAITING;
    return !open && finishedAt.filter(cutoff::isAfter).isPresent();
  }

  void backToWaiting() {
    state = RunRecord.State.WAITING;
  }

  /** Begins the next attempt. */
  void runAgain(Fence fence, Instant now) {
    claim = new RunClaim(claim.run(), claim.task(), claim.due(), claim.attempt() + 1, fence);
    state = RunRecord.State.RUNNING;
    startedAt = now;
    error = "";
  }

  RunRecord record() {
    return new RunRecord(claim, state, startedAt, finishedAt, error);
  }
}
