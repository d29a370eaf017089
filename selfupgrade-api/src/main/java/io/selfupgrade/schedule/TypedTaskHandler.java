package io.selfupgrade.schedule;

/**
 * What a task does at each tick, with its payload as a value.
 *
 * <p>The obligations of {@link TaskHandler} hold. A payload that is no value of the type never
 * comes here: its run is set aside at once.
 *
 * @param <T> type of the payload
 */
@FunctionalInterface
public interface TypedTaskHandler<T> {

  /**
   * Runs one tick.
   *
   * @param payload the task's payload, or the one-shot's
   * @throws Exception if it failed; recorded with the run
   */
  void run(T payload, TaskRun run) throws Exception;
}
