package io.selfupgrade.core.schedule;

import io.selfupgrade.agent.Json;
import io.selfupgrade.schedule.ClaimedRun;
import io.selfupgrade.schedule.RunClaim;
import io.selfupgrade.schedule.TaskPolicy;
import io.selfupgrade.schedule.TaskRun;
import io.selfupgrade.schedule.TaskStore;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A claimed run in this process, until its end is recorded. Thread-safe. */
final class ActiveRun implements TaskRun {

  private enum State {
    CLAIMED,
    RUNNING,
    RETURNED,
    ABANDONED
  }

  private final ClaimedRun claimed;
  private final String handler;
  private final TaskPolicy policy;
  private final TaskStore ledger;
  private final long claimedAtNanos;
  private volatile boolean cancelled;
  private volatile boolean committed;
  private boolean inTransaction;
  private State state = State.CLAIMED;
  private long begunAtNanos;
  private @Nullable Thread thread;

  ActiveRun(ClaimedRun claimed, String handler, TaskPolicy policy, TaskStore ledger, long nanos) {
    this.claimed = claimed;
    this.handler = handler;
    this.policy = policy;
    this.ledger = ledger;
    this.claimedAtNanos = nanos;
  }

  @Override
  public String task() {
    return claim().task();
  }

  @Override
  public Instant due() {
    return claim().due();
  }

  @Override
  public int attempt() {
    return claim().attempt();
  }

  @Override
  public Json payload() {
    return claimed.payload();
  }

  @Override
  public String idempotencyKey() {
    String once = isOneShot() ? claim().run().toString() : claim().due().toString();
    return claim().fence().agent() + "/" + claim().task() + "/" + once;
  }

  @Override
  public boolean cancelled() {
    return cancelled;
  }

  @Override
  public RunClaim claim() {
    return claimed.claim();
  }

  @Override
  public TaskStore ledger() {
    return ledger;
  }

  @Override
  public synchronized boolean beginTransaction() {
    inTransaction = state != State.ABANDONED;
    return inTransaction;
  }

  @Override
  public synchronized void endTransaction() {
    inTransaction = false;
  }

  /** Tells whether the handler's own transaction holds the run's row: it would be waited for. */
  synchronized boolean inTransaction() {
    return inTransaction;
  }

  @Override
  public void committed() {
    committed = true;
  }

  boolean hasCommitted() {
    return committed;
  }

  boolean isOneShot() {
    return claim().kind() == RunClaim.Kind.ONE_SHOT;
  }

  String handler() {
    return handler;
  }

  TaskPolicy policy() {
    return policy;
  }

  int failures() {
    return claimed.failures();
  }

  void cancel() {
    cancelled = true;
  }

  /** Takes the calling thread for the handler; false if the run was given up before. */
  synchronized boolean begin(long nanos) {
    if (state != State.CLAIMED) {
      return false;
    }
    state = State.RUNNING;
    begunAtNanos = nanos;
    thread = Thread.currentThread();
    return true;
  }

  /** Notes that the handler is through; false if the run was given up before. */
  synchronized boolean end() {
    thread = null;
    if (state != State.RUNNING) {
      return false;
    }
    state = State.RETURNED;
    return true;
  }

  /** Returns how long the handler may still take; empty if it has no deadline or does not run. */
  synchronized Optional<Duration> left(long nanos) {
    return state == State.RUNNING
        ? policy.deadline().map(most -> most.minusNanos(nanos - begunAtNanos))
        : Optional.empty();
  }

  /** Tells whether it was claimed that long ago and no handler has it. */
  synchronized boolean waitsFor(long nanos, Duration time) {
    return state == State.CLAIMED && nanos - claimedAtNanos >= time.toNanos();
  }

  /** Gives up a run that no handler has; false if one has it or had it. */
  synchronized boolean abandonUnstarted() {
    return state == State.CLAIMED && abandon();
  }

  /** Gives the run up and interrupts its handler; false if it is through. */
  synchronized boolean abandon() {
    if (state != State.CLAIMED && state != State.RUNNING) {
      return false;
    }
    state = State.ABANDONED;
    cancelled = true;
    if (thread != null) {
      thread.interrupt();
    }
    return true;
  }

  /** Tells whether it was given up. */
  synchronized boolean abandoned() {
    return state == State.ABANDONED;
  }

  /** Tells whether the calling thread runs the handler. */
  synchronized boolean mine() {
    return Thread.currentThread().equals(thread);
  }

  @Override
  public String toString() {
    RunClaim claim = claim();
    return (isOneShot() ? "one-shot of " : "task ")
        + claim.task()
        + (isOneShot() ? ", due " : ", tick ")
        + claim.due()
        + ", attempt "
        + claim.attempt()
        + " of run "
        + claim.run();
  }
}
