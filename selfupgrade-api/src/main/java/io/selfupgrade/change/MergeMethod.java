package io.selfupgrade.change;

/** How a change becomes part of the branch. */
public enum MergeMethod {
  /** By a commit of its own with two parents. */
  MERGE,
  /** As one new commit. */
  SQUASH,
  /** By its commit, copied on top. */
  REBASE
}
