package io.selfupgrade.github;

import io.selfupgrade.change.ChangePolicy;
import io.selfupgrade.change.ChangeRecord;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * How changes are proposed.
 *
 * @param policy what may be changed, and what becomes of it
 * @param into the branch that they go into; empty: the repository's default one
 * @param waiting for checks
 */
record ChangeSettings(ChangePolicy policy, Optional<String> into, Waiting waiting) {

  /** Returns patience for one call. */
  Patience patience() {
    return waiting.begin();
  }

  /**
   * How checks are waited for.
   *
   * @param limit for how long, the time of requests not counted
   * @param between how long between two looks
   * @param progress is told of every step
   * @param pause waits
   */
  record Waiting(Duration limit, Duration between, Consumer<ChangeRecord> progress, Pause pause) {

    Patience begin() {
      return new Patience(this);
    }
  }

  /** The patience that is left in one call. */
  static final class Patience {
    private final Waiting waiting;
    private Duration waited = Duration.ZERO;

    Patience(Waiting waiting) {
      this.waiting = waiting;
    }

    /** Waits until the next look; false if the time is over, or the thread is interrupted. */
    boolean pause() {
      Duration then = waited.plus(waiting.between);
      if (then.compareTo(waiting.limit) > 0) {
        return false;
      }
      waited = then;
      try {
        waiting.pause.pause(waiting.between);
        return true;
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return false;
      }
    }
  }

  /** Waits. */
  @FunctionalInterface
  interface Pause {
    /** Waits for that long. */
    void pause(Duration time) throws InterruptedException;
  }
}
