package io.selfupgrade.launcher;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;

/**
 * A request for an upgrade, read from the run directory of a living instance.
 *
 * @param from the instance that wrote it
 * @param kind what it asks for: try, handed-over, confirmed or dropped
 * @param upgrade the upgrade that it is about
 * @param epoch the epoch of the decision behind it
 * @param asked of {@code try}, else empty
 * @param killAfter of {@code dropped}, else zero
 */
record Request(
    UUID from,
    RequestKind kind,
    UUID upgrade,
    long epoch,
    Optional<Trial> asked,
    Duration killAfter) {
  private static final long DEFAULT_KILL_AFTER_MILLIS = 10_000;

  /** Longest wait that an agent can ask for. */
  static final Duration LONGEST_GRACE = Duration.ofHours(1);

  static Request decode(UUID from, RequestKind kind, StateFile state) throws IOException {
    boolean isTry = kind == RequestKind.TRY;
    boolean isDrop = kind == RequestKind.DROPPED;
    try {
      return new Request(
          from,
          kind,
          state.requireUuid("upgrade"),
          state.requireNumber("epoch"),
          isTry ? Optional.of(Trial.read(state)) : Optional.empty(),
          isDrop
              ? grace(state.number("killAfterMillis", DEFAULT_KILL_AFTER_MILLIS))
              : Duration.ZERO);
    } catch (IllegalArgumentException e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  /** Returns a wait of at least zero and at most {@link #LONGEST_GRACE}. */
  static Duration grace(long millis) {
    return Duration.ofMillis(Math.max(0, Math.min(millis, LONGEST_GRACE.toMillis())));
  }

  Trial trial() {
    return asked.orElseThrow();
  }

  /** Returns the version of {@code try}, else nothing. */
  String version() {
    return asked.map(Trial::version).orElse("");
  }

  boolean isFinal() {
    return kind == RequestKind.CONFIRMED || kind == RequestKind.DROPPED;
  }
}
