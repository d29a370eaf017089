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
 *   <li>{@link #plan} changes nothing and counts what {@link #restore} will do.
 *   <li>{@link #restore} makes the agent's rows in all tables of class DATA as the snapshot shows
 *       them, in one transaction, after a snapshot of how they were; a table that the snapshot does
 *       not know stays as it is, and so does every table of another class.
 *   <li>It changes nothing when the fence does not hold, when the counts or the epoch are not those
 *       of the plan, or while a version is on trial.
 *   <li>Tasks that it brings back are due at the first instant that the ledger does not have.
 * </ol>
 */
public interface SnapshotStore {

  /** Takes a snapshot for an upgrade; empty if the fence does not hold. */
  Optional<Snapshot> take(Fence fence, UUID upgrade);

  /** Takes a snapshot that somebody asked for; empty if the fence does not hold. */
  Optional<Snapshot> take(Fence fence);

  /** Counts what a restore will do; empty if the agent has no such snapshot. */
  Optional<RestorePlan> plan(AgentName agent, UUID snapshot);

  /** Carries a plan out; empty if the fence does not hold. */
  Optional<RestoreResult> restore(Fence fence, RestorePlan plan);

  /** Returns the agent's snapshots, newest first. */
  List<Snapshot> list(AgentName agent);

  /**
   * A snapshot.
   *
   * @param id its id
   * @param kind why it was taken
   * @param upgrade the upgrade that it was taken for; there with {@link Kind#UPGRADE} only
   * @param takenAt when, on the store's clock
   * @param rows number of rows by table
   * @param bytes size of the copied rows as text
   */
  record Snapshot(
      UUID id,
      Kind kind,
      Optional<UUID> upgrade,
      Instant takenAt,
      Map<String, Long> rows,
      long bytes) {
    /** Validates and copies. */
    public Snapshot {
      Objects.requireNonNull(id, "id");
      Objects.requireNonNull(kind, "kind");
      Objects.requireNonNull(upgrade, "upgrade");
      Objects.requireNonNull(takenAt, "takenAt");
      rows = Map.copyOf(rows);
    }
  }

  /** Why a snapshot was taken. */
  enum Kind {
    /** By the step BACKUP of an upgrade. */
    UPGRADE,
    /** Somebody asked for it. */
    ASKED,
    /** By a restore, of what it is about to change. */
    UNDO
  }
}
