package io.selfupgrade.examples.benchmarks;

/** The arguments are wrong. */
public final class UsageException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /** Says what was seen and what was expected. */
  public UsageException(String what) {
    super(what);
  }
}
