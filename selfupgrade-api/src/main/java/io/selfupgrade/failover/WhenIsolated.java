package io.selfupgrade.failover;

/** What becomes of the host's work when the lead cannot be proved any more. */
public enum WhenIsolated {
  /** It is stopped at the local deadline, two thirds of the lease time. The default. */
  STOP,
  /**
   * It runs on until the store names another holder: for work that may briefly run twice, and
   * should go on while the database is away.
   */
  KEEP
}
