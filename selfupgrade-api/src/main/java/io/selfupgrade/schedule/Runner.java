package io.selfupgrade.schedule;

/** Who runs a task. Both keep one ledger, so a task can be moved from the one to the other. */
public enum Runner {
  /** The instances of the agent. The default. */
  AGENT,
  /**
   * The database, by pg_cron, whether an instance is up or not. Its handler is a function of the
   * database that the owner of the schema has registered; a run is one transaction with all that
   * the function does.
   *
   * <p>pg_cron counts in whole minutes of UTC, cannot end a run and runs one of a task at a time: a
   * task with another zone, seconds, a deadline, a jitter, {@link Overlap#ALLOW} or {@link
   * Scope#ALL} is refused.
   */
  DATABASE
}
