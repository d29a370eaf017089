package io.selfupgrade.change;

/** How far a change has come; closed. */
public enum ChangeState {
  /** It is begun: its branch, commit and pull request are being made. */
  PROPOSED,
  /** The pull request is there; its checks are awaited. */
  WAITING,
  /** The pull request is there, and the rest is a person's. */
  READY,
  /** Something is against it: a check failed, or it was refused; it goes on when that is mended. */
  FAILED,
  /** It is in the branch that releases are made of. */
  MERGED,
  /** A person closed the pull request. */
  CLOSED,
  /** It may not be made. The same key may be used anew. */
  REFUSED;

  /** Tells whether nothing follows. */
  public boolean isFinal() {
    return this == MERGED || this == CLOSED || this == REFUSED;
  }
}
