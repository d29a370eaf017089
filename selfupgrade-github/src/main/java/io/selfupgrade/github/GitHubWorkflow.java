package io.selfupgrade.github;

import io.selfupgrade.upgrade.DeployState;
import io.selfupgrade.upgrade.DeployTarget;
import io.selfupgrade.upgrade.Deployment;
import io.selfupgrade.upgrade.KeptUntil;
import java.net.URI;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.regex.Pattern;

/**
 * A workflow that deploys: the platform's side of {@code deployToCloud()} and of {@code
 * Install.deploying}.
 *
 * <p>It is dispatched with two inputs, {@code version} and {@code upgrade}, the id of the
 * deployment, and its {@code run-name} has to say that id: by it a run is found again, by any
 * process, among the 300 dispatched last. {@code examples/deploy/github/deploy.yml} is such a
 * workflow; its {@code concurrency} group keeps two deployments from running at once. To go back,
 * deploy the previous version.
 *
 * <p>Immutable: each setting returns a changed copy, which shares what is known about lost answers.
 * Without I/O or thread until it is used; thread-safe. The token needs {@code Actions: write};
 * {@code Contents: read} lets the file be checked before it is asked for the first time, and {@code
 * Deployments: write} is needed for {@link #recordingDeployments}.
 */
public final class GitHubWorkflow implements DeployTarget {

  private static final Pattern FILE = Pattern.compile("[A-Za-z0-9_.-]{1,55}\\.ya?ml");
  private static final Duration TO_DEPLOY = Duration.ofSeconds(45);

  private final GitHubRepository repository;
  private final String file;
  private final WorkflowTerms terms;
  private final Dispatch dispatch;
  private final Pace pace;

  private GitHubWorkflow(
      GitHubRepository repository, String file, WorkflowTerms terms, Dispatch dispatch, Pace pace) {
    this.repository = repository;
    this.file = file;
    this.terms = terms;
    this.dispatch = dispatch;
    this.pace = pace;
  }

  static GitHubWorkflow named(GitHubRepository repository, String file, Pace pace) {
    if (!FILE.matcher(file).matches()) {
      throw new IllegalArgumentException(
          "workflow \""
              + file
              + "\" is not usable: expected the name of a file in .github/workflows, such as"
              + " deploy.yml, of at most 60 characters");
    }
    return new GitHubWorkflow(
        repository, file, WorkflowTerms.DEFAULT, new Dispatch(repository, file, pace), pace);
  }

  /**
   * Sets the branch or tag whose workflow is run; default {@code main}.
   *
   * @param name {@code {version}} in it stands for the version, as in {@code v{version}}
   * @throws IllegalArgumentException if it is blank or no such name
   */
  public GitHubWorkflow ref(String name) {
    return with(terms.ref(name));
  }

  /**
   * Sets the environment that {@link #recordingDeployments} names; default {@code production}.
   *
   * @throws IllegalArgumentException if it is blank or longer than 255 characters
   */
  public GitHubWorkflow environment(String name) {
    return with(terms.environment(name));
  }

  /**
   * Gives the workflow a further input, at most 23; everybody who sees the repository can read it.
   *
   * @param value {@code {version}} in it stands for the version
   * @throws IllegalArgumentException if the name is {@code version}, {@code upgrade} or unusable,
   *     or there are too many or too long ones
   */
  public GitHubWorkflow input(String name, String value) {
    return with(terms.input(name, value));
  }

  /**
   * Sets for how long a run is followed; default 30 min, waiting for approval included.
   *
   * @throws IllegalArgumentException if it is not more than zero and at most 7 days
   */
  public GitHubWorkflow limit(Duration longest) {
    return with(terms.limit(longest));
  }

  /** Cancels a run that is followed and not over within the limit. */
  public GitHubWorkflow cancellingAtLimit() {
    return with(terms.cancelling());
  }

  /**
   * Records a deployment with GitHub's Deployments API while it is followed, by {@link #follow} or
   * by an upgrade.
   *
   * <p>For a workflow whose job names no {@code environment}: for one that does, as the example,
   * GitHub makes a record by itself. A record that cannot be made is logged, and nothing else.
   */
  public GitHubWorkflow recordingDeployments() {
    return with(terms.recording());
  }

