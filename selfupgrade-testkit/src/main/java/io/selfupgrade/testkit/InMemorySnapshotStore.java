package io.selfupgrade.testkit;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Fence;
import io.selfupgrade.config.Setting;
import io.selfupgrade.memory.Remembered;
import io.selfupgrade.schedule.TaskDefinition;
import io.selfupgrade.upgrade.RestorePlan;
import io.selfupgrade.upgrade.RestoreResult;
import io.selfupgrade.upgrade.SnapshotStore;
import io.selfupgrade.upgrade.UpgradePhase;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Collectors;

/** Snapshots in memory: copies of the three tables of class DATA. */
final class InMemorySnapshotStore implements SnapshotStore {

  private static final Set<UpgradePhase> ON_TRIAL =
      EnumSet.of(UpgradePhase.TRIAL, UpgradePhase.HANDED_OVER, UpgradePhase.ROLLING_BACK);

  private final InMemoryState state;

  InMemorySnapshotStore(InMemoryState state) {
    this.state = state;
  }

  @Override
  public Optional<Snapshot> take(Fence fence, UUID upgrade) {
    return state.transact(
        () ->
            state
                .fenced(fence)
                .filter(rows -> rows.upgrade(upgrade).isPresent())
                .map(rows -> take(rows, Kind.UPGRADE, Optional.of(upgrade))));
  }

  @Override
  public Optional<Snapshot> take(Fence fence) {
    return state.transact(
        () -> state.fenced(fence).map(rows -> take(rows, Kind.ASKED, Optional.empty())));
  }

  private Snapshot take(AgentRows rows, Kind kind, Optional<UUID> upgrade) {
    Map<String, Map<Object, Object>> data = data(rows);
    Map<String, Long> counts =
        data.entrySet().stream()
            .collect(Collectors.toMap(Map.Entry::getKey, table -> (long) table.getValue().size()));
    Snapshot snapshot =
        new Snapshot(
            UUID.randomUUID(), kind, upgrade, state.now(), counts, data.toString().length());
    rows.snapshots.add(0, snapshot);
    rows.copies.put(snapshot.id(), data);
    return snapshot;
  }

  @Override
  public Optional<RestorePlan> plan(AgentName agent, UUID snapshot) {
    return state.transact(() -> plan(state.rows(agent), snapshot));
  }

  private static Optional<RestorePlan> plan(AgentRows rows, UUID id) {
    Optional<Snapshot> found =
        rows.snapshots.stream().filter(known -> known.id().equals(id)).findFirst();
    return found.map(
        snapshot -> {
          Map<String, Map<Object, Object>> now = data(rows);
          Map<String, RestorePlan.Counts> counts = new TreeMap<>();
          copy(rows, id).forEach((table, old) -> counts.put(table, count(old, now.get(table))));
          long epoch = rows.leader.map(leader -> leader.fence().epoch()).orElse(0L);
          return new RestorePlan(snapshot, epoch, counts, Optional.empty());
        });
  }

  private static RestorePlan.Counts count(Map<Object, Object> old, Map<Object, Object> now) {
    long insert = old.keySet().stream().filter(key -> !now.containsKey(key)).count();
    long delete = now.keySet().stream().filter(key -> !old.containsKey(key)).count();
    long update =
        old.entrySet().stream()
            .filter(row -> now.containsKey(row.getKey()))
            .filter(row -> !row.getValue().equals(now.get(row.getKey())))
            .count();
    return new RestorePlan.Counts(insert, update, delete);
  }

  @Override
  public Optional<RestoreResult> restore(Fence fence, RestorePlan plan) {
    return state.transact(() -> state.fenced(fence).map(rows -> restore(rows, plan)));
  }

  private RestoreResult restore(AgentRows rows, RestorePlan plan) {
    if (rows.openUpgrade().filter(row -> ON_TRIAL.contains(row.phase)).isPresent()) {
      return new RestoreResult.Refused("a version is on trial: wait for the end of its upgrade");
    }
    Optional<RestorePlan> now = plan(rows, plan.snapshot().id());
    if (now.isEmpty()) {
      return new RestoreResult.Refused("the agent has no snapshot " + plan.snapshot().id());
    }
    if (!now.get().equals(plan)) {
      return new RestoreResult.Stale(now.get());
    }
    Snapshot undo = take(rows, Kind.UNDO, Optional.empty());
    Map<String, Map<Object, Object>> copied = copy(rows, plan.snapshot().id());
    restoreTasks(rows, copied.get("scheduled_tasks"));
    rows.settings.clear();
    copied.get("settings").forEach((key, row) -> rows.settings.put((String) key, (Setting) row));
    rows.memories.clear();
    copied.get("memories").forEach((key, row) -> rows.memories.put((UUID) key, (Remembered) row));
    return new RestoreResult.Restored(plan, undo);
  }

  /** A task that is as it was keeps its grid; one that is brought or set back begins a new one. */
  private void restoreTasks(AgentRows rows, Map<Object, Object> copied) {
    rows.tasks.keySet().retainAll(copied.keySet());
    copied.forEach(
        (key, row) -> {
          TaskDefinition definition = (TaskDefinition) row;
          AgentRows.Task known = rows.tasks.get(definition.name());
          if (known == null || !known.definition().equals(definition)) {
            rows.tasks.put(
                definition.name(), new AgentRows.Task(definition, state.now(), Optional.empty()));
          }
        });
  }

  @Override
  public List<Snapshot> list(AgentName agent) {
    return state.transact(() -> List.copyOf(state.rows(agent).snapshots));
  }

  private static Map<String, Map<Object, Object>> copy(AgentRows rows, UUID snapshot) {
    return rows.copies.getOrDefault(snapshot, Map.of());
  }

  private static Map<String, Map<Object, Object>> data(AgentRows rows) {
    Map<Object, Object> tasks = new HashMap<>();
    rows.tasks.forEach((name, task) -> tasks.put(name, task.definition()));
    return Map.of(
        "scheduled_tasks", tasks,
        "settings", new HashMap<>(rows.settings),
        "memories", new HashMap<>(rows.memories));
  }
}
