package io.selfupgrade.github;

import io.selfupgrade.upgrade.DeployState;
import io.selfupgrade.upgrade.Deployment;
import java.net.URI;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * How the runs of deployments stand that are asked about again and again: a run is looked for once,
 * and what has not changed costs one or two conditional requests.
 */
final class RunStates {

  private static final Duration TO_FIND = Duration.ofSeconds(15);
  private static final Duration FOR_THE_LOG = Duration.ofSeconds(10);
  private static final int MOST_REMEMBERED = 100;

  private final Runs runs;
  private final Pace pace;
  private final Map<UUID, Watched> watched = new LinkedHashMap<>();

  RunStates(Runs runs, Pace pace) {
    this.runs = runs;
    this.pace = pace;
  }

  /**
   * Looks how the run of a deployment stands, and records that where it is asked for.
   *
   * @throws GitHubException if GitHub cannot be asked
   */
  synchronized DeployState of(Deployment deployment, DeploymentRecords records) {
    Optional<Watched> known = known(deployment);
    if (known.isEmpty()) {
      return new DeployState.Unknown(
          "no run says " + deployment.id() + " in its title: see " + runs.page());
    }
    Watched one = known.get();
    if (one.end.isPresent()) {
      return one.end.get();
    }
    one.watch.look();
    URI page = one.watch.run().orElseThrow().page();
    Optional<String> word = one.watch.ended();
    if (word.isEmpty()) {
      RunProgress progress = one.watch.progress();
      if (progress instanceof RunProgress.Running) {
        one.record(records, deployment, "in_progress", page);
      }
      return stateOf(progress);
    }
    RunResult result = new RunEnd(runs, FOR_THE_LOG).of(one.watch, word.get());
    DeploymentRecords.state(result)
        .ifPresent(state -> one.record(records, deployment, state, page));
    DeployState state = stateOf(result);
    one.end = Optional.of(state).filter(DeployState::over);
    return state;
  }

  private Optional<Watched> known(Deployment deployment) {
    Watched before = watched.get(deployment.id());
    if (before != null) {
      return Optional.of(before);
    }
    Optional<Watched> found =
        runs.find(deployment.id(), new Budget(pace, TO_FIND))
            .map(run -> new Watched(new Watch(runs, run.id())));
    found.ifPresent(one -> watched.put(deployment.id(), one));
    while (watched.size() > MOST_REMEMBERED) {
      watched.remove(watched.keySet().iterator().next());
    }
    return found;
  }

  private static DeployState stateOf(RunProgress progress) {
    if (progress instanceof RunProgress.Running running) {
      List<String> jobs = running.jobs().stream().map(RunJob::summary).toList();
      return new DeployState.Running(described(running.run()), jobs);
    }
    if (progress instanceof RunProgress.Queued queued) {
      return new DeployState.Queued(described(queued.run()));
    }
    return progress instanceof RunProgress.WaitingForApproval
        ? new DeployState.WaitingForApproval(progress.summary())
        : new DeployState.Unknown(progress.summary());
  }

  /** A person may let a run go on that wants one: it is not over. */
  private static DeployState stateOf(RunResult result) {
    if (result instanceof RunResult.Succeeded good) {
      return new DeployState.Succeeded(described(good.run()));
    }
    if (result instanceof RunResult.Failed failed) {
      URI log = failed.job().map(RunJob::page).orElse(failed.run().page());
      return new DeployState.Failed(
          "run " + failed.run().id() + " ended as " + failed.conclusion() + ", see " + log,
          failed.job().map(RunJob::summary),
          failed.logTail());
    }
    if (result instanceof RunResult.Cancelled) {
      return new DeployState.Failed(result.summary(), Optional.empty(), "");
    }
    return result instanceof RunResult.ActionRequired
        ? new DeployState.WaitingForApproval(result.summary())
        : new DeployState.Unknown(result.summary());
  }

  private static String described(GitHubRun run) {
    return "run " + run.id() + " (" + run.page() + ")";
  }

  /** A run that is looked at, and what was recorded of it. */
  private static final class Watched {

    private final Watch watch;
    private String recorded = "";
    private Optional<DeployState> end = Optional.empty();

    Watched(Watch watch) {
      this.watch = watch;
    }

    private void record(DeploymentRecords records, Deployment deployment, String state, URI page) {
      if (!state.equals(recorded)) {
        records.set(deployment, state, page);
        recorded = state;
      }
    }
  }
}
