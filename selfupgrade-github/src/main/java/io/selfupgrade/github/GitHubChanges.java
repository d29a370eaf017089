package io.selfupgrade.github;

import io.selfupgrade.agent.Fence;
import io.selfupgrade.change.Change;
import io.selfupgrade.change.ChangeBrief;
import io.selfupgrade.change.ChangePolicy;
import io.selfupgrade.change.ChangeRecord;
import io.selfupgrade.change.ChangeRefusal;
import io.selfupgrade.change.ChangeResult;
import io.selfupgrade.change.ChangeTarget;
import io.selfupgrade.change.Proposer;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Proposes changes to a repository: a branch, one commit that GitHub signs, and a pull request.
 *
 * <p>Immutable and thread-safe; each method returns a changed copy. What may be changed, and
 * whether anything is merged, is the {@link ChangePolicy}'s; it is asked before anything is sent,
 * and once more of the pull request's real files before it is merged. The branch is {@code
 * selfupgrade/} with the change's id; it is deleted when the change has ended, unless somebody else
 * has written to it.
 *
 * <p>The token needs {@code contents: write} and {@code pull_requests: write}, and {@code checks:
 * read} and {@code statuses: read}. It should have nothing more: who may write checks, workflows or
 * the repository's rules can get around a policy.
 */
public final class GitHubChanges implements ChangeTarget {

  private static final Duration BETWEEN = Duration.ofSeconds(15);

  private final GitHubRepository repository;
  private final ChangeSettings settings;

  private GitHubChanges(GitHubRepository repository, ChangeSettings settings) {
    this.repository = repository;
    this.settings = settings;
  }

  static GitHubChanges to(GitHubRepository repository, ChangePolicy policy) {
    ChangeSettings.Waiting waiting =
        new ChangeSettings.Waiting(
            Duration.ZERO, BETWEEN, record -> {}, time -> Thread.sleep(time.toMillis()));
    return new GitHubChanges(
        repository,
        new ChangeSettings(Objects.requireNonNull(policy, "policy"), Optional.empty(), waiting));
  }

  /** Proposes into another branch than the repository's default one. */
  public GitHubChanges into(String branch) {
    if (branch.isBlank()) {
      throw new IllegalArgumentException("into(...): expected the name of a branch");
    }
    return new GitHubChanges(
        repository, new ChangeSettings(settings.policy(), Optional.of(branch), settings.waiting()));
  }

  /**
   * Lets a call wait for checks; by default it looks once.
   *
   * @param limit at most a day
   * @throws IllegalArgumentException if it is negative or longer
   */
  public GitHubChanges waitAtMost(Duration limit) {
    if (limit.isNegative() || limit.compareTo(Duration.ofDays(1)) > 0) {
      throw new IllegalArgumentException("waiting for " + limit + ": expected 0 to 1 day");
    }
    ChangeSettings.Waiting old = settings.waiting();
    return with(new ChangeSettings.Waiting(limit, old.between(), old.progress(), old.pause()));
  }

  /**
   * Tells of each step, on the thread of the call.
   *
   * @param listener must not throw
   */
  public GitHubChanges onProgress(Consumer<ChangeRecord> listener) {
    ChangeSettings.Waiting old = settings.waiting();
    return with(
        new ChangeSettings.Waiting(
            old.limit(), old.between(), Objects.requireNonNull(listener, "listener"), old.pause()));
  }

  /** Sets how time passes between two looks; for tests. */
  GitHubChanges pausing(ChangeSettings.Pause pause) {
    ChangeSettings.Waiting old = settings.waiting();
    return with(new ChangeSettings.Waiting(old.limit(), old.between(), old.progress(), pause));
  }

  private GitHubChanges with(ChangeSettings.Waiting waiting) {
    return new GitHubChanges(
        repository, new ChangeSettings(settings.policy(), settings.into(), waiting));
  }

  @Override
  public String name() {
    return repository.fullName();
  }

  @Override
  public ChangeResult propose(Change change, Proposer by) {
    Objects.requireNonNull(change, "change");
    Optional<ChangeResult.Refused> stopped = by.stopped();
    Optional<Fence> fence = by.fence().get();
    if (stopped.isPresent() || fence.isEmpty()) {
      return stopped.orElseGet(GitHubChanges::notPrimary);
    }
    Optional<ChangeRecord> begun = by.journal().begin(fence.get(), brief(change));
    if (begun.isEmpty()) {
      return notPrimary();
    }
    ChangeRecord record = begun.get();
    if (!record.brief().digest().equals(change.digest())) {
      return new ChangeResult.Refused(
          ChangeRefusal.KEY_TAKEN,
          "another change has the key "
              + change.key()
              + " and is "
              + record.state()
              + ": take another key, or propose that one again as it was",
          begun);
    }
    return ChangeRow.ended(record)
        .orElseGet(() -> guarded(row(by, fence.get(), record), run -> run.propose(change)));
  }

  @Override
  public ChangeResult follow(ChangeRecord change, Proposer by) {
    Optional<ChangeResult> ended = ChangeRow.ended(change);
    if (ended.isPresent()) {
      return ended.get();
    }
    Optional<ChangeResult.Refused> stopped = by.stopped();
    Optional<Fence> fence = by.fence().get();
    if (stopped.isPresent() || fence.isEmpty()) {
      return stopped.orElseGet(GitHubChanges::notPrimary);
    }
    return guarded(row(by, fence.get(), change), ChangeRun::follow);
  }

  /** A title that is refused is not kept either: it may hold a secret. */
  private ChangeBrief brief(Change change) {
    ChangeBrief brief = ChangeBrief.of(name(), change);
    boolean refused =
        settings
            .policy()
            .check(change)
            .map(ChangeResult.Refused::code)
            .filter(
                code -> code == ChangeRefusal.SECRET_FOUND || code == ChangeRefusal.TEXT_UNUSABLE)
            .isPresent();
    return refused
        ? new ChangeBrief(brief.target(), brief.key(), brief.digest(), "(not kept)")
        : brief;
  }

  private ChangeRow row(Proposer by, Fence fence, ChangeRecord record) {
    return new ChangeRow(by, fence, settings.waiting().progress(), record);
  }

  private ChangeResult guarded(ChangeRow row, Function<ChangeRun, ChangeResult> steps) {
    try {
      return steps.apply(new ChangeRun(repository, settings, row));
    } catch (ChangeHalt halt) {
      return halt.result();
    } catch (GitHubException e) {
      return row.troubled(e);
    }
  }

  private static ChangeResult.Refused notPrimary() {
    return new ChangeResult.Refused(
        ChangeRefusal.NOT_PRIMARY,
        "this instance is not the primary, which alone proposes changes: call it there");
  }
}
