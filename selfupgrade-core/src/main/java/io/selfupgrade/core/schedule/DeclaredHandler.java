package io.selfupgrade.core.schedule;

import io.selfupgrade.core.json.JsonBinding;
import io.selfupgrade.core.json.JsonFormatException;
import io.selfupgrade.schedule.TaskHandler;
import io.selfupgrade.schedule.TaskPolicy;
import io.selfupgrade.schedule.TaskRun;
import io.selfupgrade.schedule.TypedTaskHandler;
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

  /** Returns code that reads its payload as a value first; what is none is set aside. */
  public static <T> TaskHandler typed(Class<T> type, TypedTaskHandler<T> code) {
    Objects.requireNonNull(type, "type");
    Objects.requireNonNull(code, "code");
    return run -> code.run(value(run, type), run);
  }

  private static <T> T value(TaskRun run, Class<T> type) {
    try {
      return JsonBinding.value(run.payload().text(), type);
    } catch (JsonFormatException e) {
      throw new UnreadablePayload("payload of " + run.task() + ": " + e.getMessage(), e);
    }
  }
}
