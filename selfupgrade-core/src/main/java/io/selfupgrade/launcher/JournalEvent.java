package io.selfupgrade.launcher;

/** What the launcher writes into its journal. */
public enum JournalEvent {
  /** A launcher began to work; version = the confirmed one. */
  LAUNCHER_STARTED,
  /** A launcher ended its work as it was asked to. */
  LAUNCHER_ENDED,
  /** A child was started. */
  STARTED,
  /** A child could not be started. */
  NOT_STARTED,
  /** A living child of an earlier launcher was taken over. */
  ADOPTED,
  /** A child is dead for certain. */
  REAPED,
  /** A child was asked to end. */
  STOPPING,
  /** A child did not end in its time and was killed. */
  KILLED,
  /** A trial began. */
  TRIAL,
  /** The candidate leads. */
  HANDED_OVER,
  /** The decision for the candidate was obeyed. */
  CONFIRMED,
  /** {@code current} points to another version. */
  POINTED,
  /** The decision against the candidate was obeyed. */
  DROPPED,
  /** The trial's record was removed: it is carried out. */
  TRIAL_ENDED,
  /** The candidate is not started again before an agent decides. */
  EXHAUSTED,
  /** The candidate's time passed without a decision. */
  UNDECIDED,
  /** A slot is damaged; nothing of it was executed. */
  DAMAGED,
  /** Another verified slot is started in place of a damaged one. */
  FALLBACK,
  /** A request cannot be read, or came too late. */
  IGNORED,
  /** Something around the launcher fails; it goes on trying. */
  TROUBLE
}
