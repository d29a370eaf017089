package io.selfupgrade.github;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.upgrade.SourceStore;
import io.selfupgrade.upgrade.SourceStore.Copy;
import io.selfupgrade.upgrade.SourceStore.Look;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;

/**
 * Answers that are asked for once by all who share a store and have the same credentials, and then
 * conditionally.
 */
final class Copies {

  /** How old an answer may be: asking again is free, but a fleet need not do it at once. */
  static final Duration FRESH = Duration.ofMinutes(1);

  private static final Duration CLAIM = Duration.ofMinutes(3);
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final long SHORTEST_PAUSE_MILLIS = 50;
  private static final long LONGEST_PAUSE_MILLIS = 1_000;

  private final SourceStore store;
  private final GitHubRepository repository;
  private final SharedLimit limit;

  /** Keeps in a store what a repository tells whoever has its credentials. */
  Copies(SourceStore store, GitHubRepository repository) {
    this.store = store;
    this.repository = repository;
    this.limit = new SharedLimit(store, repository);
  }

  SharedLimit limit() {
    return limit;
  }

  /** Lets the next one ask, however fresh the copy is. */
  void expire(String what) {
    store.expire(repository.copyKey(what));
  }

  /**
   * Returns a copy, asking if it is this one's turn, and waiting while it is another one's.
   *
   * <p>Who has waited for half a minute asks for itself and keeps nothing.
   *
   * @param what names it in its repository
   */
  byte[] get(String what, Asking asking) throws IOException {
    Optional<byte[]> body = inTurn(repository.copyKey(what), asking);
    return body.isPresent()
        ? body.get()
        : limit.obey(() -> asking.ask(Optional.empty())).orElseThrow(Copies::noAnswer).body;
  }

  /** Returns a copy likewise, but never asks out of turn: for what does more than look. */
  byte[] getInTurn(String what, Asking asking) throws IOException {
    return inTurn(repository.copyKey(what), asking)
        .orElseThrow(() -> new IOException("another instance has been asking for a while"));
  }

  private Optional<byte[]> inTurn(String key, Asking asking) throws IOException {
    Deadline patience = Deadline.in(PATIENCE);
    long pause = SHORTEST_PAUSE_MILLIS;
    while (!patience.passed()) {
      Look look = store.look(key, FRESH, CLAIM);
      if (look instanceof Look.Fresh fresh) {
        return Optional.of(fresh.copy().body());
      }
      if (look instanceof Look.Ask turn) {
        return Optional.of(asked(key, turn, asking));
      }
      pause(pause);
      pause = Math.min(LONGEST_PAUSE_MILLIS, 2 * pause);
    }
    return Optional.empty();
  }

  private byte[] asked(String key, Look.Ask turn, Asking asking) throws IOException {
    try {
      Optional<Answer> changed = limit.obey(() -> asking.ask(turn.known()));
      if (changed.isEmpty()) {
        byte[] known = turn.known().orElseThrow(Copies::noAnswer).body();
        store.unchanged(key, turn.claim());
        return known;
      }
      byte[] body = changed.get().body;
      if (changed.get().kept && body.length <= SourceStore.MAX_BYTES) {
        store.keep(key, turn.claim(), new Copy(changed.get().validator, body));
      } else {
        store.giveUp(key, turn.claim());
      }
      return body;
    } catch (IOException | RuntimeException e) {
      giveUp(key, turn.claim(), e);
      throw e;
    }
  }

  private void giveUp(String key, UUID claim, Exception failure) {
    try {
      store.giveUp(key, claim);
    } catch (AdapterException away) {
      failure.addSuppressed(away);
    }
  }

  private static void pause(long millis) throws IOException {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while another instance asks GitHub");
    }
  }

  private static IOException noAnswer() {
    return new IOException("GitHub says that nothing changed to who knows nothing yet");
  }

  /** Asks GitHub. */
  interface Asking {
    /** Returns the answer; empty if it is the one that is known. */
    Optional<Answer> ask(Optional<Copy> known) throws IOException;
  }

  /** An answer; one that is too large for a copy is not kept. */
  static final class Answer {

    private final String validator;
    private final byte[] body;
    private final boolean kept;

    /**
     * Takes the bytes, which nobody changes.
     *
     * @param validator for the next conditional request; one that is too long is dropped
     */
    Answer(String validator, byte[] body) {
      this(validator.length() <= SourceStore.MAX_VALUE ? validator : "", body, true);
    }

    private Answer(String validator, byte[] body, boolean kept) {
      this.validator = validator;
      this.body = body;
      this.kept = kept;
    }

    /** Returns the bytes as text. */
    String text() {
      return new String(body, StandardCharsets.UTF_8);
    }

    /** An answer that there is nothing, which may be otherwise soon, or for another token. */
    static Answer nothing() {
      return new Answer("", JsonText.write(JsonText.object()), false);
    }
  }
}
