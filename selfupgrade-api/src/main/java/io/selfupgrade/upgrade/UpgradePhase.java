package io.selfupgrade.upgrade;

/**
 * The one decision of an upgrade; each move is a compare-and-set in the journal.
 *
 * <p>A phase in which the upgrade is over is {@link #isFinal() final}: nothing moves it again.
 */
public enum UpgradePhase {
  /** The journal row exists; nothing is staged. */
  OPEN,
  /** The release's files are here and trusted. */
  STAGED,
  /** Waits for a person. */
  AWAITING_APPROVAL,
  /** The candidate is being started beside the running version. */
  TRIAL,
  /** The candidate leads, on probation. */
  HANDED_OVER,
  /** The old version takes the lead back. */
  ROLLING_BACK,
  /** Final: the new version is the confirmed one. */
  CONFIRMED,
  /** Final: the old version leads again. */
  ROLLED_BACK,
  /** Final: going back did not succeed; the outcome names what runs. */
  ROLLBACK_FAILED,
  /** Final: the release was not accepted; the running version was never touched. */
  REFUSED,
  /** Final: there was nothing newer. */
  UP_TO_DATE,
  /** Final: ended before the hand-over for a reason that is not the release's. */
  ABORTED;

  /** Tells whether an upgrade in this phase is over. */
  public boolean isFinal() {
    return ordinal() >= CONFIRMED.ordinal();
  }

  /** Tells whether a new primary aborts an upgrade that it finds in this phase. */
  public boolean isAbortedByNewPrimary() {
    return this == OPEN || this == STAGED || this == TRIAL;
  }

  /** Tells whether the journal allows a move from this phase to the other. */
  public boolean canMoveTo(UpgradePhase next) {
    return switch (this) {
      case OPEN -> next == STAGED || next == REFUSED || next == UP_TO_DATE || next == ABORTED;
      case STAGED ->
          next == AWAITING_APPROVAL || next == TRIAL || next == REFUSED || next == ABORTED;
      case AWAITING_APPROVAL -> next == TRIAL || next == REFUSED || next == ABORTED;
      case TRIAL -> next == HANDED_OVER || next == ABORTED;
      case HANDED_OVER -> next == CONFIRMED || next == ROLLING_BACK;
      case ROLLING_BACK -> next == ROLLED_BACK || next == ROLLBACK_FAILED;
      default -> false;
    };
  }
}
