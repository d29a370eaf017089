package io.selfupgrade.github;

import io.selfupgrade.github.GitHubException.Kind;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Follows one run to its end on the caller's thread. */
final class RunFollower {

  private static final Logger LOG = LoggerFactory.getLogger(GitHubWorkflow.class);
  private static final Duration SOON = Duration.ofSeconds(5);
  private static final Duration LATER = Duration.ofSeconds(30);
  private static final Duration AWAY = Duration.ofSeconds(60);
  private static final Duration TO_APPEAR = Duration.ofMinutes(1);
  private static final Duration TO_END = Duration.ofMinutes(1);
  private static final Duration FOR_THE_LOG = Duration.ofSeconds(60);

  private final Runs runs;
  private final long id;
  private final WorkflowTerms terms;
  private final Pace pace;
  private final Clock clock;
  private final Consumer<RunProgress> listener;
  private final Watch watch;
  private @Nullable RunProgress told;
  private Duration wait = SOON;
  private Optional<GitHubException> trouble = Optional.empty();

  RunFollower(
      Runs runs,
      long id,
      WorkflowTerms terms,
      Pace pace,
      Clock clock,
      Consumer<RunProgress> listener) {
    this.runs = runs;
    this.id = id;
    this.terms = terms;
    this.pace = pace;
    this.clock = clock;
    this.listener = listener;
    this.watch = new Watch(runs, id);
  }

  /** Looks until the run is over, or its time is. */
  RunResult follow(Budget budget) throws InterruptedException {
    Optional<RunResult> end = lookUntil(budget, new Budget(pace, TO_APPEAR));
    if (end.isPresent()) {
      return end.get();
    }
    if (watch.run().isPresent() && watch.ended().isPresent()) {
      return end(watch.ended().get());
    }
    if (watch.run().isEmpty() || (trouble.isPresent() && !terms.cancels())) {
      return unknown("it was not to be seen until the limit of " + terms.limit());
    }
    GitHubRun run = watch.run().get();
    return terms.cancels() ? cancelled(run) : new RunResult.TimedOut(run, terms.limit(), false);
  }

  private RunResult cancelled(GitHubRun run) throws InterruptedException {
    try {
      LOG.warn("run {} is not over after {}: cancelling it", id, terms.limit());
      runs.cancel(id);
    } catch (GitHubException e) {
      // It may have ended meanwhile, or been cancelled all the same: looking tells.
      LOG.warn("run {} could not be cancelled", id, e);
    }
    wait = SOON;
    Optional<RunResult> end = lookUntil(new Budget(pace, TO_END), new Budget(pace, Duration.ZERO));
    return end.map(
            it ->
                it instanceof RunResult.Cancelled over
                    ? new RunResult.TimedOut(over.run(), terms.limit(), true)
                    : it)
        .orElseGet(() -> new RunResult.TimedOut(run, terms.limit(), false));
  }

  private Optional<RunResult> lookUntil(Budget budget, Budget toAppear)
      throws InterruptedException {
    while (true) {
      if (Thread.interrupted()) {
        throw new InterruptedException("interrupted while run " + id + " was followed");
      }
      RunProgress now;
      try {
        waitAfter(watch.look());
        trouble = Optional.empty();
        Optional<String> word = watch.ended();
        if (word.isPresent()) {
          return Optional.of(end(word.get()));
        }
        now = watch.progress();
      } catch (GitHubException e) {
        trouble = Optional.of(e);
        boolean young = e.kind() == Kind.NOT_FOUND && watch.run().isEmpty() && !toAppear.over();
        if (!e.retryable() && !young) {
          return Optional.of(unknown("GitHub does not answer any more"));
        }
        waitAfter(e);
        now = new RunProgress.Away(id, e.operation());
      }
      tell(now);
      if (budget.over()) {
        return Optional.empty();
      }
      budget.pause(wait);
    }
  }

  private void waitAfter(boolean changed) {
    wait = changed || trouble.isPresent() ? SOON : longer(LATER);
  }

  private void waitAfter(GitHubException e) {
    wait = longer(AWAY);
    Instant now = clock.instant();
    Duration closed = Duration.between(now, e.until().orElse(now));
    if (closed.compareTo(wait) > 0) {
      wait = closed;
    }
  }

  private Duration longer(Duration most) {
    Duration longer = wait.multipliedBy(3).dividedBy(2);
    return longer.compareTo(most) > 0 ? most : longer;
  }

  private void tell(RunProgress progress) {
    if (!progress.equals(told)) {
      told = progress;
      listener.accept(progress);
    }
  }

  private RunResult end(String word) {
    return new RunEnd(runs, FOR_THE_LOG).of(watch, word);
  }

  private RunResult unknown(String what) {
    String seen = trouble.map(e -> ": " + e.operation()).orElse("");
    return new RunResult.Unknown(watch.run(), what + seen + "; see " + runs.page(id));
  }
}
