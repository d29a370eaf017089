package io.selfupgrade;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Fence;
import io.selfupgrade.upgrade.RestorePlan;
import io.selfupgrade.upgrade.RestoreResult;
import io.selfupgrade.upgrade.SnapshotStore;
import io.selfupgrade.upgrade.SnapshotStore.Snapshot;
import io.selfupgrade.upgrade.Snapshots;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** Snapshots for people: asked for under the fence, restored as planned. */
final class SnapshotsDoor implements Snapshots {

  private final AgentName agent;
  private final StoreDoor door;
  private final Supplier<Optional<Fence>> fence;
  private final Consumer<Fence> restored;

  SnapshotsDoor(
      AgentName agent, StoreDoor door, Supplier<Optional<Fence>> fence, Consumer<Fence> restored) {
    this.agent = agent;
    this.door = door;
    this.fence = fence;
    this.restored = restored;
  }

  @Override
  public List<Snapshot> list() {
    return store().list(agent);
  }

  @Override
  public Snapshot take() {
    return fence
        .get()
        .flatMap(held -> store().take(held))
        .orElseThrow(
            () ->
                new IllegalStateException(
                    "this instance is not the primary, which alone takes snapshots: start() it and"
                        + " wait until role() is PRIMARY"));
  }

  @Override
  public RestorePlan plan(UUID snapshot) {
    Objects.requireNonNull(snapshot, "snapshot");
    return store()
        .plan(agent, snapshot)
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "agent " + agent + " has no snapshot " + snapshot + ": list() names them"));
  }

  @Override
  public RestoreResult apply(RestorePlan plan) {
    Objects.requireNonNull(plan, "plan");
    Optional<Fence> held = fence.get();
    Optional<RestoreResult> result = held.flatMap(by -> store().restore(by, plan));
    if (result.isEmpty()) {
      return new RestoreResult.Refused(
          "this instance is not the primary, which alone restores: apply the plan there");
    }
    if (result.get() instanceof RestoreResult.Restored) {
      restored.accept(held.orElseThrow());
    }
    return result.get();
  }

  /** Plans the newest snapshot that is not there to undo a restore. */
  RestorePlan planNewest() {
    return list().stream()
        .filter(known -> known.kind() != SnapshotStore.Kind.UNDO)
        .findFirst()
        .map(newest -> plan(newest.id()))
        .orElseThrow(
            () ->
                new IllegalStateException(
                    "agent "
                        + agent
                        + " has no snapshot yet: call snapshots().take(), or upgrade"));
  }

  private SnapshotStore store() {
    return door.opened().snapshots();
  }
}
