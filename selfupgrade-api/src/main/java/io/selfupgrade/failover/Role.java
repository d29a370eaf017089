package io.selfupgrade.failover;

/** What an instance does in its agent. */
public enum Role {
  /** Acts. There is exactly one. */
  PRIMARY,
  /** Is warm and takes over. */
  STANDBY,
  /** A developer's: sees the state and never takes over. */
  LOCAL
}
