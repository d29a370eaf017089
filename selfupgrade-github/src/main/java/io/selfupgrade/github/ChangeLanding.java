package io.selfupgrade.github;

import com.fasterxml.jackson.databind.JsonNode;
import io.selfupgrade.change.ChangeProgress;
import io.selfupgrade.change.ChangeResult;
import io.selfupgrade.change.ChangeState;
import io.selfupgrade.github.GitHubException.Kind;
import java.util.Optional;

/** Takes a change from its pull request to its end: waits, merges it if it may, tidies up. */
final class ChangeLanding {

  private final ChangeSettings settings;
  private final ChangeRow row;
  private final ChangeJudge judge;
  private final ChangePulls pulls;
  private final ChangeBranch branches;

  ChangeLanding(GitHubRepository repository, ChangeSettings settings, ChangeRow row) {
    this.settings = settings;
    this.row = row;
    this.judge = new ChangeJudge(repository, settings.policy());
    this.pulls = new ChangePulls(repository);
    this.branches = new ChangeBranch(repository);
  }

  /** Follows the pull request until it has ended, is a person's, or patience is over. */
  ChangeResult land(String into) {
    long number = row.made().pullRequest().orElseThrow();
    ChangeSettings.Patience patience = settings.patience();
    while (true) {
      row.requireLead();
      JsonNode pull = pulls.read(number);
      Optional<ChangeResult> ended = ended(pull);
      if (ended.isPresent()) {
        return ended.get();
      }
      Optional<ChangeObstacle> obstacle = judge.obstacle(row.record(), pull, into);
      if (obstacle.isEmpty()) {
        return merge(number);
      }
      row.noteIfNew(obstacle.get());
      if (obstacle.get().state() != ChangeState.WAITING || !patience.pause()) {
        return new ChangeResult.Open(row.record());
      }
    }
  }

  private ChangeResult merge(long number) {
    row.requireLead();
    String head = row.made().commit().orElseThrow();
    try {
      String title = row.record().brief().title() + " (#" + number + ")";
      String message = ChangeWords.message(row.record(), row.author());
      return merged(
          pulls.merge(number, head, settings.policy().merge().orElseThrow(), title, message));
    } catch (GitHubException e) {
      Optional<ChangeResult> ended = ended(pulls.read(number));
      if (ended.isPresent()) {
        return ended.get();
      }
      if (e.kind() != Kind.CONFLICT && e.kind() != Kind.INVALID && e.kind() != Kind.FORBIDDEN) {
        throw e;
      }
      row.noteIfNew(
          new ChangeObstacle(ChangeState.READY, "GitHub did not merge it: " + e.getMessage()));
      return new ChangeResult.Open(row.record());
    }
  }

  private Optional<ChangeResult> ended(JsonNode pull) {
    if (JsonText.flag(pull, "merged")) {
      return Optional.of(merged(JsonText.text(pull, "merge_commit_sha")));
    }
    if (JsonText.text(pull, "state").equals("closed")) {
      branches.tidy(row.branch(), row.made().commit());
      row.note(ChangeState.CLOSED, ChangeProgress.NONE, "a person closed it");
      return Optional.of(new ChangeResult.Closed(row.record()));
    }
    return Optional.empty();
  }

  private ChangeResult merged(String commit) {
    branches.tidy(row.branch(), row.made().commit());
    row.note(ChangeState.MERGED, ChangeProgress.NONE.merged(commit), "");
    return new ChangeResult.Merged(row.record());
  }
}
