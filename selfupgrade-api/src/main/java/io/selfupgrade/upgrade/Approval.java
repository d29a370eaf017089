package io.selfupgrade.upgrade;

/** Whether a person has to agree before a release is installed. */
public enum Approval {
  /** Nobody is asked. The default. */
  NONE,
  /** A validated release waits in {@link UpgradePhase#AWAITING_APPROVAL} for a person's word. */
  REQUIRED
}
