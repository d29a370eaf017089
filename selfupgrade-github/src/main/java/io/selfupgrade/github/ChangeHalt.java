package io.selfupgrade.github;

import io.selfupgrade.change.ChangeResult;

/** Ends a run of steps early, with what the caller gets; never leaves {@link GitHubChanges}. */
final class ChangeHalt extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final transient ChangeResult result;

  ChangeHalt(ChangeResult result) {
    super(result.summary(), null, false, false);
    this.result = result;
  }

  ChangeResult result() {
    return result;
  }
}
