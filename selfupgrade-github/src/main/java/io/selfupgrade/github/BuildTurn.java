package io.selfupgrade.github;

import io.selfupgrade.github.BuildTries.End;
import io.selfupgrade.github.GitHubException.Kind;
import io.selfupgrade.upgrade.SourceStore;
import io.selfupgrade.upgrade.SourceStore.Copy;
import io.selfupgrade.upgrade.SourceStore.Look;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;

/**
 * Asks for one try of a build, one of all who share a store at a time, whatever their credentials.
 *
 * <p>The id under which it is asked for is pinned before, and is in the run's name: an answer that
 * was lost is resolved by looking for that. Not found two minutes after it was asked for, it is
 * asked for once more by the same id, after twice as long again, and so on; then the try has ended.
 * Who dies while asking keeps the turn for longer than a run takes to appear.
 */
final class BuildTurn {

  static final Duration TO_APPEAR = Duration.ofMinutes(2);

  private static final Duration TURN = Duration.ofMinutes(3);
  private static final Duration TO_ASK = Duration.ofSeconds(45);
  private static final int MOST_LOST = 5;

  private final GitHubRepository repository;
  private final Build build;
  private final SourceStore store;
  private final BuildTries tries;
  private final Runs runs;
  private final String key;

  BuildTurn(GitHubRepository repository, Build build, SourceStore store, BuildTries tries) {
    this.repository = repository;
    this.build = build;
    this.store = store;
    this.tries = tries;
    this.runs = new Runs(repository, build.workflow());
    this.key = repository.key(build.key() + ", turn");
  }

  /** Asks for a try unless somebody did or does, and returns what came of it, for people. */
  String ask(int number) {
    if (!(store.look(key, Duration.ZERO, TURN) instanceof Look.Ask turn)) {
      return "another instance asks " + build.workflow() + " to build " + build;
    }
    Optional<Lost> lost = turn.known().flatMap(Lost::of).filter(it -> it.number == number);
    try {
      Optional<String> done = known(number, lost);
      if (done.isPresent()) {
        store.giveUp(key, turn.claim());
        return done.get();
      }
      return send(number, lost, turn);
    } catch (GitHubException e) {
      // Nothing was asked for, or what was is kept: the next one may have the turn.
      store.giveUp(key, turn.claim());
      throw e;
    }
  }

  /** Looks whether the try is asked for already, or cannot be at the moment. */
  private Optional<String> known(int number, Optional<Lost> lost) {
    if (tries.current() != number || tries.taken(number)) {
      return Optional.of("another instance has asked " + build.workflow() + " to build " + build);
    }
    UUID mine = UUID.randomUUID();
    UUID id = tries.id(number, mine);
    if (id.equals(mine)) {
      return Optional.empty();
    }
    Optional<GitHubRun> run = runs.find(id, budget());
    if (run.isPresent()) {
      return Optional.of(taken(number, OptionalLong.of(run.get().id())));
    }
    if (lost.isEmpty() || lost.get().over(now())) {
      return lost.filter(it -> it.count >= MOST_LOST).map(it -> neverSeen(number));
    }
    return Optional.of(lost.get().message(build));
  }

  private String neverSeen(int number) {
    tries.end(number, new End(now(), "no run, though it was asked for " + MOST_LOST + " times"));
    return "no run of "
        + build.workflow()
        + " was seen for "
        + build
        + ": see that its run-name has the input upgrade, and "
        + runs.page();
  }

  private String send(int number, Optional<Lost> lost, Look.Ask turn) {
    UUID id = tries.id(number, UUID.randomUUID());
    OptionalLong run;
    try {
      run =
          new RunRequest(repository, build.workflow())
              .send(build.branch(), build.inputs(id), budget());
    } catch (GitHubException e) {
      if (e.kind() != Kind.AMBIGUOUS && e.kind() != Kind.UNEXPECTED) {
        throw e;
      }
      Lost now = new Lost(number, 1 + lost.map(Lost::count).orElse(0), now());
      store.keep(key, turn.claim(), now.copy());
      return now.message(build);
    }
    String done = taken(number, run);
    store.giveUp(key, turn.claim());
    return done;
  }

  private String taken(int number, OptionalLong run) {
    tries.take(number, run);
    return build.workflow()
        + " was asked to build "
        + build
        + (run.isPresent() ? ", run " + run.getAsLong() : "")
        + (number == 1 ? "" : ", for the " + number + ". time");
  }

  private static Budget budget() {
    return new Budget(Pace.REAL, TO_ASK);
  }

  private Instant now() {
    return repository.settings().clock().instant();
  }

  /**
   * An answer that was lost.
   *
   * @param number of the try
   * @param count how many of this try were lost
   * @param at when the last one was
   */
  private record Lost(int number, int count, Instant at) {

    static Optional<Lost> of(Copy copy) {
      String[] parts = new String(copy.body(), StandardCharsets.US_ASCII).split(" ", -1);
      return parts.length == 3
          ? Optional.of(
              new Lost(
                  Integer.parseInt(parts[0]), Integer.parseInt(parts[1]), Instant.parse(parts[2])))
          : Optional.empty();
    }

    Copy copy() {
      String text = number + " " + count + " " + at;
      return new Copy("", text.getBytes(StandardCharsets.US_ASCII));
    }

    boolean over(Instant now) {
      return !now.isBefore(at.plus(TO_APPEAR.multipliedBy(1L << (count - 1))));
    }

    String message(Build build) {
      return "the answer of "
          + build.workflow()
          + " was lost when it was asked at "
          + at
          + " to build "
          + build
          + ": its run is looked for";
    }
  }
}
