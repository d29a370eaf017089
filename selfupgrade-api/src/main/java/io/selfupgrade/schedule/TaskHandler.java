package io.selfupgrade.schedule;

/**
 * What a task does at each tick.
 *
 * <p><b>Obligations</b>: a run that is repeated (attempt 2 and later) leaves the same as one that
 * was not. Effects in Postgres become exactly-once in the tick's own transaction ({@code
 * PostgresRun}); effects elsewhere carry {@link TaskRun#idempotencyKey()}.
 */
@FunctionalInterface
public interface TaskHandler {

  /**
   * Runs one tick.
   *
   * @throws Exception if it failed; recorded with the run
   */
  void run(TaskRun run) throws Exception;
}
