package io.selfupgrade.upgrade;

/**
 * For how long a platform keeps the running version when it is asked for another one.
 *
 * <p>In the order of what they promise, the least first.
 */
public enum KeptUntil {
  /** It promises nothing: it may stop the running version before the new one starts. */
  NEVER,
  /** Until its own health check passes on the new version, which may fail after that. */
  HEALTHY,
  /** It stops nothing by itself: the running version ends when the new one is confirmed. */
  CONFIRMED
}
