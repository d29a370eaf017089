package io.selfupgrade.launcher;

/** How the launcher stands to a candidate. */
public enum TrialState {
  /** It is kept running. */
  RUNNING,
  /** It is not started again before an agent decides: it used up its starts or cannot start. */
  EXHAUSTED,
  /** It ran longer than its limit without a decision: stopped, its slot kept. */
  UNDECIDED
}
