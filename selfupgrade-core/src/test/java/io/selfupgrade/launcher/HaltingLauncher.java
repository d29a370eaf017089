package io.selfupgrade.launcher;

import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;

/**
 * The real launcher with shorter pauses, which ends at a point that {@link Halt#ofProperties}
 * names.
 */
public final class HaltingLauncher {
  private static final Timings TIMINGS =
      new Timings(
          Duration.ofMillis(10),
          Duration.ofMillis(100),
          Duration.ofMillis(500),
          Duration.ofSeconds(20),
          Duration.ofMillis(900),
          Duration.ofMillis(300),
          new Timings.Grace(Duration.ofSeconds(10), Duration.ofSeconds(2)));

  private HaltingLauncher() {}

  /** Runs a command as the real main does. */
  public static void main(String[] args) {
    run(args, Halt.ofProperties());
  }

  /** Runs a command, ending where {@code halt} says. */
  public static void run(String[] args, Halt halt) {
    Launcher launcher =
        new Launcher(
            System.out,
            System.err,
            Clock.systemUTC(),
            TIMINGS,
            new HaltingProcesses(halt),
            new HaltingDisk(halt, Path.of(args[1])));
    System.exit(launcher.execute(List.of(args)));
  }
}
