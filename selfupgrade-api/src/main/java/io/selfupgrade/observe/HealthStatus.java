package io.selfupgrade.observe;

/** How well an agent is, or a part of it. */
public enum HealthStatus {
  /** All is as it should be. */
  UP,
  /** It does its work, and something needs to be looked at. */
  DEGRADED,
  /** It does not do its work. */
  DOWN;

  /** Returns the worse of the two. */
  public HealthStatus worse(HealthStatus other) {
    return compareTo(other) >= 0 ? this : other;
  }
}
