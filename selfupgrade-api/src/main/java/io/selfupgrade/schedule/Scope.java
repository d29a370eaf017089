package io.selfupgrade.schedule;

/** Which instances of an agent take part in running a task. */
public enum Scope {
  /** The primary alone. The default. */
  PRIMARY,
  /** All that serve, primary and standbys: each run is still run by one of them. */
  ALL
}
