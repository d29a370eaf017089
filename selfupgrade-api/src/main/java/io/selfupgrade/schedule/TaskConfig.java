package io.selfupgrade.schedule;

import io.selfupgrade.agent.Json;
import java.util.Objects;
import java.util.regex.Pattern;

/**
 * A task as it is declared.
 *
 * @param name 1 to 100 characters of {@code a-z A-Z 0-9 . _ : -}, unique in its agent
 * @param handler name of the code that runs it; the task's own by default
 * @param schedule when it is due
 * @param policy how it is run
 * @param payload what its handler gets; {@link Json#EMPTY} by default
 * @param runner who runs it; {@link Runner#AGENT} by default
 */
public record TaskConfig(
    String name,
    String handler,
    Schedule schedule,
    TaskPolicy policy,
    Json payload,
    Runner runner) {

  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._:-]{0,99}");

  /**
   * Validates the parts.
   *
   * @throws IllegalArgumentException if a name has another shape
   */
  public TaskConfig {
    requireName("task name", name);
    requireName("handler of task " + name, handler);
    Objects.requireNonNull(schedule, "schedule");
    Objects.requireNonNull(policy, "policy");
    Objects.requireNonNull(payload, "payload");
    Objects.requireNonNull(runner, "runner");
  }

  /** Describes a task that agents run. */
  public TaskConfig(
      String name, String handler, Schedule schedule, TaskPolicy policy, Json payload) {
    this(name, handler, schedule, policy, payload, Runner.AGENT);
  }

  /** Describes a task with a handler of its own name. */
  public TaskConfig(String name, Schedule schedule, TaskPolicy policy, Json payload) {
    this(name, name, schedule, policy, payload);
  }

  /** Describes a task with a handler of its own name, the default policy and no payload. */
  public static TaskConfig of(String name, Schedule schedule) {
    return new TaskConfig(name, schedule, TaskPolicy.DEFAULT, Json.EMPTY);
  }

  /** Returns the same task, run by another handler. */
  public TaskConfig handler(String other) {
    return new TaskConfig(name, other, schedule, policy, payload, runner);
  }

  /** Returns the same task with another policy. */
  public TaskConfig policy(TaskPolicy other) {
    return new TaskConfig(name, handler, schedule, other, payload, runner);
  }

  /** Returns the same task with another payload. */
  public TaskConfig payload(Json other) {
    return new TaskConfig(name, handler, schedule, policy, other, runner);
  }

  /** Returns the same task, run by somebody else. It keeps its ticks: none is lost or doubled. */
  public TaskConfig runner(Runner other) {
    return new TaskConfig(name, handler, schedule, policy, payload, other);
  }

  /**
   * Returns a name of a task or a handler.
   *
   * @param what names it in the message
   * @throws IllegalArgumentException if it has another shape
   */
  static String requireName(String what, String name) {
    Objects.requireNonNull(name, what);
    if (!NAME.matcher(name).matches()) {
      throw new IllegalArgumentException(
          what
              + " \""
              + name
              + "\" is not usable: expected 1 to 100 characters of"
              + " a-z A-Z 0-9 . _ : - beginning with a letter or a digit");
    }
    return name;
  }
}
