package io.selfupgrade.github;

import io.selfupgrade.github.GitHubException.Kind;
import io.selfupgrade.upgrade.SourceStore;

/** What was seen first of a repository, and may never be another. */
final class Pins {

  private final SourceStore store;
  private final GitHubRepository repository;

  Pins(SourceStore store, GitHubRepository repository) {
    this.store = store;
    this.repository = repository;
  }

  /**
   * Requires that something is what it was at first sight.
   *
   * @param what names it, for people and as the pin's key
   * @param seen what it is now
   * @param advice what to do if it is another
   * @throws GitHubException {@link Kind#REPLACED}
   */
  void require(String what, String seen, String advice) {
    String first = store.pin(repository.key(what), seen);
    if (!first.equals(seen)) {
      throw new GitHubException(
          Kind.REPLACED,
          "the "
              + what
              + " of "
              + repository.fullName()
              + " is "
              + seen
              + " now, and was "
              + first
              + " when it was first seen: refused; "
              + advice,
          null);
    }
  }
}
