package io.selfupgrade.github;

import io.selfupgrade.github.GitHubException.Kind;
import io.selfupgrade.upgrade.SourceStore;
import java.util.OptionalLong;

/** What was seen first of a repository, and may never be another. */
final class Pins {

  private static final String REPOSITORY = "repository id";

  private final SourceStore store;
  private final GitHubRepository repository;

  Pins(SourceStore store, GitHubRepository repository) {
    this.store = store;
    this.repository = repository;
  }

  /**
   * Requires that the repository is the expected one, or else the one of first sight.
   *
   * @param seen its id
   * @throws GitHubException {@link Kind#REPLACED}
   */
  void requireRepository(long seen) {
    OptionalLong expected = repository.expectedId();
    if (expected.isEmpty()) {
      require(
          REPOSITORY,
          Long.toString(seen),
          "somebody else may have taken the name; if it is meant, say so by expectingId("
              + seen
              + ") on the repository");
      return;
    }
    if (expected.getAsLong() != seen) {
      throw new GitHubException(
          Kind.REPLACED,
          "the "
              + REPOSITORY
              + " of "
              + repository.fullName()
              + " is "
              + seen
              + ", and expectingId("
              + expected.getAsLong()
              + ") says that it is another: refused; see which repository is meant",
          null);
    }
    store.pin(repository.key(REPOSITORY), Long.toString(seen));
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
