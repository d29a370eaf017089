package io.selfupgrade.github;

import io.selfupgrade.github.GitHubException.Kind;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;

/** Looks for the run of a deployment until GitHub shows it. */
final class RunSearch {

  private static final Duration TO_APPEAR = Duration.ofMinutes(2);
  private static final Duration FIRST = Duration.ofSeconds(5);
  private static final Duration LONGEST = Duration.ofSeconds(60);

  private final Runs runs;
  private final Pace pace;

  RunSearch(Runs runs, Pace pace) {
    this.runs = runs;
    this.pace = pace;
  }

  /**
   * Looks for two minutes, and for as long as there is time while GitHub is away.
   *
   * @throws GitHubException if there is no such run, or GitHub is away until the end
   */
  GitHubRun until(UUID deployment, Budget budget) throws InterruptedException {
    Budget toAppear = new Budget(pace, budget.share(TO_APPEAR));
    Duration wait = FIRST;
    while (true) {
      try {
        Optional<GitHubRun> run = runs.find(deployment, budget);
        if (run.isPresent()) {
          return run.get();
        }
        if (toAppear.over()) {
          throw new GitHubException(
              Kind.NOT_FOUND,
              "no run says "
                  + deployment
                  + " in its title: see that run-name of the workflow has it, and "
                  + runs.page(),
              null);
        }
        wait = FIRST;
      } catch (GitHubException e) {
        if (!e.retryable() || budget.over()) {
          throw e;
        }
        Duration longer = wait.multipliedBy(2);
        wait = longer.compareTo(LONGEST) > 0 ? LONGEST : longer;
      }
      budget.pause(wait);
    }
  }
}
