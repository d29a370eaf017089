package io.selfupgrade.github;

import io.selfupgrade.github.GitHubException.Kind;
import io.selfupgrade.upgrade.SourceStore;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Predicate;

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

  /** Tells whether its id was seen, so that what is pinned is pinned for that one. */
  boolean knowsRepository() {
    return store.pinned(repository.key(REPOSITORY)).isPresent();
  }

  /**
   * Requires that something is what it was at first sight: under the repository's name, whoever has
   * that now, and in the repository of its id, whatever that is called now.
   *
   * @param what names it, for people and as the pin's key
   * @param seen what it is now
   * @param advice what to do if it is another
   * @throws GitHubException {@link Kind#REPLACED}
   */
  void require(String what, String seen, String advice) {
    List<String> keys = keys(what);
    Predicate<String> another = value -> !value.equals(seen);
    // Looked at first: what is refused is not to be pinned under another key.
    Optional<String> first =
        keys.stream()
            .flatMap(key -> store.pinned(key).stream())
            .filter(another)
            .findFirst()
            .or(() -> keys.stream().map(key -> store.pin(key, seen)).filter(another).findFirst());
    if (first.isPresent()) {
      throw new GitHubException(
          Kind.REPLACED,
          "the "
              + what
              + " of "
              + repository.fullName()
              + " is "
              + seen
              + " now, and was "
              + first.get()
              + " when it was first seen: refused; "
              + advice,
          null);
    }
  }

  private List<String> keys(String what) {
    OptionalLong expected = repository.expectedId();
    Optional<Long> id =
        expected.isPresent()
            ? Optional.of(expected.getAsLong())
            : store.pinned(repository.key(REPOSITORY)).map(Long::valueOf);
    String byName = repository.key(what);
    return id.isPresent() ? List.of(repository.key(id.get(), what), byName) : List.of(byName);
  }
}
