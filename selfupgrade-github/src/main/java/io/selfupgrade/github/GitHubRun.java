package io.selfupgrade.github;

import java.net.URI;
import java.util.Objects;

/**
 * A run of a workflow.
 *
 * @param id names it in its repository
 * @param attempt counts from 1; more when a person had it run again
 * @param title its run-name, at most 400 characters
 * @param page where a person follows it, approves and cancels
 */
public record GitHubRun(long id, int attempt, String title, URI page) {

  /** Validates that all are there. */
  public GitHubRun {
    Objects.requireNonNull(title, "title");
    Objects.requireNonNull(page, "page");
  }
}
