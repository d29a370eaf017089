package io.selfupgrade.launcher;

import java.io.PrintStream;
import java.time.Clock;
import java.time.Duration;
import java.util.List;

/**
 * The launcher with short pauses, or with none but long ones; everything else is the real thing.
 */
final class FastLauncher {
  private static final Timings FAST =
      new Timings(
          Duration.ofMillis(10),
          Duration.ofMillis(Long.getLong("firstDelayMillis", 150)),
          Duration.ofMillis(Long.getLong("firstDelayMillis", 600)),
          Duration.ofSeconds(20),
          Duration.ofMillis(100),
          Duration.ofMillis(300),
          new Timings.Grace(Duration.ofMillis(3000), Duration.ofMillis(500)));

  private FastLauncher() {}

  static Launcher inThisProcess(PrintStream out, PrintStream err) {
    return new Launcher(out, err, Clock.systemUTC(), FAST);
  }

  /** Runs a command as the real main does. */
  public static void main(String[] args) {
    System.exit(inThisProcess(System.out, System.err).execute(List.of(args)));
  }
}
