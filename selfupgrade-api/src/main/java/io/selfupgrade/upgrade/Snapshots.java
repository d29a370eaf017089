package io.selfupgrade.upgrade;

import io.selfupgrade.upgrade.SnapshotStore.Snapshot;
import java.util.List;
import java.util.UUID;

/**
 * The door to snapshots of the agent's data: memories, conversations, configuration and task
 * definitions.
 *
 * <p>Thread-safe. A restore is a person's act in two steps, {@link #plan} and {@link #apply}. The
 * copies of the newest ten snapshots are kept. They lie in the database that they are copies of.
 */
public interface Snapshots {

  /** Returns the snapshots, newest first. */
  List<Snapshot> list();

  /**
   * Takes a snapshot.
   *
   * @throws IllegalStateException on an instance that is not the primary
   */
  Snapshot take();

  /**
   * Counts what a restore of a snapshot would do, and changes nothing.
   *
   * @throws IllegalArgumentException if the agent has no such snapshot
   */
  RestorePlan plan(UUID snapshot);

  /**
   * Carries a plan out, in one transaction, after a snapshot for undoing it.
   *
   * <p>What the agent has in its own memory it does not know of: read it again, or restart. Tables
   * of the host's own are untouched.
   */
  RestoreResult apply(RestorePlan plan);
}
