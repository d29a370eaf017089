package io.selfupgrade.github;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.selfupgrade.change.MergeRule;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** The pull requests of a repository, as far as a change needs them. */
final class ChangePulls {

  private static final int MOST_REVIEWS = 1_000;

  private final GitHubRepository repository;

  ChangePulls(GitHubRepository repository) {
    this.repository = repository;
  }

  /** Returns the newest pull request of a branch of this repository, open or not. */
  Optional<Long> of(String branch) {
    ApiRequest request =
        ApiRequest.get(repository.path("pulls"))
            .query("state", "all")
            .query("head", repository.owner() + ":" + branch);
    return repository.client().list(request, "", 100).items().stream()
        .filter(pull -> pull.path("head").path("ref").asText().equals(branch))
        .map(pull -> JsonText.number(pull, "number"))
        .max(Long::compare);
  }

  /** Opens one and returns its number. */
  long open(String title, String body, String branch, String into) {
    ObjectNode request =
        JsonText.object()
            .put("title", title)
            .put("head", branch)
            .put("base", into)
            .put("body", body);
    return JsonText.number(
        repository.client().send(ApiRequest.post(repository.path("pulls"), request)).json(),
        "number");
  }

  /** Reads one. */
  JsonNode read(long number) {
    return repository.client().send(ApiRequest.get(repository.path("pulls", number))).json();
  }

  /** Reads what one changes. */
  ApiClient.Items files(long number, int most) {
    return repository
        .client()
        .list(ApiRequest.get(repository.path("pulls", number, "files")), "", most);
  }

  /** Returns who asked for changes and has not taken it back. */
  Optional<String> unhappy(long number) {
    ApiRequest request = ApiRequest.get(repository.path("pulls", number, "reviews"));
    ApiClient.Items reviews = repository.client().list(request, "", MOST_REVIEWS);
    if (!reviews.complete()) {
      return Optional.of("somebody among more than " + MOST_REVIEWS + " reviews");
    }
    Map<String, String> last = new LinkedHashMap<>();
    for (JsonNode review : reviews.items()) {
      String state = JsonText.text(review, "state").toUpperCase(Locale.ROOT);
      if (!state.equals("COMMENTED") && !state.equals("PENDING")) {
        last.put(review.path("user").path("login").asText("somebody"), state);
      }
    }
    return last.entrySet().stream()
        .filter(entry -> entry.getValue().equals("CHANGES_REQUESTED"))
        .map(entry -> Refusals.shortened(entry.getKey()))
        .findFirst();
  }

  /**
   * Merges one if its head is still that commit.
   *
   * @return the commit that brought it in
   */
  String merge(long number, String head, MergeRule rule, String title, String message) {
    ObjectNode body =
        JsonText.object()
            .put("sha", head)
            .put("merge_method", rule.method().name().toLowerCase(Locale.ROOT))
            .put("commit_title", title)
            .put("commit_message", message);
    String path = repository.path("pulls", number, "merge");
    return JsonText.text(
        repository.client().send(ApiRequest.write("PUT", path, Optional.of(body))).json(), "sha");
  }
}
