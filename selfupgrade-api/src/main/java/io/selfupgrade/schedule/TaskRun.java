package io.selfupgrade.schedule;

import io.selfupgrade.agent.Json;
import java.time.Instant;

/** One tick being run, as its handler sees it. Thread-safe. */
public interface TaskRun {

  /** Returns the task's name. */
  String task();

  /** Returns the instant at which the tick was due. */
  Instant due();

  /** Returns 1 for the first attempt, more after one that was lost, given back or failed. */
  int attempt();

  /** Returns the task's payload. */
  Json payload();

  /** Returns a key that is the same for every attempt of this tick and for no other tick. */
  String idempotencyKey();

  /** Tells whether the run should end early, because its time or its process does. */
  boolean cancelled();

  /** Returns the claim that entitles to this run; for adapters. */
  RunClaim claim();

  /** Returns the store whose ledger holds this tick; for adapters. */
  TaskStore ledger();

  /**
   * Tells that a transaction begins that will hold this run's row in the ledger; called by
   * adapters. Until {@link #endTransaction} nobody else of this process touches the row.
   *
   * @return false if the run was given up: the transaction must not begin
   */
  default boolean beginTransaction() {
    return true;
  }

  /** Tells that this transaction is over, whatever came of it; called by adapters. */
  default void endTransaction() {}

  /** Tells that the run's success is recorded already; called by adapters, after their commit. */
  void committed();
}
