package io.selfupgrade.testkit;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Fence;
import io.selfupgrade.config.Setting;
import io.selfupgrade.conversation.Posted;
import io.selfupgrade.schedule.TaskConfig;
import io.selfupgrade.upgrade.RestorePlan;
import io.selfupgrade.upgrade.RestoreResult;
import io.selfupgrade.upgrade.SnapshotStore;
import io.selfupgrade.upgrade.UpgradePhase;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;

/** Snapshots in memory: copies of the tables of class DATA. */
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
    Copy copy = Copy.of(rows);
    Map<String, Long> counts = new TreeMap<>();
    copy.tables().forEach((table, content) -> counts.put(table, (long) content.size()));
    Snapshot snapshot =
        new Snapshot(
            UUID.randomUUID(), kind, upgrade, state.now(), counts, copy.toString().length());
    rows.snapshots.add(0, snapshot);
    rows.copies.put(snapshot.id(), copy);
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
          Map<String, Map<?, ?>> now = Copy.of(rows).tables();
          Map<String, RestorePlan.Counts> counts = new TreeMap<>();
          copy(rows, id)
              .tables()
              .forEach(
                  (table, old) ->
                      counts.put(table, count(old, Objects.requireNonNull(now.get(table)))));
          long epoch = rows.leader.map(leader -> leader.fence().epoch()).orElse(0L);
          return new RestorePlan(snapshot, epoch, counts, Optional.empty());
        });
  }

  private static RestorePlan.Counts count(Map<?, ?> old, Map<?, ?> now) {
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
    Copy copied = copy(rows, plan.snapshot().id());
    restoreTasks(rows, copied.tasks());
    rows.settings.clear();
    rows.settings.putAll(copied.settings());
    rows.memories.restore(copied.memories());
    rows.conversations.clear();
    rows.conversations.putAll(copied.conversations());
    return new RestoreResult.Restored(plan, undo);
  }

  /** A task that is as it was keeps its grid; one that is brought or set back begins a new one. */
  private void restoreTasks(AgentRows rows, Map<String, TaskConfig> copied) {
    rows.tasks.keySet().retainAll(copied.keySet());
    copied.forEach(
        (name, definition) -> {
          AgentRows.Task known = rows.tasks.get(name);
          if (known == null || !known.definition().equals(definition)) {
            Optional<Long> declaredAt = known == null ? Optional.empty() : known.declaredAt();
            rows.tasks.put(
                name, new AgentRows.Task(definition, state.now()).declaredAt(declaredAt));
          }
        });
  }

  @Override
  public List<Snapshot> list(AgentName agent) {
    return state.transact(() -> List.copyOf(state.rows(agent).snapshots));
  }

  private static Copy copy(AgentRows rows, UUID snapshot) {
    return Objects.requireNonNull(rows.copies.get(snapshot), "a snapshot has its copy");
  }

  /** What a snapshot keeps. */
  record Copy(
      Map<String, TaskConfig> tasks,
      Map<String, Setting> settings,
      Map<UUID, MemoryRow> memories,
      Map<String, InMemoryConversationStore.Row> conversations) {

    static Copy of(AgentRows rows) {
      Map<String, TaskConfig> tasks = new HashMap<>();
      rows.tasks.forEach((name, task) -> tasks.put(name, task.definition()));
      return new Copy(
          tasks,
          new HashMap<>(rows.settings),
          rows.memories.copy(),
          new HashMap<>(rows.conversations));
    }

    /** Returns the rows by the names of their tables. */
    Map<String, Map<?, ?>> tables() {
      return Map.of(
          "scheduled_tasks",
          tasks,
          "settings",
          settings,
          "memories",
          memories,
          "conversations",
          conversations,
          "conversation_messages",
          messages());
    }

    private Map<List<Object>, Posted> messages() {
      Map<List<Object>, Posted> all = new HashMap<>();
      conversations.forEach(
          (id, row) -> row.messages().forEach(said -> all.put(List.of(id, said.sequence()), said)));
      return all;
    }
  }
}
