package io.selfupgrade.github;

import java.time.Duration;
import java.util.Objects;
import java.util.Optional;

/** How following a run ended; closed. */
public sealed interface RunResult {

  /** Returns what happened, in a sentence. */
  String summary();

  /**
   * Every job of it went well.
   *
   * @param run the run
   */
  record Succeeded(GitHubRun run) implements RunResult {
    /** Validates that it is there. */
    public Succeeded {
      Objects.requireNonNull(run, "run");
    }

    @Override
    public String summary() {
      return "run " + run.id() + " succeeded: " + run.page();
    }
  }

  /**
   * It is over and did not go well, or did nothing.
   *
   * @param run the run
   * @param conclusion what GitHub says: {@code failure}, {@code timed_out}, {@code skipped}, {@code
   *     startup_failure} and the like
   * @param job the first job that failed; empty if none did, or GitHub did not say
   * @param logTail the end of that job's log, at most 80 lines and 16 KiB; empty if it could not be
   *     had. Text that strangers may have written: GitHub has masked secrets that it knows, control
   *     characters are taken out, and nothing else was done to it
   */
  record Failed(GitHubRun run, String conclusion, Optional<RunJob> job, String logTail)
      implements RunResult {
    /** Validates that all are there. */
    public Failed {
      Objects.requireNonNull(run, "run");
      Objects.requireNonNull(conclusion, "conclusion");
      Objects.requireNonNull(job, "job");
      Objects.requireNonNull(logTail, "logTail");
    }

    @Override
    public String summary() {
      return "run "
          + run.id()
          + " ended as "
          + conclusion
          + job.map(failed -> " (" + failed.summary() + ")").orElse("")
          + "; read the log: "
          + job.map(RunJob::page).orElse(run.page());
    }
  }

  /**
   * Somebody cancelled it, or a newer run of its concurrency group took its place.
   *
   * @param run the run
   */
  record Cancelled(GitHubRun run) implements RunResult {
    /** Validates that it is there. */
    public Cancelled {
      Objects.requireNonNull(run, "run");
    }

    @Override
    public String summary() {
      return "run " + run.id() + " was cancelled: " + run.page();
    }
  }

  /**
   * It was not over within the limit.
   *
   * @param run the run
   * @param limit for how long it was followed
   * @param cancelled whether it was cancelled for that and has ended; else it may still go on
   */
  record TimedOut(GitHubRun run, Duration limit, boolean cancelled) implements RunResult {
    /** Validates that all are there. */
    public TimedOut {
      Objects.requireNonNull(run, "run");
      Objects.requireNonNull(limit, "limit");
    }

    @Override
    public String summary() {
      return "run "
          + run.id()
          + " was not over within "
          + limit
          + (cancelled ? " and was cancelled: " : "; it may still go on, see ")
          + run.page();
    }
  }

  /**
   * GitHub wants a person to act, and does not go on by itself.
   *
   * @param run the run, whose page says what it wants
   */
  record ActionRequired(GitHubRun run) implements RunResult {
    /** Validates that it is there. */
    public ActionRequired {
      Objects.requireNonNull(run, "run");
    }

    @Override
    public String summary() {
      return "run " + run.id() + " needs a person: see " + run.page();
    }
  }

  /**
   * Nobody knows: no run was found, GitHub was away until the limit, or it no longer answers.
   *
   * @param run the run as it was seen last; empty if it was never seen
   * @param why what was seen, and what to do
   */
  record Unknown(Optional<GitHubRun> run, String why) implements RunResult {
    /** Validates that all are there. */
    public Unknown {
      Objects.requireNonNull(run, "run");
      Objects.requireNonNull(why, "why");
    }

    @Override
    public String summary() {
      return "how "
          + run.map(seen -> "run " + seen.id()).orElse("the run")
          + " ended is not known: "
          + why;
    }
  }
}
