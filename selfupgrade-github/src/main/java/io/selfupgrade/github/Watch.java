package io.selfupgrade.github;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Optional;

/** A run as it was seen last; nothing new costs one or two conditional requests. */
final class Watch {

  private static final String OVER = "completed";
  private static final String HELD = "waiting";
  private static final List<String> BEFORE = List.of("queued", "requested", "pending");

  private static final List<String> NO_JOBS = List.of("success", "cancelled", "action_required");

  private final Runs runs;
  private final long id;
  private Optional<String> etag = Optional.empty();
  private Optional<String> jobsEtag = Optional.empty();
  private Optional<GitHubRun> run = Optional.empty();
  private String status = "";
  private String conclusion = "";
  private List<RunJob> jobs = List.of();
  private List<String> environments = List.of();

  Watch(Runs runs, long id) {
    this.runs = runs;
    this.id = id;
  }

  /**
   * Looks.
   *
   * @return whether anything changed
   */
  boolean look() {
    ApiResponse answer = runs.ask(id, etag);
    boolean changed = !answer.unchanged();
    if (changed) {
      JsonNode seen = answer.json();
      run = Optional.of(runs.run(seen));
      status = JsonText.optionalText(seen, "status").orElse("");
      conclusion = JsonText.optionalText(seen, "conclusion").orElse("");
      environments = status.equals(HELD) ? environments() : List.of();
      etag = answer.etag();
    }
    if (!BEFORE.contains(status) && !status.equals(HELD) && !NO_JOBS.contains(conclusion)) {
      changed |= lookAtJobs();
    }
    return changed;
  }

  private boolean lookAtJobs() {
    try {
      ApiResponse answer = runs.askForJobs(id, jobsEtag);
      if (!answer.unchanged()) {
        jobs = runs.jobs(id, answer.json());
        jobsEtag = answer.etag();
        return true;
      }
    } catch (GitHubException e) {
      requireForNow(e);
    }
    return false;
  }

  private List<String> environments() {
    try {
      return runs.waitsFor(id);
    } catch (GitHubException e) {
      requireForNow(e);
      return List.of();
    }
  }

  /** What may pass is trouble as any other; what is never to be had is done without. */
  private static void requireForNow(GitHubException e) {
    if (e.retryable()) {
      throw e;
    }
  }

  Optional<GitHubRun> run() {
    return run;
  }

  List<RunJob> jobs() {
    return jobs;
  }

  /** Returns how it ended, in GitHub's word; empty if it has not. */
  Optional<String> ended() {
    if (status.equals("action_required")) {
      return Optional.of(status);
    }
    return status.equals(OVER)
        ? Optional.of(conclusion.isEmpty() ? "no conclusion" : Refusals.shortened(conclusion))
        : Optional.empty();
  }

  RunProgress progress() {
    GitHubRun seen = run.orElseThrow();
    if (BEFORE.contains(status)) {
      return new RunProgress.Queued(seen);
    }
    return status.equals(HELD)
        ? new RunProgress.WaitingForApproval(seen, environments)
        : new RunProgress.Running(seen, jobs);
  }
}