  /** Says what the platform behind the workflow promises; default {@link KeptUntil#NEVER}. */
  public GitHubWorkflow keeping(KeptUntil until) {
    return with(terms.promise(new WorkflowTerms.Promise(until, durableHome())));
  }

  /** Says that the files of a process are there for its successor, as on a volume. */
  public GitHubWorkflow onDurableHome() {
    return with(terms.promise(new WorkflowTerms.Promise(keepsOldUntil(), true)));
  }

  @Override
  public String name() {
    return file;
  }

  @Override
  public KeptUntil keepsOldUntil() {
    return terms.promise().keeps();
  }

  @Override
  public boolean durableHome() {
    return terms.promise().durable();
  }

  /**
   * Dispatches the workflow, unless it was dispatched for this deployment before.
   *
   * @return the run's page; the workflow's, if GitHub has taken it and shows no run yet
   * @throws GitHubException if GitHub refuses, cannot be reached, or its answer was lost and no run
   *     is to be seen
   */
  @Override
  public String deploy(Deployment deployment) {
    Objects.requireNonNull(deployment, "deployment");
    Budget budget = new Budget(pace, TO_DEPLOY);
    URI page = dispatch.once(deployment, terms, budget);
    return page.toString();
  }

  /**
   * Tells how the run of a deployment stands; records it, where {@link #recordingDeployments} asks.
   *
   * <p>A run that is known and has not changed costs one or two conditional requests. One that was
   * cancelled has failed; one that wants a person waits for approval.
   *
   * @throws GitHubException if GitHub cannot be asked
   */
  @Override
  public DeployState state(Deployment deployment) {
    Objects.requireNonNull(deployment, "deployment");
    return dispatch.states().of(deployment, new DeploymentRecords(repository, terms));
  }

  /**
   * Looks for the run of a deployment.
   *
   * @return empty if none of the last 300 dispatched says its id in its title
   * @throws GitHubException if GitHub cannot be asked
   */
  public Optional<GitHubRun> find(Deployment deployment) {
    return dispatch.runs().find(deployment.id(), new Budget(pace, TO_DEPLOY));
  }

  /**
   * Follows the run of a deployment to its end, on the caller's thread.
   *
   * @param listener hears of each change, on this thread; what it throws ends the following
   * @throws InterruptedException if this thread was interrupted; the run goes on
   */
  public RunResult follow(Deployment deployment, Consumer<RunProgress> listener)
      throws InterruptedException {
    Objects.requireNonNull(listener, "listener");
    Budget budget = new Budget(pace, terms.limit());
    GitHubRun run;
    try {
      run = new RunSearch(dispatch.runs(), pace).until(deployment.id(), budget);
    } catch (GitHubException e) {
      return new RunResult.Unknown(Optional.empty(), e.operation());
    }
    URI page = run.page();
    DeploymentRecords records = new DeploymentRecords(repository, terms);
    boolean[] begun = {false};
    RunResult result =
        follower(
                run.id(),
                progress -> {
                  if (progress instanceof RunProgress.Running && !begun[0]) {
                    begun[0] = true;
                    records.set(deployment, "in_progress", page);
                  }
                  listener.accept(progress);
                })
            .follow(budget);
    DeploymentRecords.state(result).ifPresent(state -> records.set(deployment, state, page));
    return result;
  }

  /**
   * Follows a run to its end, on the caller's thread.
   *
   * @param run the run's number, the last part of its page
   * @param listener hears of each change, on this thread; what it throws ends the following
   * @throws InterruptedException if this thread was interrupted; the run goes on
   */
  public RunResult follow(long run, Consumer<RunProgress> listener) throws InterruptedException {
    return follower(run, listener).follow(new Budget(pace, terms.limit()));
  }

  /** Returns what it is, for logs and errors, without secrets. */
  @Override
  public String toString() {
    return "workflow " + file + " at " + terms.ref() + " of " + repository;
  }

  private RunFollower follower(long run, Consumer<RunProgress> listener) {
    Objects.requireNonNull(listener, "listener");
    return new RunFollower(
        dispatch.runs(), run, terms, pace, repository.settings().clock(), listener);
  }

  private GitHubWorkflow with(WorkflowTerms changed) {
    return new GitHubWorkflow(repository, file, changed, dispatch, pace);
  }
}
