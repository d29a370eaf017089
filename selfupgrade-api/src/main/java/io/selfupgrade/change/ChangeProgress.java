package io.selfupgrade.change;

import java.util.Objects;
import java.util.Optional;

/**
 * What has been made of a change, step by step.
 *
 * @param base the commit that it stands on
 * @param commit the commit with its files
 * @param pullRequest the number of its pull request
 * @param merged the commit that brought it into the branch: the release that upgrades the agent is
 *     made of this one or of one after it
 */
public record ChangeProgress(
    Optional<String> base,
    Optional<String> commit,
    Optional<Long> pullRequest,
    Optional<String> merged) {

  /** Nothing yet. */
  public static final ChangeProgress NONE =
      new ChangeProgress(Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());

  /** Validates that all are there. */
  public ChangeProgress {
    Objects.requireNonNull(base, "base");
    Objects.requireNonNull(commit, "commit");
    Objects.requireNonNull(pullRequest, "pullRequest");
    Objects.requireNonNull(merged, "merged");
  }

  /** Returns the same, standing on a commit. */
  public ChangeProgress on(String commitId) {
    return new ChangeProgress(Optional.of(commitId), commit, pullRequest, merged);
  }

  /** Returns the same with its commit. */
  public ChangeProgress committed(String commitId) {
    return new ChangeProgress(base, Optional.of(commitId), pullRequest, merged);
  }

  /** Returns the same with its pull request. */
  public ChangeProgress asked(long number) {
    return new ChangeProgress(base, commit, Optional.of(number), merged);
  }

  /** Returns the same, merged. */
  public ChangeProgress merged(String commitId) {
    return new ChangeProgress(base, commit, pullRequest, Optional.of(commitId));
  }

  /** Returns the same with what the other one has and this one has not. */
  public ChangeProgress or(ChangeProgress other) {
    return new ChangeProgress(
        base.or(other::base),
        commit.or(other::commit),
        pullRequest.or(other::pullRequest),
        merged.or(other::merged));
  }
}
