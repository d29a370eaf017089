package io.selfupgrade.github;

import java.time.Duration;

/** How time passes for whoever waits: in tests it passes without anybody waiting. */
interface Pace {

  /** This machine's. */
  Pace REAL =
      new Pace() {
        @Override
        public long nanos() {
          return System.nanoTime();
        }

        @Override
        public void pause(Duration time) throws InterruptedException {
          Thread.sleep(time.toMillis());
        }
      };

  /** Returns the time of a clock that never goes back. */
  long nanos();

  /** Waits. */
  void pause(Duration time) throws InterruptedException;
}
