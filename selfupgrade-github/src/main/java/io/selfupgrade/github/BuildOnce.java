package io.selfupgrade.github;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.selfupgrade.github.GitHubException.Kind;
import io.selfupgrade.upgrade.SourceStore;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;

/**
 * Asks the workflow that builds and signs for a commit once, whoever asks and however often.
 *
 * <p>The id under which it is asked for is pinned before, and is in the run's name: an answer that
 * was lost is resolved by looking for that. Not found two minutes after it was asked for, it is
 * asked for once more by the same id.
 */
final class BuildOnce {

  static final Duration TO_APPEAR = Duration.ofMinutes(2);

  private static final int MOST_RUNS = 100;
  private static final String DETAILS_ALWAYS = "2026-03-10";
  private static final String AT_LARGE = "asked for at ";

  private final GitHubRepository repository;
  private final String workflow;
  private final String branch;
  private final SourceStore store;

  BuildOnce(GitHubRepository repository, String workflow, String branch, SourceStore store) {
    this.repository = repository;
    this.workflow = workflow;
    this.branch = branch;
    this.store = store;
  }

  /** Tells whether the build of a commit for a channel was taken by GitHub. */
  boolean done(String commit, String channel) {
    return store.pinned(key(commit, channel, "run")).isPresent();
  }

  /**
   * Asks, unless somebody did.
   *
   * @param before what this returned the last time
   * @return what came of it, for people and for the next time
   */
  String ask(String commit, String channel, String before) {
    UUID mine = UUID.randomUUID();
    String id = store.pin(key(commit, channel, "id"), mine.toString());
    if (!id.equals(mine.toString())) {
      Optional<String> run = find(id);
      if (run.isPresent()) {
        return taken(commit, channel, run.get());
      }
      if (tooEarly(before)) {
        return before;
      }
    }
    try {
      return taken(commit, channel, run(send(commit, channel, id), id));
    } catch (GitHubException e) {
      if (e.kind() == Kind.AMBIGUOUS) {
        return AT_LARGE + repository.settings().clock().instant();
      }
      throw e;
    }
  }

  private boolean tooEarly(String before) {
    return before.startsWith(AT_LARGE)
        && Instant.parse(before.substring(AT_LARGE.length()))
            .plus(TO_APPEAR)
            .isAfter(repository.settings().clock().instant());
  }

  private String taken(String commit, String channel, String run) {
    store.pin(key(commit, channel, "run"), run);
    return workflow + " was asked to build commit " + commit + " for " + channel + ", run " + run;
  }

  private static String run(ApiResponse answer, String id) {
    JsonNode told =
        answer.status() == 200 ? answer.json().path("workflow_run_id") : JsonText.object();
    return told.isIntegralNumber() ? told.asText() : "not told, its name has " + id;
  }

  /** The workflow builds the branch as it is then: it is told which commit was judged. */
  private ApiResponse send(String commit, String channel, String id) {
    ObjectNode body = JsonText.object().put("ref", branch);
    body.putObject("inputs").put("upgrade", id).put("channel", channel).put("commit", commit);
    if (repository.settings().apiVersion().compareTo(DETAILS_ALWAYS) < 0) {
      body.put("return_run_details", true);
    }
    String path = repository.path("actions", "workflows", workflow, "dispatches");
    return repository.client().send(ApiRequest.post(path, body));
  }

  private Optional<String> find(String id) {
    ApiClient.Items runs =
        repository
            .client()
            .list(
                ApiRequest.get(repository.path("actions", "workflows", workflow, "runs"))
                    .query("event", "workflow_dispatch")
                    .query("exclude_pull_requests", true),
                "workflow_runs",
                MOST_RUNS);
    for (JsonNode run : runs.items()) {
      if (JsonText.text(run, "display_title").contains(id)) {
        return Optional.of(Long.toString(JsonText.number(run, "id")));
      }
    }
    return Optional.empty();
  }

  private String key(String commit, String channel, String what) {
    return repository.key(
        "build of " + commit + " for " + channel + " by " + workflow + ", " + what);
  }
}
