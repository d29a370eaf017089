package io.selfupgrade.core.schedule;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Fence;
import io.selfupgrade.schedule.Claimant;
import io.selfupgrade.schedule.TaskAgenda;
import io.selfupgrade.schedule.TaskConfig;
import io.selfupgrade.schedule.TaskStore;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The tasks of this process's code: declares them when it leads, lets go of those that earlier code
 * declared, once no upgrade is on trial, and sets the first tick of a task.
 *
 * <p>Confined to one thread.
 */
final class Declarations {

  private static final Logger LOG = LoggerFactory.getLogger(Declarations.class);

  private static final int HISTORY = 1_000;

  private final AgentName agent;
  private final TaskStore ledger;
  private final Map<String, TaskConfig> declared = new LinkedHashMap<>();
  private boolean onTrial;

  Declarations(AgentName agent, TaskStore ledger, List<TaskConfig> declared) {
    this.agent = agent;
    this.ledger = ledger;
    declared.forEach(definition -> this.declared.put(definition.name(), definition));
  }

  /**
   * Declares what is not in the store as it is in the code.
   *
   * @param agenda the tasks in the store
   * @throws AdapterException if the store says that this instance does not lead
   */
  void declare(Fence fence, TaskAgenda agenda) {
    Map<String, TaskConfig> missing = new LinkedHashMap<>(declared);
    agenda.tasks().forEach(entry -> missing.remove(entry.definition().name(), entry.definition()));
    for (TaskConfig definition : missing.values()) {
      if (ledger.upsert(fence, definition).isEmpty()) {
        throw new AdapterException(
            "TaskStore",
            "declaring task "
                + definition.name()
                + " under epoch "
                + fence.epoch()
                + ": the store says that this instance does not lead; waiting to be told",
            true,
            null);
      }
    }
    say(fence);
  }

  /** Says again what the code declares, if the last time nothing could be retired. */
  void sayAgain(Fence fence) {
    if (onTrial) {
      say(fence);
    }
  }

  private void say(Fence fence) {
    Optional<TaskStore.Declared> said = ledger.declare(fence, declared.keySet());
    onTrial = said.filter(TaskStore.Declared::onTrial).isPresent();
    List<String> retired = said.map(TaskStore.Declared::retired).orElse(List.of());
    if (!retired.isEmpty()) {
      LOG.info(
          "Retired {}: the code of {} does not declare them any more; their ledger stays",
          retired,
          agent);
    }
  }

  /**
   * Sets the first tick of a task that has none; false if it has one by now, or none is to come.
   */
  boolean plan(Claimant by, TaskAgenda.Entry entry) {
    String task = entry.definition().name();
    try {
      Ticks ticks = Ticks.of(entry.definition().schedule(), entry.anchor());
      Optional<Instant> first = ticks.first(entry.anchor());
      return first.isPresent()
          && !(ticks instanceof Ticks.Once && recorded(task, first.get()))
          && ledger.plan(by, task, first.get());
    } catch (IllegalArgumentException e) {
      return false; // The board tells that it cannot be read.
    }
  }

  private boolean recorded(String task, Instant tick) {
    return ledger.history(agent, task, HISTORY).stream()
        .anyMatch(run -> run.claim().due().equals(tick));
  }
}
