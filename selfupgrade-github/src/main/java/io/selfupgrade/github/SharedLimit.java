package io.selfupgrade.github;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.github.GitHubException.Kind;
import io.selfupgrade.upgrade.SourceStore;
import io.selfupgrade.upgrade.SourceStore.Copy;
import io.selfupgrade.upgrade.SourceStore.Look;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * GitHub's limit, as one heard of it: others of the same credentials and store do not ask either.
 *
 * <p>For an hour at most, on the store's clock: then one of them asks, and hears of it anew.
 */
final class SharedLimit {

  static final Duration LONGEST = Duration.ofHours(1);

  private static final Duration TO_WRITE = Duration.ofSeconds(10);

  private final SourceStore store;
  private final GitHubRepository repository;

  SharedLimit(SourceStore store, GitHubRepository repository) {
    this.store = store;
    this.repository = repository;
  }

  /**
   * Asks, unless the limit is known to be reached, and lets the others know if it is.
   *
   * @throws GitHubException {@link Kind#RATE_LIMITED}, without asking
   */
  <T> T obey(Asking<T> asking) throws IOException {
    requireOpen();
    try {
      return asking.ask();
    } catch (GitHubException e) {
      tell(e);
      throw e;
    }
  }

  private void requireOpen() {
    Instant now = clock().instant();
    known(store.look(repository.limitKey(), LONGEST, Duration.ZERO))
        .filter(now::isBefore)
        .ifPresent(
            until -> {
              throw GitHubException.limited(
                  "GitHub was not asked: somebody with the same credentials and store has reached"
                      + " its limit, ask again after "
                      + until,
                  until);
            });
  }

  private void tell(GitHubException e) {
    if (e.kind() != Kind.RATE_LIMITED || e.until().isEmpty()) {
      return;
    }
    Instant latest = clock().instant().plus(LONGEST);
    Instant until = e.until().get().isBefore(latest) ? e.until().get() : latest;
    String key = repository.limitKey();
    try {
      store.expire(key);
      if (store.look(key, Duration.ZERO, TO_WRITE) instanceof Look.Ask turn) {
        store.keep(
            key, turn.claim(), new Copy("", until.toString().getBytes(StandardCharsets.US_ASCII)));
      }
    } catch (AdapterException away) {
      e.addSuppressed(away);
    }
  }

  private static Optional<Instant> known(Look look) {
    if (!(look instanceof Look.Fresh fresh)) {
      return Optional.empty();
    }
    try {
      return Optional.of(Instant.parse(new String(fresh.copy().body(), StandardCharsets.US_ASCII)));
    } catch (DateTimeException e) {
      return Optional.empty();
    }
  }

  private Clock clock() {
    return repository.settings().clock();
  }

  /** Something that GitHub is asked. */
  interface Asking<T> {
    T ask() throws IOException;
  }
}
