package io.selfupgrade.core.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Months of an agent in seconds: the engine's decisions, with everything that can go wrong. */
class ScheduleSimulationTest {

  private static final Duration TIME = Duration.ofDays(30);
  private static final int SEEDS =
      Integer.getInteger("seeds", Boolean.getBoolean("long") ? 10_000 : 25);

  @Test
  void everyTickIsAccountedForByItsPolicy() {
    long first = Long.getLong("seed", System.nanoTime());
    long runs = 0;
    for (int index = 0; index < SEEDS; index++) {
      long seed = first + index;
      SimulatedHistory history;
      try {
        history = new Simulation(seed).run(TIME);
      } catch (RuntimeException e) {
        throw new AssertionError("seed " + seed + ": run it alone by -Dseed=" + seed, e);
      }
      history.check("-Dseed=" + seed + " -Dseeds=1");
      runs += history.size();
    }
    assertThat(runs).as("runs from seed %s on", first).isGreaterThan(SEEDS * 2_000L);
  }
}
