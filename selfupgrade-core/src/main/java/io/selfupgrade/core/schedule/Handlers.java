package io.selfupgrade.core.schedule;

import io.selfupgrade.schedule.Claimant;
import io.selfupgrade.schedule.TaskHandler;
import io.selfupgrade.schedule.TaskPolicy;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The code that this process can run, by the names that tasks and one-shots call it. Immutable. */
final class Handlers {

  private final Map<String, DeclaredHandler> byName;

  /** Takes those of the declared tasks, and those that are declared by themselves. */
  Handlers(Collection<DeclaredTask> tasks, Collection<DeclaredHandler> alone) {
    Map<String, DeclaredHandler> all = new LinkedHashMap<>();
    for (DeclaredTask task : tasks) {
      String name = task.definition().handler();
      all.put(name, new DeclaredHandler(name, task.definition().policy(), task.handler()));
    }
    alone.forEach(handler -> all.put(handler.name(), handler));
    this.byName = all;
  }

  boolean isEmpty() {
    return byName.isEmpty();
  }

  Set<String> names() {
    return byName.keySet();
  }

  Optional<TaskHandler> code(String name) {
    return Optional.ofNullable(byName.get(name)).map(DeclaredHandler::code);
  }

  /** Returns the policy of a handler's one-shots. */
  TaskPolicy policy(String name) {
    DeclaredHandler handler = byName.get(name);
    return handler == null ? TaskPolicy.DEFAULT : handler.policy();
  }

  /** Returns those whose one-shots a claimant may claim. */
  List<String> served(Claimant by) {
    return byName.values().stream()
        .filter(handler -> by.serves(handler.policy().scope()))
        .map(DeclaredHandler::name)
        .toList();
  }
}
