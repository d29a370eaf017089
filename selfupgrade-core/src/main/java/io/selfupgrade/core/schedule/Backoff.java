package io.selfupgrade.core.schedule;

import java.time.Duration;

/** Growing pauses between tries: 100 ms, doubled each time, at most 5 s. Confined to one thread. */
final class Backoff {

  private static final Duration SHORTEST = Duration.ofMillis(100);
  private static final Duration LONGEST = Duration.ofSeconds(5);

  private Duration next = SHORTEST;

  /** Returns the pause to make now. */
  Duration next() {
    Duration pause = next;
    Duration doubled = pause.multipliedBy(2);
    next = doubled.compareTo(LONGEST) < 0 ? doubled : LONGEST;
    return pause;
  }

  /** Tells whether no pause was asked for since the last success. */
  boolean fresh() {
    return next.equals(SHORTEST);
  }

  /** Begins again with the shortest pause. */
  void reset() {
    next = SHORTEST;
  }
}
