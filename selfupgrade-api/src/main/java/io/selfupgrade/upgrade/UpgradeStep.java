package io.selfupgrade.upgrade;

/** The seven steps of an upgrade, in their order. */
public enum UpgradeStep {
  /** Opens the journal row that everything after is recorded on. */
  TRIGGER,
  /** Looks for a release that is newer and allowed. */
  CHECK,
  /** Pulls it, proves it trusted, and tries it without touching what runs. */
  VALIDATE,
  /** Takes a snapshot of the agent's data. */
  BACKUP,
  /** Migrates, starts the candidate beside, drains and hands over. */
  APPLY,
  /** Puts the new version on probation. */
  VERIFY,
  /** Tells the outcome. */
  REPORT
}
