package io.selfupgrade.examples.benchmarks;

/** The arguments are wrong. */
final class UsageException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  UsageException(String what) {
    super(what);
  }
}
