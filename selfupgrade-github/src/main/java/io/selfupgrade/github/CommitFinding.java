package io.selfupgrade.github;

import java.util.Objects;

/** What a branch's newest commit is to who runs an older one; closed. */
public sealed interface CommitFinding {

  /** Returns the commit, 40 or 64 hexadecimal digits. */
  String commit();

  /** Returns one sentence for people. */
  String summary();

  /**
   * It is newer, and all that was asked for is met.
   *
   * @param commit the commit
   * @param by how many commits it is ahead; 0 if there was nothing to compare it with
   */
  record Ahead(String commit, long by) implements CommitFinding {
    /** Validates that the commit is there. */
    public Ahead {
      Objects.requireNonNull(commit, "commit");
    }

    @Override
    public String summary() {
      return "commit " + commit + " is " + by + " ahead and acceptable";
    }
  }

  /**
   * It is the one that runs.
   *
   * @param commit the commit
   */
  record Same(String commit) implements CommitFinding {
    /** Validates that the commit is there. */
    public Same {
      Objects.requireNonNull(commit, "commit");
    }

    @Override
    public String summary() {
      return "commit " + commit + " is the newest";
    }
  }

  /**
   * It must not be built, or not yet.
   *
   * @param why of a closed set
   * @param commit the commit
   * @param message what was seen, what was expected and what to do
   */
  record NotAcceptable(Why why, String commit, String message) implements CommitFinding {
    /** Validates that all are there. */
    public NotAcceptable {
      Objects.requireNonNull(why, "why");
      Objects.requireNonNull(commit, "commit");
      Objects.requireNonNull(message, "message");
    }

    @Override
    public String summary() {
      return "commit " + commit + " is not acceptable: " + message;
    }
  }

  /** Why a commit is not acceptable; closed. */
  enum Why {
    /** The branch was set back: what runs is newer. */
    BEHIND,
    /** The branch was rewritten: what runs is not in its history. */
    DIVERGED,
    /** The commit that runs is not in the repository. */
    UNKNOWN_BASE,
    /** Nobody signed it, or GitHub does not accept the signature. */
    NOT_VERIFIED,
    /** GitHub cannot verify signatures at the moment; asked again later. */
    VERIFICATION_UNAVAILABLE,
    /** A check is under way; asked again later. */
    CHECKS_PENDING,
    /** No check was made, or not the one that must be there; asked again later. */
    CHECKS_MISSING,
    /** A check failed. */
    CHECKS_FAILED
  }
}
