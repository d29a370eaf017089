package io.selfupgrade.github;

import java.net.URI;
import java.time.Clock;

/** The door to what an agent has on GitHub. */
public final class GitHub {

  /** Base URL of the REST API of github.com. */
  public static final URI API = URI.create("https://api.github.com");

  private GitHub() {}

  /**
   * Describes a repository on github.com; performs no I/O.
   *
   * @param fullName {@code owner/name}
   * @throws IllegalArgumentException if the name has another shape
   */
  public static GitHubRepository repository(String fullName) {
    return GitHubRepository.named(fullName, ClientSettings.at(API, Clock.systemUTC()));
  }
}
