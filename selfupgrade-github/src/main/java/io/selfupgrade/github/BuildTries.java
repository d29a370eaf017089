package io.selfupgrade.github;

import io.selfupgrade.upgrade.SourceStore;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;

/**
 * What was tried to have a commit built, and how each try ended: pinned, so it stays as it is.
 *
 * <p>Tries are counted from 1. One has an id from before it is asked for, a run as soon as GitHub
 * took it, and an end if there will be no release of it.
 */
final class BuildTries {

  static final int MOST = 5;

  private static final String UNTOLD = "not told";

  private final SourceStore store;
  private final GitHubRepository repository;
  private final String build;

  /**
   * Reads and writes the pins of one build.
   *
   * @param build names it in its repository
   */
  BuildTries(SourceStore store, GitHubRepository repository, String build) {
    this.store = store;
    this.repository = repository;
    this.build = build;
  }

  /** Returns the first try that has not ended, {@link #MOST} + 1 if all have. */
  int current() {
    int number = 1;
    while (number <= MOST && end(number).isPresent()) {
      number++;
    }
    return number;
  }

  /** Returns the id of a try; it is the given one if nobody gave it another. */
  UUID id(int number, UUID mine) {
    return UUID.fromString(store.pin(key(number, "id"), mine.toString()));
  }

  /** Tells whether GitHub took a try. */
  boolean taken(int number) {
    return store.pinned(key(number, "run")).isPresent();
  }

  /** Returns the run of a try that was taken, if GitHub told it. */
  OptionalLong run(int number) {
    return store
        .pinned(key(number, "run"))
        .filter(run -> run.matches("\\d{1,18}"))
        .map(run -> OptionalLong.of(Long.parseLong(run)))
        .orElse(OptionalLong.empty());
  }

  void take(int number, OptionalLong run) {
    store.pin(key(number, "run"), run.isPresent() ? Long.toString(run.getAsLong()) : UNTOLD);
  }

  Optional<End> end(int number) {
    return store.pinned(key(number, "end")).map(End::of);
  }

  /** Ends a try, unless somebody did. */
  End end(int number, End end) {
    return End.of(store.pin(key(number, "end"), end.at() + " " + end.how()));
  }

  private String key(int number, String what) {
    return repository.key(build + ", " + what + (number == 1 ? "" : " " + number));
  }

  /**
   * The end of a try that made no release.
   *
   * @param at when it was seen
   * @param how in GitHub's word
   */
  record End(Instant at, String how) {

    private static End of(String pinned) {
      String[] parts = pinned.split(" ", 2);
      return new End(Instant.parse(parts[0]), parts[1]);
    }
  }
}
