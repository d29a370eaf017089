package io.selfupgrade.examples.benchmarks;

/** A contender did something else than what was measured: its figures are worth nothing. */
public final class IncorrectException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /** Says what was seen and what was expected. */
  public IncorrectException(String what) {
    super(what);
  }

  /** Throws unless something is as it has to be. */
  public static void require(String what, long seen, long expected) {
    if (seen != expected) {
      throw new IncorrectException(what + ": " + seen + ", expected " + expected);
    }
  }
}
