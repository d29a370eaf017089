package io.selfupgrade.github;

import java.util.Map;
import java.util.UUID;

/**
 * A signed release to be made of a commit.
 *
 * @param workflow file name of what builds and signs
 * @param branch whose workflow it is, and that the commit was the head of
 * @param commit what is built
 * @param channel what for
 */
record Build(String workflow, String branch, String commit, String channel) {

  /** Returns the name by which a store knows it. */
  String key() {
    return "build of " + commit + " for " + channel + " by " + workflow;
  }

  /** The workflow builds the branch as it is then: it is told which commit was judged. */
  Map<String, String> inputs(UUID id) {
    return Map.of("upgrade", id.toString(), "channel", channel, "commit", commit);
  }

  /** Returns what is built, for people. */
  @Override
  public String toString() {
    return "commit " + commit + " for " + channel;
  }
}
