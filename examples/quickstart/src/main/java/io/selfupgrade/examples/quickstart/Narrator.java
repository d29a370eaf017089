package io.selfupgrade.examples.quickstart;

import java.io.IOException;
import java.io.PrintStream;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/** Tells the story, a line each, with the time since its start; in colour on a terminal. */
final class Narrator {

  private static final int LONGEST = 84;

  private final PrintStream out;
  private final boolean colours;
  private final Clock clock;
  private final Instant start;

  Narrator(PrintStream out, Clock clock) {
    this.out = out;
    this.colours = isTerminal();
    this.clock = clock;
    this.start = clock.instant();
  }

  /** Tells what the world around the agent does. */
  void world(String text) {
    line(clock.instant(), Tone.WORLD, "", text);
  }

  /** Tells what the agent does. */
  void agent(Instant at, Tone tone, String version, String text) {
    line(at, tone, version, text);
  }

  /** Prints a line without a time. */
  void plain(Tone tone, String text) {
    out.println(paint(tone, text));
  }

  /** Returns the time from the start to then, in seconds, as the lines show it. */
  String seconds(Instant at) {
    return String.format(Locale.ROOT, "%.2f s", Duration.between(start, at).toMillis() / 1000.0);
  }

  /** Returns the time since the start. */
  Duration elapsed() {
    return Duration.between(start, clock.instant());
  }

  private void line(Instant at, Tone tone, String version, String text) {
    double seconds = Duration.between(start, at).toMillis() / 1000.0;
    String oneLine = text.lines().findFirst().orElse("");
    String shown = oneLine.length() > LONGEST ? oneLine.substring(0, LONGEST - 3) + "..." : oneLine;
    out.println(
        paint(tone, String.format(Locale.ROOT, "%6.2f s  %-5s  %s", seconds, version, shown)));
  }

  private String paint(Tone tone, String text) {
    return colours && !tone.code.isEmpty()
        ? "\u001B[" + tone.code + "m" + text + "\u001B[0m"
        : text;
  }

  /** Asks the system, as a JVM has a console on some versions even without a terminal. */
  private static boolean isTerminal() {
    if (System.getenv("NO_COLOR") != null || "dumb".equals(System.getenv("TERM"))) {
      return false;
    }
    try {
      Process test =
          new ProcessBuilder("test", "-t", "1")
              .redirectOutput(ProcessBuilder.Redirect.INHERIT)
              .start();
      return test.waitFor(1, TimeUnit.SECONDS) && test.exitValue() == 0;
    } catch (IOException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** How a line sounds. */
  enum Tone {
    /** Somebody outside acts. */
    WORLD("1;36"),
    /** On the way. */
    QUIET(""),
    /** It went well. */
    GOOD("32"),
    /** It went wrong, as it should or not. */
    BAD("31"),
    /** A result. */
    RESULT("1");

    private final String code;

    Tone(String code) {
      this.code = code;
    }
  }
}
