package io.selfupgrade.github;

import io.selfupgrade.github.GitHubException.Kind;
import io.selfupgrade.upgrade.Deployment;
import java.net.URI;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks for a run once: it looks before it asks, and looks again when an answer says too little.
 *
 * <p>A run that was asked for is in GitHub's list some seconds later. So one whose answer was lost
 * is not asked for again before two minutes are over, whatever the list says.
 */
final class Dispatch {

  private static final Logger LOG = LoggerFactory.getLogger(GitHubWorkflow.class);
  private static final Duration TO_APPEAR = Duration.ofSeconds(15);
  private static final Duration BETWEEN = Duration.ofSeconds(2);
  private static final Duration UNKNOWN_FOR = Duration.ofMinutes(2);
  private static final int MOST_REMEMBERED = 100;

  private final String file;
  private final RunRequest request;
  private final Runs runs;
  private final RunStates states;
  private final FitCheck check;
  private final Pace pace;
  private final Map<UUID, Budget> unknown = new LinkedHashMap<>();

  Dispatch(GitHubRepository repository, String file, Pace pace) {
    this.file = file;
    this.request = new RunRequest(repository, file);
    this.runs = new Runs(repository, file);
    this.states = new RunStates(runs, pace);
    this.check = new FitCheck(repository, file);
    this.pace = pace;
  }

  Runs runs() {
    return runs;
  }

  RunStates states() {
    return states;
  }

  /**
   * Asks, unless there is a run already.
   *
   * @return the run's page, or the workflow's if GitHub took it and shows no run yet
   */
  synchronized URI once(Deployment deployment, WorkflowTerms terms, Budget budget) {
    Optional<GitHubRun> known = runs.find(deployment.id(), budget);
    if (known.isPresent()) {
      unknown.remove(deployment.id());
      return known.get().page();
    }
    requireKnownToBeNew(deployment);
    String ref = terms.refOf(deployment.version());
    check.require(ref, budget);
    try {
      return taken(deployment, request.send(ref, terms.inputsOf(deployment), budget), budget);
    } catch (GitHubException e) {
      if (e.kind() != Kind.AMBIGUOUS && e.kind() != Kind.UNEXPECTED) {
        throw check.explained(e, ref);
      }
      remember(deployment);
      return appeared(deployment, budget).map(GitHubRun::page).orElseThrow(() -> unknown(e));
    }
  }

  /** An answer that cannot be understood, after it was asked: there may be a run all the same. */
  private static GitHubException unknown(GitHubException e) {
    return e.kind() == Kind.AMBIGUOUS
        ? e
        : new GitHubException(Kind.AMBIGUOUS, String.valueOf(e.getMessage()), e);
  }

  private URI taken(Deployment deployment, OptionalLong told, Budget budget) {
    if (told.isPresent()) {
      return runs.page(told.getAsLong());
    }
    Optional<GitHubRun> run = appeared(deployment, budget);
    if (run.isEmpty()) {
      remember(deployment);
      LOG.warn(
          "GitHub took deployment {}, but no run of {} says this id in its title: see its run-name",
          deployment.id(),
          file);
    }
    return run.map(GitHubRun::page).orElseGet(runs::page);
  }

  /** Looks until the run is in GitHub's list. */
  private Optional<GitHubRun> appeared(Deployment deployment, Budget whole) {
    Budget budget = new Budget(pace, whole.share(TO_APPEAR));
    try {
      while (true) {
        budget.pause(BETWEEN);
        Optional<GitHubRun> run = runs.find(deployment.id(), whole);
        if (run.isPresent() || budget.over()) {
          return run;
        }
      }
    } catch (GitHubException e) {
      LOG.warn("the run of deployment {} could not be looked for", deployment.id(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return Optional.empty();
  }

  private void remember(Deployment deployment) {
    unknown.put(deployment.id(), new Budget(pace, UNKNOWN_FOR));
    while (unknown.size() > MOST_REMEMBERED) {
      unknown.remove(unknown.keySet().iterator().next());
    }
  }

  private void requireKnownToBeNew(Deployment deployment) {
    Budget wait = unknown.get(deployment.id());
    if (wait == null) {
      return;
    }
    if (wait.over()) {
      unknown.remove(deployment.id());
      return;
    }
    throw new GitHubException(
        Kind.AMBIGUOUS,
        "deployment "
            + deployment.id()
            + " was asked for less than "
            + UNKNOWN_FOR.toMinutes()
            + " minutes ago and GitHub shows no run of it yet: look again, it is not asked for"
            + " twice before",
        null);
  }
}
