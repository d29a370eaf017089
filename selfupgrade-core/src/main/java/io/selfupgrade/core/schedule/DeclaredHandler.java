package io.selfupgrade.core.schedule;

import io.selfupgrade.schedule.TaskHandler;
import io.selfupgrade.schedule.TaskPolicy;
import java.util.Objects;

/**
 * Code that tasks and one-shots name as their handler.
 *
 * @param name its name
 * @param policy of its one-shots: retry, deadline and scope; tasks have their own
 * @param code what is called, from several threads at once
 */
public record DeclaredHandler(String name, TaskPolicy policy, TaskHandler code) {

  /** Validates that all are there. */
  public DeclaredHandler {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(policy, "policy");
    Objects.requireNonNull(code, "code");
  }
}
