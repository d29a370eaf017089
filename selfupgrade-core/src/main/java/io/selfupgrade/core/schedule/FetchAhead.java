package io.selfupgrade.core.schedule;

import java.time.Duration;

/**
 * How many one-shots of a handler are claimed at a time: as many as end within a tenth of a second,
 * so that a quick handler is never without work and a slow one holds little that others could do.
 *
 * <p>Driven by what is told of time and ends; no clock of its own. Confined to one thread.
 */
final class FetchAhead {

  /** The most that are claimed and not ended. */
  static final int MOST = 2_000;

  private static final Duration AHEAD = Duration.ofMillis(100);
  private static final Duration SAMPLE = Duration.ofMillis(2);
  private static final Duration PAUSE = Duration.ofMillis(500);

  private static final int MANY = 8;
  private static final int PART = 4;

  private final int least;
  private int window;
  private boolean sampled;
  private long sampledAtNanos;
  private long endedThen;

  /**
   * Begins small.
   *
   * @param least how many are claimed in any case: one for each thread
   */
  FetchAhead(int least) {
    this.least = least;
    this.window = least;
  }

  /**
   * Returns how many more may be claimed: of a quick handler's none, until a quarter of them is, as
   * a claim of a few costs as much as one of many.
   */
  int room(int inFlight) {
    int room = Math.max(0, window - inFlight);
    return window > MANY * least && room < window / PART ? 0 : room;
  }

  /**
   * Notes how far the handler has come.
   *
   * @param nanos the monotonic time
   * @param ended how many of its one-shots have ended so far
   * @param inFlight how many are claimed and not ended
   */
  void note(long nanos, long ended, int inFlight) {
    long passed = nanos - sampledAtNanos;
    // Ends are recorded in groups: that none has come for a while says little.
    Duration enough = ended > endedThen ? SAMPLE : AHEAD;
    if (sampled && passed < enough.toNanos()) {
      return;
    }
    boolean paused = passed > PAUSE.toNanos() && inFlight == 0;
    if (sampled && !paused) {
      double soon = (double) (ended - endedThen) * AHEAD.toNanos() / passed;
      window = (int) Math.max(least, Math.min(MOST, Math.round(soon)));
    }
    sampled = true;
    sampledAtNanos = nanos;
    endedThen = ended;
  }
}
