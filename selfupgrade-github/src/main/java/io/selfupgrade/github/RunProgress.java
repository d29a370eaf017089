package io.selfupgrade.github;

import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;

/** What can be told of a run before it is over; closed. */
public sealed interface RunProgress {

  /** Returns where it stands, in a sentence. */
  String summary();

  /**
   * It waits for a runner, or for another run of its concurrency group.
   *
   * @param run the run
   */
  record Queued(GitHubRun run) implements RunProgress {
    /** Validates that it is there. */
    public Queued {
      Objects.requireNonNull(run, "run");
    }

    @Override
    public String summary() {
      return "run " + run.id() + " waits for a runner: " + run.page();
    }
  }

  /**
   * A rule of an environment holds it: a person has to approve it, or a timer to end.
   *
   * @param run the run, on whose page it is approved
   * @param environments whose rules hold it; empty if GitHub did not say
   */
  record WaitingForApproval(GitHubRun run, List<String> environments) implements RunProgress {
    /** Validates that all are there. */
    public WaitingForApproval {
      Objects.requireNonNull(run, "run");
      environments = List.copyOf(environments);
    }

    @Override
    public String summary() {
      return "run "
          + run.id()
          + " waits until the rules of "
          + (environments.isEmpty() ? "its environment" : String.join(", ", environments))
          + " let it go on; approve it at "
          + run.page();
    }
  }

  /**
   * It runs.
   *
   * @param run the run
   * @param jobs its jobs, at most 100, as GitHub orders them
   */
  record Running(GitHubRun run, List<RunJob> jobs) implements RunProgress {
    /** Validates that all are there. */
    public Running {
      Objects.requireNonNull(run, "run");
      jobs = List.copyOf(jobs);
    }

    @Override
    public String summary() {
      return "run "
          + run.id()
          + " runs: "
          + jobs.stream().map(RunJob::summary).collect(Collectors.joining("; "));
    }
  }

  /**
   * GitHub does not say how it stands: it cannot be reached, or a limit of requests is reached.
   *
   * @param run the number of the run
   * @param why what was seen
   */
  record Away(long run, String why) implements RunProgress {
    /** Validates that the reason is there. */
    public Away {
      Objects.requireNonNull(why, "why");
    }

    @Override
    public String summary() {
      return "how run " + run + " stands is not known: " + why;
    }
  }
}
