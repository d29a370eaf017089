package io.selfupgrade.core.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/**
 * Months of an agent in seconds: the engine's decisions, with everything that can go wrong.
 *
 * <p>{@code -Dseed=N -Dseeds=1} plays one course of events in this process.
 */
class ScheduleSimulationTest {

  private static final int SEEDS =
      Integer.getInteger("seeds", Boolean.getBoolean("long") ? 10_000 : 500);

  /** So many are worth a process of its own, with the compiler that tests do without. */
  private static final int MANY = 50;

  @Test
  void everyTickIsAccountedForByItsPolicy() throws Exception {
    SimulatedMonths months =
        new SimulatedMonths(Optional.ofNullable(Long.getLong("seed")).orElseGet(System::nanoTime));

    assertThat(SEEDS < MANY ? months.play(SEEDS) : elsewhere(months.first())).isEmpty();
  }

  private static List<String> elsewhere(long first) throws IOException, InterruptedException {
    List<String> command =
        List.of(
            System.getProperty("java.home") + File.separator + "bin" + File.separator + "java",
            "-XX:+UseSerialGC",
            "-Xmx512m",
            "-cp",
            System.getProperty("java.class.path"),
            SimulatedMonths.class.getName(),
            Long.toString(first),
            Integer.toString(SEEDS));
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    try {
      String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      System.out.print(said);
      return process.waitFor() == 0 ? List.of() : List.of(said);
    } finally {
      process.destroyForcibly();
    }
  }
}
