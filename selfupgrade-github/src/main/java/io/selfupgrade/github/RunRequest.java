package io.selfupgrade.github;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.selfupgrade.github.GitHubException.Kind;
import java.time.Duration;
import java.util.Map;
import java.util.OptionalLong;

/** Asks for a run of a workflow, in words that each version of GitHub's API understands. */
final class RunRequest {

  private static final Duration REQUEST = Duration.ofSeconds(15);
  private static final String DETAILS = "return_run_details";
  private static final String DETAILS_ALWAYS = "2026-03-10";

  private final GitHubRepository repository;
  private final String path;

  RunRequest(GitHubRepository repository, String file) {
    this.repository = repository;
    this.path = repository.path("actions", "workflows", file, "dispatches");
  }

  /**
   * Asks once.
   *
   * @return the run's number, if GitHub tells it
   * @throws GitHubException if GitHub refuses; {@link Kind#AMBIGUOUS} and {@link Kind#UNEXPECTED}:
   *     there may be a run all the same
   */
  OptionalLong send(String ref, Map<String, String> inputs, Budget budget) {
    ObjectNode body = JsonText.object().put("ref", ref);
    ObjectNode values = body.putObject("inputs");
    inputs.forEach(values::put);
    ApiResponse answer = ask(body, budget);
    return answer.status() == 200
        ? OptionalLong.of(JsonText.number(answer.json(), "workflow_run_id"))
        : OptionalLong.empty();
  }

  private ApiResponse ask(ObjectNode body, Budget budget) {
    if (repository.settings().apiVersion().compareTo(DETAILS_ALWAYS) >= 0) {
      return post(body, budget);
    }
    try {
      return post(body.deepCopy().put(DETAILS, true), budget);
    } catch (GitHubException e) {
      if (e.kind() == Kind.INVALID && e.operation().contains(DETAILS)) {
        // An older server does not know this word; nothing was done.
        return post(body, budget);
      }
      throw e;
    }
  }

  private ApiResponse post(ObjectNode body, Budget budget) {
    return repository.client().send(ApiRequest.post(path, body).within(budget.share(REQUEST)));
  }
}
