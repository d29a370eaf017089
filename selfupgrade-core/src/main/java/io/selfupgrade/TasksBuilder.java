package io.selfupgrade;

import io.selfupgrade.agent.Json;
import io.selfupgrade.core.schedule.DeclaredHandler;
import io.selfupgrade.core.schedule.DeclaredTask;
import io.selfupgrade.core.schedule.TickEngine;
import io.selfupgrade.schedule.OneShot;
import io.selfupgrade.schedule.TaskConfig;
import io.selfupgrade.schedule.TaskHandler;
import io.selfupgrade.schedule.TaskPolicy;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Collects the tasks and handlers that the builder declares. */
final class TasksBuilder {

  private final List<DeclaredTask> tasks = new ArrayList<>();
  private final List<DeclaredHandler> handlers = new ArrayList<>();
  private final Problems problems = new Problems();

  /** Takes a task in, or notes why it is none. */
  void task(@Nullable String name, Supplier<TaskConfig> config, @Nullable TaskHandler code) {
    String call = "task(\"" + name + "\", ...)";
    problems.given(call, name, "give the task a name");
    problems.given(call, code, "give the code that a tick runs");
    if (name != null && code != null) {
      problems
          .of(call, config)
          .ifPresent(definition -> tasks.add(new DeclaredTask(definition, code)));
    }
  }

  /** Takes a task in whose code this is, or notes why it is none. */
  void task(TaskConfig config, @Nullable TaskHandler code) {
    if (!config.handler().equals(config.name())) {
      problems.add(
          "task(\""
              + config.name()
              + "\", ...) names handler "
              + config.handler()
              + ": leave that out here, or schedule the task by scheduleTask");
    }
    task(config.name(), () -> config, code);
  }

  /** Takes a handler in, or notes why it is none. */
  void handler(@Nullable String name, @Nullable TaskPolicy policy, @Nullable TaskHandler code) {
    String call = "handler(\"" + name + "\", ...)";
    problems.given(call, name, "give the handler a name");
    problems.given(call, policy, "give a policy, or leave it out");
    problems.given(call, code, "give the code that a run calls");
    if (name != null && policy != null && code != null) {
      // Of a task its name has the same rules.
      problems
          .of(call, () -> OneShot.of(name, Json.EMPTY))
          .ifPresent(usable -> handlers.add(new DeclaredHandler(name, policy, code)));
    }
  }

  List<TaskConfig> definitions() {
    return tasks.stream().map(DeclaredTask::definition).toList();
  }

  /** Returns what is wrong with the calls, and names of handlers that are there twice. */
  Problems problems() {
    Problems found = new Problems();
    found.add(problems);
    Set<String> names = new HashSet<>();
    tasks.forEach(task -> names.add(task.definition().name()));
    for (DeclaredHandler handler : handlers) {
      if (!names.add(handler.name())) {
        found.add(
            "handler(\""
                + handler.name()
                + "\", ...) has the name of another handler or task: give one another name");
      }
    }
    return found;
  }

  TickEngine.Work work() {
    return new TickEngine.Work(tasks, handlers);
  }
}
