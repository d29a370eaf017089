package io.selfupgrade.upgrade;

/** How a host goes from the running version to the next one. */
public enum Switch {
  /** The new version starts beside the running one, which hands over to it: nobody is away. */
  BESIDE,
  /**
   * The running version is drained and stopped before the new one starts, for hosts that cannot run
   * two: there is an interruption, of the time that a start takes, or of the trial's limit if the
   * new version hangs. It goes back by starting the old version again.
   */
  RESTART
}
