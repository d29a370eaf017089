package io.selfupgrade.github;

import com.fasterxml.jackson.databind.JsonNode;
import io.selfupgrade.github.CommitFinding.NotAcceptable;
import io.selfupgrade.github.CommitFinding.Why;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The checks of a commit: statuses, and check runs, of which GitHub's combined state knows nothing.
 */
final class CommitChecks {

  private static final int MOST = 1000;
  private static final Set<String> PASSED = Set.of("success", "neutral", "skipped");

  private final GitHubRepository repository;
  private final String commit;

  CommitChecks(GitHubRepository repository, String commit) {
    this.repository = repository;
    this.commit = commit;
  }

  /**
   * Returns why the checks are not enough.
   *
   * @param required names that must be among those that passed; empty to ask for nothing
   */
  Optional<NotAcceptable> notPassed(Optional<Set<String>> required) {
    if (required.isEmpty()) {
      return Optional.empty();
    }
    Map<String, String> results = new TreeMap<>();
    boolean complete = statuses(results);
    complete &= runs(results);
    Set<String> failed = new TreeSet<>();
    Set<String> pending = new TreeSet<>();
    results.forEach(
        (name, result) -> {
          if (result.isEmpty()) {
            pending.add(name);
          } else if (!PASSED.contains(result)
              || (required.get().contains(name) && !result.equals("success"))) {
            failed.add(name + " (" + result + ")");
          }
        });
    Set<String> missing = new TreeSet<>(required.get());
    missing.removeAll(results.keySet());
    if (!failed.isEmpty()) {
      return not(Why.CHECKS_FAILED, "checks did not pass: " + String.join(", ", failed));
    }
    if (!pending.isEmpty()) {
      return not(Why.CHECKS_PENDING, "checks are under way: " + String.join(", ", pending));
    }
    if (results.isEmpty() || !missing.isEmpty()) {
      return not(
          Why.CHECKS_MISSING,
          results.isEmpty()
              ? "no check was made of it yet"
              : "checks are not there yet: " + String.join(", ", missing));
    }
    return complete
        ? Optional.empty()
        : not(Why.CHECKS_PENDING, "it has more than " + MOST + " checks, which are not all read");
  }

  private boolean statuses(Map<String, String> results) {
    ApiClient.Items items =
        repository
            .client()
            .list(ApiRequest.get(repository.path("commits", commit, "status")), "statuses", MOST);
    for (JsonNode status : items.items()) {
      String state = JsonText.text(status, "state");
      add(results, JsonText.text(status, "context"), state.equals("pending") ? "" : state);
    }
    return items.complete();
  }

  private boolean runs(Map<String, String> results) {
    ApiClient.Items items =
        repository
            .client()
            .list(
                ApiRequest.get(repository.path("commits", commit, "check-runs"))
                    .query("filter", "latest"),
                "check_runs",
                MOST);
    for (JsonNode run : items.items()) {
      boolean over = JsonText.text(run, "status").equals("completed");
      add(
          results,
          JsonText.text(run, "name"),
          over ? JsonText.optionalText(run, "conclusion").orElse("no conclusion") : "");
    }
    return items.complete();
  }

  /** Of two of one name the worse one counts, whoever made it. */
  private static void add(Map<String, String> results, String name, String result) {
    results.merge(
        Refusals.shortened(name),
        Refusals.shortened(result),
        (one, other) -> rank(one) >= rank(other) ? one : other);
  }

  private static int rank(String result) {
    if (result.isEmpty()) {
      return 1;
    }
    return PASSED.contains(result) ? 0 : 2;
  }

  private Optional<NotAcceptable> not(Why why, String message) {
    return Optional.of(new NotAcceptable(why, commit, message));
  }
}
