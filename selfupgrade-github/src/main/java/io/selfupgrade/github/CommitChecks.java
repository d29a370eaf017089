package io.selfupgrade.github;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * The checks of a commit: statuses, and check runs, of which GitHub's combined state knows nothing.
 *
 * @param failed those that have not passed, with their results, for people
 * @param pending those under way, for people
 * @param missing names that are required and not there
 * @param count how many there are
 * @param complete whether all were read
 */
record CommitChecks(
    SortedSet<String> failed,
    SortedSet<String> pending,
    SortedSet<String> missing,
    int count,
    boolean complete) {

  /** How many of each kind are read. */
  static final int MOST = 1000;

  private static final Set<String> HARMLESS = Set.of("success", "neutral", "skipped");

  /**
   * Reads them; of several of one name each counts, whoever made it.
   *
   * @param required names that must be there with {@code success}; to the others no harm may come
   */
  static CommitChecks read(GitHubRepository repository, String commit, Set<String> required) {
    List<Check> checks = new ArrayList<>();
    boolean complete = statuses(repository, commit, checks);
    complete &= runs(repository, commit, checks);
    SortedSet<String> failed = new TreeSet<>();
    SortedSet<String> pending = new TreeSet<>();
    SortedSet<String> missing = new TreeSet<>(required);
    for (Check check : checks) {
      missing.remove(check.name);
      boolean passed =
          required.contains(check.name)
              ? check.result.equals("success")
              : HARMLESS.contains(check.result);
      if (check.result.isEmpty()) {
        pending.add(Refusals.shortened(check.name));
      } else if (!passed) {
        failed.add(Refusals.shortened(check.name) + " (" + Refusals.shortened(check.result) + ")");
      }
    }
    return new CommitChecks(failed, pending, missing, checks.size(), complete);
  }

  private static boolean statuses(GitHubRepository repository, String commit, List<Check> checks) {
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

  private static boolean runs(GitHubRepository repository, String commit, List<Check> checks) {
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
      checks.add(
          new Check(
              JsonText.text(run, "name"),
              over ? JsonText.optionalText(run, "conclusion").orElse("no conclusion") : ""));
    }
    return items.complete();
  }

  /** A check by its name; the result is empty while it is under way. */
  private record Check(String name, String result) {}
}
