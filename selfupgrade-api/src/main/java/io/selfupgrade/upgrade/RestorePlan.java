package io.selfupgrade.upgrade;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * What a restore will do, counted and not done.
 *
 * @param snapshot what is restored
 * @param epoch the leadership at which it was counted; the plan holds for no other
 * @param tables what happens in each table of the snapshot
 * @param obstacle why it cannot be restored; empty: it can
 */
public record RestorePlan(
    SnapshotStore.Snapshot snapshot,
    long epoch,
    Map<String, Counts> tables,
    Optional<String> obstacle) {

  /** Validates and copies. */
  public RestorePlan {
    Objects.requireNonNull(snapshot, "snapshot");
    Objects.requireNonNull(obstacle, "obstacle");
    tables = Map.copyOf(tables);
  }

  /** Returns whether a restore would change nothing. */
  public boolean isEmpty() {
    return tables.values().stream().allMatch(Counts.NONE::equals);
  }

  /** Returns what will be lost, a sentence each; a snapshot for undoing it is taken before. */
  public List<String> losses() {
    return new TreeMap<>(tables)
        .entrySet().stream()
            .flatMap(
                table ->
                    Stream.of(
                            sentence(
                                table.getValue().delete(),
                                table.getKey(),
                                "written since then: deleted"),
                            sentence(
                                table.getValue().update(),
                                table.getKey(),
                                "changed since then: set back"))
                        .flatMap(Optional::stream))
            .toList();
  }

  private static Optional<String> sentence(long rows, String table, String what) {
    return rows == 0 ? Optional.empty() : Optional.of(rows + " rows of " + table + " " + what);
  }

  /**
   * Rows of a table.
   *
   * @param insert that are brought back
   * @param update that are set back
   * @param delete that are removed, as the snapshot does not have them
   */
  public record Counts(long insert, long update, long delete) {
    static final Counts NONE = new Counts(0, 0, 0);
  }
}
