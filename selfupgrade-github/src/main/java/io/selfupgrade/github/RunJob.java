package io.selfupgrade.github;

import java.net.URI;
import java.util.Objects;
import java.util.Optional;

/**
 * A job of a run.
 *
 * @param id names it in its repository
 * @param name what the workflow calls it
 * @param state what GitHub says of it: {@code queued}, {@code in_progress} and the like, or its
 *     conclusion once it is over: {@code success}, {@code failure}, {@code timed_out}
 * @param step the step that runs, or that failed
 * @param page where a person reads its log
 */
public record RunJob(long id, String name, String state, Optional<String> step, URI page) {

  /** Validates that all are there. */
  public RunJob {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(state, "state");
    Objects.requireNonNull(step, "step");
    Objects.requireNonNull(page, "page");
  }

  /** Returns what it is, in a few words. */
  public String summary() {
    return name + step.map(at -> ", step " + at).orElse("") + ": " + state;
  }
}
