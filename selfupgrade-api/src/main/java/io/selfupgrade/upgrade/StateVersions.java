package io.selfupgrade.upgrade;

/**
 * Which versions of the agent's own state a release can read, and which it writes.
 *
 * <p>Going back is possible while the old release reads what the new one writes.
 *
 * @param readsFrom the oldest state version that it reads, 1 or more
 * @param readsTo the newest state version that it reads, not below {@code readsFrom}
 * @param writes the state version that it writes, within what it reads
 */
public record StateVersions(int readsFrom, int readsTo, int writes) {

  /** Reads and writes state version 1: what a release has that says nothing about its state. */
  public static final StateVersions FIRST = new StateVersions(1, 1, 1);

  /**
   * Validates the range.
   *
   * @throws IllegalArgumentException if it is not 1 &lt;= readsFrom &lt;= writes &lt;= readsTo
   */
  public StateVersions {
    if (readsFrom < 1 || writes < readsFrom || readsTo < writes) {
      throw new IllegalArgumentException(
          "state versions reads "
              + readsFrom
              + ".."
              + readsTo
              + ", writes "
              + writes
              + ": expected 1 <= readsFrom <= writes <= readsTo");
    }
  }

  /** Tells whether this release reads what the other writes. */
  public boolean canRead(StateVersions other) {
    return other.writes >= readsFrom && other.writes <= readsTo;
  }
}
