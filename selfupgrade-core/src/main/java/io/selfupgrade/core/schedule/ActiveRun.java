package io.selfupgrade.core.schedule;

import io.selfupgrade.agent.Json;
import io.selfupgrade.schedule.RunClaim;
import io.selfupgrade.schedule.TaskRun;
import io.selfupgrade.schedule.TaskStore;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** A claimed tick in this process, until its end is recorded. Thread-safe. */
final class ActiveRun implements TaskRun {

  private enum State {
    CLAIMED,
    RUNNING,
    RETURNED,
    ABANDONED
  }

  private final RunClaim claim;
  private final Json payload;
  private final TaskStore ledger;
  private volatile boolean cancelled;
  private volatile boolean committed;
  private State state = State.CLAIMED;
  private @Nullable Thread thread;

  ActiveRun(RunClaim claim, Json payload, TaskStore ledger) {
    this.claim = claim;
    this.payload = payload;
    this.ledger = ledger;
  }

  @Override
  public String task() {
    return claim.task();
  }

  @Override
  public Instant due() {
    return claim.due();
  }

  @Override
  public int attempt() {
    return claim.attempt();
  }

  @Override
  public Json payload() {
    return payload;
  }

  @Override
  public String idempotencyKey() {
    return claim.fence().agent() + "/" + claim.task() + "/" + claim.due();
  }

  @Override
  public boolean cancelled() {
    return cancelled;
  }

  @Override
  public RunClaim claim() {
    return claim;
  }

  @Override
  public TaskStore ledger() {
    return ledger;
  }

  @Override
  public void committed() {
    committed = true;
  }

  boolean hasCommitted() {
    return committed;
  }

  void cancel() {
    cancelled = true;
  }

  /** Takes the calling thread for the handler; false if the run was given up before. */
  synchronized boolean begin() {
    if (state != State.CLAIMED) {
      return false;
    }
    state = State.RUNNING;
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

  /** Tells whether the calling thread runs the handler. */
  synchronized boolean mine() {
    return Thread.currentThread().equals(thread);
  }

  @Override
  public String toString() {
    return "task "
        + claim.task()
        + ", tick "
        + claim.due()
        + ", attempt "
        + claim.attempt()
        + " of run "
        + claim.run();
  }
}
