package io.selfupgrade.core.release;

/** Hears how far a pull is: each MiB or each 250 ms of it, and at its end. */
@FunctionalInterface
public interface PullProgress {

  /**
   * Hears it, on the pulling thread.
   *
   * @param doneBytes bytes of the release's files that are here
   * @param totalBytes bytes of all its files
   */
  void received(long doneBytes, long totalBytes);

  /** Returns one that does nothing. */
  static PullProgress none() {
    return (doneBytes, totalBytes) -> {};
  }
}
