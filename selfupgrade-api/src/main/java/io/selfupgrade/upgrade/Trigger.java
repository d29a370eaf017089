package io.selfupgrade.upgrade;

/** What started an upgrade. */
public enum Trigger {
  /** The built-in task that looks for releases. */
  SCHEDULED,
  /** A call of the program or of an operator. */
  MANUAL,
  /** A verified webhook. */
  WEBHOOK,
  /** A person who wants an older version back. */
  ROLLBACK
}
