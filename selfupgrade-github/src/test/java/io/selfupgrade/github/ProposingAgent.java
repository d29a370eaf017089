package io.selfupgrade.github;

import io.selfupgrade.agent.Secret;
import io.selfupgrade.change.Change;
import io.selfupgrade.change.ChangePolicy;
import io.selfupgrade.change.ChangeResult;
import io.selfupgrade.change.Changes;
import io.selfupgrade.change.MergeMethod;
import java.time.Duration;

/** The agent of the documentation. */
final class ProposingAgent {

  private ProposingAgent() {}

  static GitHubChanges repository() {
    // region changes
    GitHubChanges changes =
        GitHub.repository("acme/my-bot")
            .token(Secret.env("GITHUB_TOKEN"))
            .changes(
                ChangePolicy.allow("prompts/**")
                    .forbid("prompts/safety/**")
                    .mergeWhenChecksPass(MergeMethod.SQUASH, "build", "answers"))
            .waitAtMost(Duration.ofMinutes(10));
    // endregion
    return changes;
  }

  // region propose
  static ChangeResult greetInTheEvening(Changes changes, String commit, String prompt) {
    return changes.propose(
        Change.of("Greet in the evening too", "Ada wrote at 20:00 and got a good morning.")
            .put("prompts/greeting.md", prompt)
            .on(commit));
  }
  // endregion
}
