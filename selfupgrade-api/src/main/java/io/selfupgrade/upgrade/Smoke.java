package io.selfupgrade.upgrade;

import java.time.Duration;
import java.util.List;
import java.util.Objects;

/**
 * The release's own smoke check: its program, started once with these arguments, must exit with 0.
 *
 * <p>It runs in a JVM of its own with a scrubbed environment (no database URL, no token): it must
 * need neither.
 *
 * @param args arguments of the program instead of those of the launch
 * @param timeout after which it is killed and counts as failed; more than 0, at most 10 minutes
 * @param heapMb limit of its heap in MiB, 8 or more
 */
public record Smoke(List<String> args, Duration timeout, int heapMb) {

  private static final Duration LONGEST = Duration.ofMinutes(10);

  /**
   * Validates and copies.
   *
   * @throws IllegalArgumentException if a limit is out of its range
   */
  public Smoke {
    args = List.copyOf(args);
    Objects.requireNonNull(timeout, "timeout");
    if (timeout.isZero() || timeout.isNegative() || timeout.compareTo(LONGEST) > 0) {
      throw new IllegalArgumentException(
          "smoke timeout " + timeout + " is not usable: expected more than 0, at most " + LONGEST);
    }
    if (heapMb < 8) {
      throw new IllegalArgumentException("smoke heapMb " + heapMb + ": expected 8 or more");
    }
  }
}
