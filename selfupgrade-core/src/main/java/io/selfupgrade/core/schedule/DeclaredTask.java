package io.selfupgrade.core.schedule;

import io.selfupgrade.schedule.TaskConfig;
import io.selfupgrade.schedule.TaskHandler;
import java.util.Objects;

/**
 * A task and the code that runs it.
 *
 * @param definition what it is and when it is due
 * @param handler what is called at each tick, from several threads if the task allows overlap
 */
public record DeclaredTask(TaskConfig definition, TaskHandler handler) {

  /** Validates that both are there. */
  public DeclaredTask {
    Objects.requireNonNull(definition, "definition");
    Objects.requireNonNull(handler, "handler");
  }
}
