package io.selfupgrade.testkit;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Fence;
import io.selfupgrade.upgrade.SnapshotStore;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/** Snapshots in memory: of the task definitions, which are all the data that there is. */
final class InMemorySnapshotStore implements SnapshotStore {

  private final InMemoryState state;

  InMemorySnapshotStore(InMemoryState state) {
    this.state = state;
  }

  @Override
  public Optional<Snapshot> take(Fence fence, UUID upgrade) {
    return state.transact(
        () -> {
          Optional<AgentRows> held =
              state.fenced(fence).filter(rows -> rows.upgrade(upgrade).isPresent());
          return held.map(
              rows -> {
                long bytes =
                    rows.tasks.values().stream()
                        .mapToLong(task -> task.definition().toString().length())
                        .sum();
                Snapshot snapshot =
                    new Snapshot(
                        UUID.randomUUID(),
                        upgrade,
                        state.now(),
                        Map.of("scheduled_tasks", (long) rows.tasks.size()),
                        bytes);
                rows.snapshots.add(0, snapshot);
                return snapshot;
              });
        });
  }

  @Override
  public List<Snapshot> list(AgentName agent) {
    return state.transact(() -> List.copyOf(state.rows(agent).snapshots));
  }
}
