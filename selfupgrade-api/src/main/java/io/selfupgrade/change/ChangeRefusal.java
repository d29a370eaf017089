package io.selfupgrade.change;

/** Why a change is not made, or not taken further; a closed set. */
public enum ChangeRefusal {
  /** The caller is not the primary, which alone proposes. */
  NOT_PRIMARY,
  /** Forward effects are frozen by file or row. */
  FROZEN,
  /** Another change of the same key is under way, or has ended. */
  KEY_TAKEN,
  /** There is no change of that key. */
  UNKNOWN,
  /** It was interrupted before its commit: propose it again, with its files. */
  INCOMPLETE,
  /** It changes nothing. */
  EMPTY,
  /** Title or reason cannot be used. */
  TEXT_UNUSABLE,
  /** A path is none, or may mean another place. */
  PATH_UNUSABLE,
  /** A path that no policy can allow, or that the caller forbids. */
  PATH_FORBIDDEN,
  /** A path that the policy does not allow. */
  PATH_NOT_ALLOWED,
  /** At the path, or in its way, is a link, a submodule, a directory, an executable, or nothing. */
  NOT_A_FILE,
  /** Too many files, or too many bytes. */
  TOO_LARGE,
  /** Something looks like a secret. */
  SECRET_FOUND,
  /** The branch has moved since the files were read. */
  BASE_MOVED,
  /** Somebody else has written to the change's branch. */
  BRANCH_MOVED
}
