package io.selfupgrade.schedule;

import java.util.Objects;

/** What became of a task that was to be scheduled; closed. */
public sealed interface ScheduleResult {

  /** Returns a sentence for people. */
  String summary();

  /**
   * The task is new.
   *
   * @param task its name
   */
  record Created(String task) implements ScheduleResult {
    @Override
    public String summary() {
      return "task " + task + " was created";
    }
  }

  /**
   * The task was changed. Another schedule begins a new grid, anything else keeps the ticks.
   *
   * @param task its name
   */
  record Updated(String task) implements ScheduleResult {
    @Override
    public String summary() {
      return "task " + task + " was changed";
    }
  }

  /**
   * The task is as it was.
   *
   * @param task its name
   */
  record Unchanged(String task) implements ScheduleResult {
    @Override
    public String summary() {
      return "task " + task + " is as it was";
    }
  }

  /**
   * The store is away: this process schedules the task as soon as it is back, unless it ends
   * before.
   *
   * @param task its name
   * @param reason what the store said
   */
  record Deferred(String task, String reason) implements ScheduleResult {
    /** Validates the parts. */
    public Deferred {
      Objects.requireNonNull(task, "task");
      Objects.requireNonNull(reason, "reason");
    }

    @Override
    public String summary() {
      return "task " + task + " is scheduled when the store is back: " + reason;
    }
  }
}
