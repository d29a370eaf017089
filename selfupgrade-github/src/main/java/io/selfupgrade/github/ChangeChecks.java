package io.selfupgrade.github;

import com.fasterxml.jackson.databind.JsonNode;
import io.selfupgrade.change.ChangeState;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** What checks say of a commit: statuses and check runs, which GitHub keeps apart. */
final class ChangeChecks {

  private static final int MOST = 1_000;
  private static final Set<String> HARMLESS = Set.of("success", "neutral", "skipped");

  private final GitHubRepository repository;

  ChangeChecks(GitHubRepository repository) {
    this.repository = repository;
  }

  /**
   * Returns what is in the way of a commit; empty if all that is required is there and has passed,
   * and nothing else has failed or is under way.
   *
   * @param required names of check runs or statuses
   */
  Optional<ChangeObstacle> obstacle(String commit, Set<String> required) {
    List<Check> checks = new ArrayList<>();
    boolean complete = addStatuses(commit, checks);
    complete &= addRuns(commit, checks);
    if (!complete) {
      return obstacle(ChangeState.FAILED, "it has more than " + MOST + " checks");
    }
    Set<String> failed = new TreeSet<>();
    Set<String> pending = new TreeSet<>();
    Set<String> missing = new TreeSet<>(required);
    for (Check check : checks) {
      missing.remove(check.name);
      boolean passed =
          required.contains(check.name)
              ? check.result.equals("success")
              : HARMLESS.contains(check.result);
      if (check.result.isEmpty()) {
        pending.add(shown(check.name));
      } else if (!passed) {
        failed.add(shown(check.name) + " (" + shown(check.result) + ")");
      }
    }
    if (!failed.isEmpty()) {
      return obstacle(ChangeState.FAILED, "checks have not passed: " + String.join(", ", failed));
    }
    if (!pending.isEmpty()) {
      return obstacle(ChangeState.WAITING, "checks are under way: " + String.join(", ", pending));
    }
    return missing.isEmpty()
        ? Optional.empty()
        : obstacle(ChangeState.WAITING, "checks are not there: " + String.join(", ", missing));
  }

  private boolean addStatuses(String commit, List<Check> checks) {
    ApiClient.Items items =
        repository
            .client()
            .list(ApiRequest.get(repository.path("commits", commit, "status")), "statuses", MOST);
    for (JsonNode status : items.items()) {
      String state = JsonText.text(status, "state");
      checks.add(new Check(JsonText.text(status, "context"), state.equals("pending") ? "" : state));
    }
    return items.complete();
  }

  private boolean addRuns(String commit, List<Check> checks) {
    ApiClient.Items items =
        repository
            .client()
            .list(
                ApiRequest.get(repository.path("commits", commit, "check-runs")),
                "check_runs",
                MOST);
    for (JsonNode run : items.items()) {
      boolean completed = JsonText.text(run, "status").equals("completed");
      checks.add(
          new Check(
              JsonText.text(run, "name"),
              completed ? JsonText.optionalText(run, "conclusion").orElse("no conclusion") : ""));
    }
    return items.complete();
  }

  private static Optional<ChangeObstacle> obstacle(ChangeState state, String note) {
    return Optional.of(new ChangeObstacle(state, note));
  }

  private static String shown(String text) {
    return Refusals.shortened(text);
  }

  /** A check by its name; the result is empty while it is under way. */
  private record Check(String name, String result) {}
}
