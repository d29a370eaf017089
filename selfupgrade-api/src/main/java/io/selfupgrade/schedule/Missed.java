package io.selfupgrade.schedule;

import java.time.Duration;
import java.util.Objects;

/** What becomes of ticks that were missed, because no instance was there to run them; closed. */
public sealed interface Missed {

  /** The most ticks that {@link RunAll} makes up for. */
  int MOST = 10_000;

  /** Missed ticks are not run. */
  static Missed skip() {
    return new Skip();
  }

  /** The newest missed tick is run, the others are not. The default. */
  static Missed runOnce() {
    return new RunOnce();
  }

  /** All missed ticks are run, one after another, at most 10,000. */
  static Missed runAll() {
    return new RunAll(MOST);
  }

  /**
   * The newest missed ticks up to that number are run, one after another.
   *
   * @param most from 1 to 10,000
   */
  static Missed runAll(int most) {
    return new RunAll(most);
  }

  /** The newest missed tick is run if it is not older than that. */
  static Missed within(Duration oldest) {
    return new Within(oldest);
  }

  /** Missed ticks are not run. */
  record Skip() implements Missed {}

  /** The newest missed tick is run. */
  record RunOnce() implements Missed {}

  /**
   * Missed ticks are run.
   *
   * @param most how many, the newest
   */
  record RunAll(int most) implements Missed {
    /**
     * Validates the number.
     *
     * @throws IllegalArgumentException if it is not from 1 to 10,000
     */
    public RunAll {
      if (most < 1 || most > MOST) {
        throw new IllegalArgumentException("most " + most + ": expected 1 to " + MOST);
      }
    }
  }

  /**
   * The newest missed tick is run while it is young enough.
   *
   * @param oldest greatest age
   */
  record Within(Duration oldest) implements Missed {
    /** Validates that the age is there. */
    public Within {
      Objects.requireNonNull(oldest, "oldest");
    }
  }
}
