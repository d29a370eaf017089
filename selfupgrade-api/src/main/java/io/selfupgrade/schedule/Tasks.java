package io.selfupgrade.schedule;

import io.selfupgrade.agent.Json;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * The tasks of an agent: what is scheduled, what was run, and work that is submitted.
 *
 * <p>Thread-safe. Works from every instance, a developer's too; whoever has the handler runs it.
 * All methods but {@link #schedule} throw {@link io.selfupgrade.agent.AdapterException} when the
 * store is away.
 */
public interface Tasks {

  /**
   * Creates a task or changes it.
   *
   * <p>Its handler must be declared by {@code handler(...)} on the builder of the instances that
   * shall run it; an instance without it leaves the task alone.
   *
   * @throws IllegalArgumentException if a field is wrong, naming it, or the builder declares a task
   *     of that name
   */
  ScheduleResult schedule(TaskConfig config);

  /**
   * Removes a task; false if there is none. Its ledger stays, a tick that waits is skipped, and one
   * that runs goes on.
   *
   * @throws IllegalArgumentException if the builder declares it: pause it, or take it out there
   */
  boolean remove(String task);

  /** Returns all tasks, by name. */
  List<TaskStatus> list();

  /** Returns a task. */
  Optional<TaskStatus> find(String task);

  /**
   * Lets no tick of a task be claimed until {@link #resume}; false if there is none. What runs goes
   * on, what waits goes on waiting. Holds over restarts.
   */
  boolean pause(String task);

  /**
   * Ends a pause; ticks that were due meanwhile are missed ones. False if there is no such task.
   */
  boolean resume(String task);

  /**
   * Makes a tick due now, beside those of the schedule; false if there is no such task or it is
   * paused. Nothing changes if a tick is due already. Overlap and retries are as ever.
   */
  boolean runNow(String task);

  /**
   * Returns the next ticks of a schedule, without running any.
   *
   * @param after from when on, exclusive
   * @param most from 1 to 1,000
   * @throws IllegalArgumentException if the schedule is wrong, naming its field
   */
  List<Instant> preview(Schedule schedule, Instant after, int most);

  /**
   * Returns what was run, newest first.
   *
   * @param task a task, or a handler for its one-shots
   * @param most from 1 to 10,000
   */
  List<RunRecord> history(String task, int most);

  /** Returns the runs that were set aside, newest first. */
  List<RunRecord> quarantined(int most);

  /**
   * Lets a run that was set aside be tried again, its failures forgotten; false if it is not set
   * aside.
   *
   * @throws IllegalStateException if it is a tick of a task that was removed: nobody would run it
   */
  boolean release(UUID run);

  /** Submits work to be done once; returns its id, by a key that is known the one it had. */
  default UUID submit(OneShot work) {
    return submit(List.of(work)).get(0);
  }

  /**
   * Submits work to be done once, in a few statements however much it is.
   *
   * <p>Up to 1,000 pieces are submitted together or not at all. More are submitted in parts, and
   * what fails tells nothing of the parts before: give keys to what must not be doubled.
   *
   * @return an id for each, in their order; by a key that is known the one it had
   */
  List<UUID> submit(List<OneShot> work);

  /** Takes back work that no instance has begun; false if one has, or it is unknown. */
  boolean cancel(UUID work);

  /**
   * Returns a value as JSON, as typed handlers read it.
   *
   * @throws IllegalArgumentException if it cannot be written
   */
  Json payload(Object value);
}
