package io.selfupgrade.github;

import com.fasterxml.jackson.databind.JsonNode;
import io.selfupgrade.github.GitHubException.Kind;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** Reads runs of one workflow, their jobs and logs; what is a stranger's text is shortened. */
final class Runs {

  private static final Duration REQUEST = Duration.ofSeconds(15);
  private static final int PAGE = 100;
  private static final int MOST_PAGES = 3;

  private final GitHubRepository repository;
  private final String file;

  Runs(GitHubRepository repository, String file) {
    this.repository = repository;
    this.file = file;
  }

  /**
   * Looks for the run whose title has an id, among the 300 that were asked for last.
   *
   * <p>If several have it, it is the first one, for everybody who looks.
   */
  Optional<GitHubRun> find(UUID id, Budget budget) {
    ApiRequest request =
        ApiRequest.get(repository.path("actions", "workflows", file, "runs"))
            .query("event", "workflow_dispatch")
            .query("exclude_pull_requests", true);
    Optional<GitHubRun> first = Optional.empty();
    for (int page = 1; page <= MOST_PAGES && first.isEmpty(); page++) {
      ApiRequest next = page == 1 ? request : request.query("page", page);
      ApiClient.Items items =
          repository.client().list(next.within(budget.share(REQUEST)), "workflow_runs", PAGE);
      for (JsonNode item : items.items()) {
        if (title(item).contains(id.toString())) {
          GitHubRun run = run(item);
          first = first.filter(other -> other.id() < run.id()).or(() -> Optional.of(run));
        }
      }
      if (items.complete()) {
        break;
      }
    }
    return first;
  }

  /** Asks how a run stands, if anything changed. */
  ApiResponse ask(long id, Optional<String> etag) {
    return repository
        .client()
        .send(
            ApiRequest.get(repository.path("actions", "runs", id))
                .query("exclude_pull_requests", true)
                .within(REQUEST)
                .unless(etag));
  }

  /** Asks how a run's jobs stand, if anything changed. */
  ApiResponse askForJobs(long id, Optional<String> etag) {
    return repository
        .client()
        .send(
            ApiRequest.get(repository.path("actions", "runs", id, "jobs"))
                .query("per_page", PAGE)
                .within(REQUEST)
                .unless(etag));
  }

  /** Returns the environments whose rules hold a run. */
  List<String> waitsFor(long id) {
    JsonNode pending =
        repository
            .client()
            .send(
                ApiRequest.get(repository.path("actions", "runs", id, "pending_deployments"))
                    .within(REQUEST))
            .json();
    List<String> names = new ArrayList<>();
    for (JsonNode one : pending) {
      JsonText.optionalText(one.path("environment"), "name")
          .map(Refusals::shortened)
          .ifPresent(names::add);
    }
    return names;
  }

  /** Returns the end of a job's log. */
  String logTail(long job, Duration longest) throws IOException {
    ApiRequest request =
        ApiRequest.get(repository.path("actions", "jobs", job, "logs")).within(longest);
    try (InputStream in = repository.client().open(request)) {
      return LogTail.read(in);
    }
  }

  /**
   * Asks for a run's end, and once more only if the answer was lost and the run goes on.
   *
   * @throws GitHubException if GitHub refuses, also because it has ended before
   */
  void cancel(long id) {
    ApiRequest request =
        ApiRequest.write("POST", repository.path("actions", "runs", id, "cancel"), Optional.empty())
            .within(REQUEST);
    try {
      repository.client().send(request);
    } catch (GitHubException e) {
      if (e.kind() != Kind.AMBIGUOUS && e.kind() != Kind.UNAVAILABLE) {
        throw e;
      }
      JsonNode seen = ask(id, Optional.empty()).json();
      if (!JsonText.text(seen, "status").equals("completed")) {
        repository.client().send(request);
      }
    }
  }

  GitHubRun run(JsonNode run) {
    long id = JsonText.number(run, "id");
    int attempt = Math.max(1, run.path("run_attempt").asInt(1));
    return new GitHubRun(id, attempt, Refusals.shortened(title(run)), page(id));
  }

  /** Empty on servers from before runs had titles. */
  private static String title(JsonNode run) {
    return JsonText.optionalText(run, "display_title").orElse("");
  }

  List<RunJob> jobs(long run, JsonNode answer) {
    List<RunJob> jobs = new ArrayList<>();
    for (JsonNode job : JsonText.list(answer, "jobs")) {
      String status = JsonText.text(job, "status");
      Optional<String> conclusion = JsonText.optionalText(job, "conclusion");
      long id = JsonText.number(job, "id");
      jobs.add(
          new RunJob(
              id,
              Refusals.shortened(JsonText.text(job, "name")),
              Refusals.shortened(status.equals("completed") ? conclusion.orElse(status) : status),
              step(job, status.equals("completed")),
              URI.create(page(run) + "/job/" + id)));
    }
    return List.copyOf(jobs);
  }

  /** Returns the page of the workflow, or of one of its runs. */
  URI page() {
    return URI.create(web() + "/actions/workflows/" + file);
  }

  URI page(long run) {
    return URI.create(web() + "/actions/runs/" + run);
  }

  /** The pages are beside the API: below api.HOST, or below HOST/api/v3. */
  private String web() {
    String api = repository.settings().api().toString();
    String base =
        api.endsWith("/api/v3")
            ? api.substring(0, api.length() - "/api/v3".length())
            : api.replaceFirst("^https://api\\.", "https://");
    return base + "/" + repository.fullName();
  }

  private static Optional<String> step(JsonNode job, boolean over) {
    for (JsonNode step : job.path("steps")) {
      String state = step.path(over ? "conclusion" : "status").asText("");
      boolean wanted =
          over ? state.equals("failure") || state.equals("timed_out") : state.equals("in_progress");
      if (wanted) {
        return JsonText.optionalText(step, "name").map(Refusals::shortened);
      }
    }
    return Optional.empty();
  }
}
