package io.selfupgrade.github;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Says how a run has ended, with the log of what failed. */
final class RunEnd {

  private static final Logger LOG = LoggerFactory.getLogger(GitHubWorkflow.class);

  private final Runs runs;
  private final Duration forTheLog;

  /**
   * Says it of runs of a workflow.
   *
   * @param forTheLog how long reading a log may take
   */
  RunEnd(Runs runs, Duration forTheLog) {
    this.runs = runs;
    this.forTheLog = forTheLog;
  }

  /** Returns the end of a run that was seen, in GitHub's word. */
  RunResult of(Watch watch, String word) {
    GitHubRun run = watch.run().orElseThrow();
    return switch (word) {
      case "success" -> new RunResult.Succeeded(run);
      case "cancelled" -> new RunResult.Cancelled(run);
      case "action_required" -> new RunResult.ActionRequired(run);
      default -> failed(watch, run, word);
    };
  }

  private RunResult failed(Watch watch, GitHubRun run, String word) {
    Optional<RunJob> job =
        watch.jobs().stream()
            .filter(it -> it.state().equals("failure") || it.state().equals("timed_out"))
            .findFirst();
    return new RunResult.Failed(run, word, job, job.map(it -> logTail(run, it)).orElse(""));
  }

  private String logTail(GitHubRun run, RunJob job) {
    try {
      return runs.logTail(job.id(), forTheLog);
    } catch (GitHubException | IOException e) {
      LOG.warn("the log of job {} of run {} could not be read", job.id(), run.id(), e);
      return "";
    }
  }
}
