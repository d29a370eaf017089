package io.selfupgrade.testkit;

import io.selfupgrade.schedule.RunClaim;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;

/**
 * The ticks of an agent in memory, found by task and by id without a walk through all of them: a
 * simulation keeps a month of them.
 */
final class InMemoryRuns {

  private final Map<UUID, RunRow> byId = new LinkedHashMap<>();
  private final Map<String, NavigableMap<Instant, RunRow>> byTask = new HashMap<>();
  private final Map<String, Map<UUID, RunRow>> open = new LinkedHashMap<>();

  void add(RunRow run) {
    byId.put(run.claim.run(), run);
    byTask.computeIfAbsent(run.claim.task(), task -> new TreeMap<>()).put(run.claim.due(), run);
    settle(run);
  }

  /** Notes that the state of a run has changed. */
  void settle(RunRow run) {
    Map<UUID, RunRow> ofTask =
        open.computeIfAbsent(run.claim.task(), task -> new LinkedHashMap<>());
    if (run.isOpen()) {
      ofTask.put(run.claim.run(), run);
    } else {
      ofTask.remove(run.claim.run());
    }
  }

  void removeAll(Collection<RunRow> runs) {
    for (RunRow run : runs) {
      byId.remove(run.claim.run());
      open.computeIfPresent(
          run.claim.task(),
          (task, ofTask) -> {
            ofTask.remove(run.claim.run());
            return ofTask;
          });
      of(run.claim.task()).remove(run.claim.due());
    }
  }

  Optional<RunRow> find(UUID id) {
    return Optional.ofNullable(byId.get(id));
  }

  /** Returns the run of which that claim is the running attempt. */
  Optional<RunRow> running(RunClaim claim) {
    return find(claim.run()).filter(run -> run.isRunningAs(claim));
  }

  Collection<RunRow> all() {
    return Collections.unmodifiableCollection(byId.values());
  }

  /** Returns the runs that run or wait. */
  List<RunRow> open() {
    List<RunRow> all = new ArrayList<>();
    open.values().forEach(ofTask -> all.addAll(ofTask.values()));
    return all;
  }

  /** Returns the runs of a task that run or wait. */
  List<RunRow> open(String task) {
    Map<UUID, RunRow> ofTask = open.get(task);
    return ofTask == null || ofTask.isEmpty() ? List.of() : List.copyOf(ofTask.values());
  }

  /** Returns the runs of a task by their tick. */
  NavigableMap<Instant, RunRow> of(String task) {
    return byTask.computeIfAbsent(task, name -> new TreeMap<>());
  }
}
