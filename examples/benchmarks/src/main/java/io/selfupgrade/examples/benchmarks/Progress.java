package io.selfupgrade.examples.benchmarks;

import java.io.PrintStream;
import java.util.Locale;

/** Tells how far it is, a line each, with the seconds since the start. */
public final class Progress {

  private final PrintStream out;
  private final long startNanos = System.nanoTime();

  Progress(PrintStream out) {
    this.out = out;
  }

  /** Prints a line. */
  public void say(String line) {
    out.printf(Locale.ROOT, "%7.1f s  %s%n", (System.nanoTime() - startNanos) / 1e9, line);
    out.flush();
  }
}
