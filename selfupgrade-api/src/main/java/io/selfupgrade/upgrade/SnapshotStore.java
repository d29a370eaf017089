package io.selfupgrade.upgrade;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Fence;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;

/**
 * Snapshots of the agent's data.
 *
 * <p><b>Obligations</b>, checked by the contract in testkit:
 *
 * <ol>
 *   <li>A snapshot shows all tables of class DATA as they were at one instant.
 *   <li>{@link #take} writes nothing when the fence does not hold.
 *   <li>Snapshots are listed newest first, with the number of rows of each table.
 * </ol>
 */
public interface SnapshotStore {

  /** Takes a snapshot for an upgrade; empty if the fence does not hold. */
  Optional<Snapshot> take(Fence fence, UUID upgrade);

  /** Returns the agent's snapshots, newest first. */
  List<Snapshot> list(AgentName agent);

  /**
   * A snapshot.
   *
   * @param id its id
   * @param upgrade the upgrade that it was taken for
   * @param takenAt when, on the store's clock
   * @param rows number of rows by table
   * @param bytes size of the copied rows as text
   */
  record Snapshot(UUID id, UUID upgrade, Instant takenAt, Map<String, Long> rows, long bytes) {
    /** Validates and copies. */
    public Snapshot {
      Objects.requireNonNull(id, "id");
      Objects.requireNonNull(upgrade, "upgrade");
      Objects.requireNonNull(takenAt, "takenAt");
      rows = Map.copyOf(rows);
    }
  }
}
