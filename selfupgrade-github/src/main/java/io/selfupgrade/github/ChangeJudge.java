package io.selfupgrade.github;

import com.fasterxml.jackson.databind.JsonNode;
import io.selfupgrade.change.ChangePolicy;
import io.selfupgrade.change.ChangeRecord;
import io.selfupgrade.change.ChangeState;
import io.selfupgrade.change.MergeRule;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** Decides whether an open pull request may be merged without a person. */
final class ChangeJudge {

  private final GitHubRepository repository;
  private final ChangePolicy policy;
  private final ChangePulls pulls;

  ChangeJudge(GitHubRepository repository, ChangePolicy policy) {
    this.repository = repository;
    this.policy = policy;
    this.pulls = new ChangePulls(repository);
  }

  /** Returns what is in the way; empty if the policy lets it be merged as it is. */
  Optional<ChangeObstacle> obstacle(ChangeRecord record, JsonNode pull, String into) {
    String commit = record.progress().commit().orElseThrow();
    long number = JsonText.number(pull, "number");
    return changed(record, pull, commit, into)
        .or(() -> pulls.unhappy(number).map(who -> ready(who + " asked for changes")))
        .or(() -> unchecked(CommitChecks.read(repository, commit, required())))
        .or(this::withoutRule)
        .or(() -> files(number, commit));
  }

  private Set<String> required() {
    return policy.merge().map(MergeRule::checks).orElse(Set.of());
  }

  private static Optional<ChangeObstacle> unchecked(CommitChecks checks) {
    if (!checks.complete()) {
      return obstacle(
          ChangeState.FAILED, "it has more than " + CommitChecks.MOST + " checks", Set.of());
    }
    if (!checks.failed().isEmpty()) {
      return obstacle(ChangeState.FAILED, "checks have not passed: ", checks.failed());
    }
    if (!checks.pending().isEmpty()) {
      return obstacle(ChangeState.WAITING, "checks are under way: ", checks.pending());
    }
    return checks.missing().isEmpty()
        ? Optional.empty()
        : obstacle(ChangeState.WAITING, "checks are not there: ", checks.missing());
  }

  private static Optional<ChangeObstacle> obstacle(
      ChangeState state, String note, Set<String> names) {
    return Optional.of(new ChangeObstacle(state, note + String.join(", ", names)));
  }

  private Optional<ChangeObstacle> withoutRule() {
    return policy.merge().isPresent()
        ? Optional.empty()
        : Optional.of(ready("nothing is against it; by the policy a person merges it"));
  }

  private Optional<ChangeObstacle> changed(
      ChangeRecord record, JsonNode pull, String commit, String into) {
    JsonNode head = JsonText.object(pull, "head");
    if (!JsonText.text(head, "sha").equals(commit)
        || !JsonText.text(head, "ref").equals(ChangeWords.branch(record))
        || !head.path("repo").path("full_name").asText().equalsIgnoreCase(repository.fullName())) {
      return Optional.of(
          ready("somebody else has written to its branch, so a person decides about it"));
    }
    if (!JsonText.text(JsonText.object(pull, "base"), "ref").equals(into)) {
      return Optional.of(ready("it goes into another branch now, so a person decides about it"));
    }
    if (pull.path("draft").asBoolean()) {
      return Optional.of(ready("it was made a draft"));
    }
    JsonNode mergeable = pull.path("mergeable");
    return mergeable.isBoolean() && !mergeable.booleanValue()
        ? Optional.of(
            new ChangeObstacle(
                ChangeState.FAILED,
                "it conflicts with " + into + ": close it, and propose it anew on what is there"))
        : Optional.empty();
  }

  /** Asks the policy again, of what the pull request really changes. */
  private Optional<ChangeObstacle> files(long number, String commit) {
    ApiClient.Items items = pulls.files(number, policy.mostFiles());
    Set<String> paths = new TreeSet<>();
    Set<String> written = new TreeSet<>();
    for (JsonNode file : items.items()) {
      String path = JsonText.text(file, "filename");
      paths.add(path);
      String status = JsonText.text(file, "status");
      if (status.equals("renamed")) {
        paths.add(JsonText.text(file, "previous_filename"));
      }
      if (!status.equals("removed")) {
        written.add(path);
      }
    }
    if (!items.complete()) {
      return Optional.of(ready("it changes more than " + policy.mostFiles() + " files"));
    }
    ChangeTree tree = new ChangeTree(repository, commit);
    return policy
        .checkPaths(paths)
        .map(no -> ready("the policy does not let it be merged: " + no.message()))
        .or(
            () ->
                written.stream()
                    .filter(path -> tree.at(path).filter(ChangeTree.Entry::isFile).isEmpty())
                    .findFirst()
                    .map(path -> ready("\"" + path + "\" is not a plain file in it")));
  }

  private static ChangeObstacle ready(String note) {
    return new ChangeObstacle(ChangeState.READY, note);
  }
}
