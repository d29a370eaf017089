package io.selfupgrade.testkit;

import io.selfupgrade.agent.Fence;
import io.selfupgrade.schedule.RunClaim;
import io.selfupgrade.schedule.RunEnd;
import io.selfupgrade.schedule.RunRecord;
import java.time.Instant;
import java.util.Optional;

/** One run in the ledger of an in-memory store; guarded by the state's lock. */
final class RunRow {

  RunClaim claim;
  RunRecord.State state = RunRecord.State.RUNNING;
  Instant ready;
  int failures;
  boolean quarantined;
  private Instant startedAt;
  private Optional<Instant> finishedAt = Optional.empty();
  private String error = "";

  /** A run that is claimed at once. */
  RunRow(RunClaim claim, Instant now) {
    this.claim = claim;
    this.startedAt = now;
    this.ready = now;
  }

  boolean isRunning() {
    return state == RunRecord.State.RUNNING;
  }

  boolean isWaiting() {
    return state == RunRecord.State.WAITING;
  }

  boolean isOpen() {
    return isRunning() || isWaiting();
  }

  /** Tells whether the claim is the attempt that runs. */
  boolean isRunningAs(RunClaim attempt) {
    return isRunning() && claim.run().equals(attempt.run()) && claim.attempt() == attempt.attempt();
  }

  boolean endedAfter(Instant moment) {
    return finishedAt.filter(moment::isBefore).isPresent();
  }

  /** Ends the attempt that runs. */
  void end(RunEnd end, Instant now) {
    error = end.error();
    if (end.how().again()) {
      state = RunRecord.State.WAITING;
      failures += end.how() == RunEnd.How.RETRY ? 1 : 0;
      ready = end.how() == RunEnd.How.RETRY ? now.plus(end.pause()) : ready;
    } else {
      boolean good = end.how() == RunEnd.How.SUCCEEDED;
      state = good ? RunRecord.State.SUCCEEDED : RunRecord.State.FAILED;
      quarantined = end.how() == RunEnd.How.QUARANTINED;
      finishedAt = Optional.of(now);
    }
  }

  void skip(Instant now) {
    state = RunRecord.State.SKIPPED;
    finishedAt = Optional.of(now);
  }

  boolean endedBefore(Instant cutoff) {
    return !isOpen() && finishedAt.filter(cutoff::isAfter).isPresent();
  }

  void backToWaiting() {
    state = RunRecord.State.WAITING;
  }

  /** Lets a run that was set aside wait again. */
  void release(Instant now) {
    backToWaiting();
    quarantined = false;
    failures = 0;
    finishedAt = Optional.empty();
    ready = now;
  }

  /** Begins the next attempt. */
  void runAgain(Fence fence, Instant now) {
    claim =
        new RunClaim(
            claim.run(), claim.kind(), claim.task(), claim.due(), claim.attempt() + 1, fence);
    state = RunRecord.State.RUNNING;
    startedAt = now;
    error = "";
  }

  RunRecord record() {
    return new RunRecord(claim, state, startedAt, finishedAt, error, quarantined);
  }
}
