package io.selfupgrade.schedule;

/** What becomes of a tick that is due while an earlier one of the same task still runs. */
public enum Overlap {
  /** It is recorded as skipped. The default. */
  SKIP,
  /** It waits. */
  QUEUE,
  /** It runs beside. */
  ALLOW
}
