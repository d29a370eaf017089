package io.selfupgrade.core.release;

import java.time.Duration;
import java.util.Objects;

/**
 * Limits of one pull.
 *
 * @param total longest time for all files together
 * @param stallWindow a download that is below {@code minBytesPerSecond} for so long is given up
 * @param minBytesPerSecond least average over the window
 * @param maxTotalBytes largest release
 */
public record PullLimits(
    Duration total, Duration stallWindow, long minBytesPerSecond, long maxTotalBytes) {

  /** 30 minutes in all, 1 KiB/s over 30 seconds, 2 GiB. */
  public static final PullLimits DEFAULT =
      new PullLimits(Duration.ofMinutes(30), Duration.ofSeconds(30), 1 << 10, 2L << 30);

  /**
   * Validates the limits.
   *
   * @throws IllegalArgumentException if one is not more than 0
   */
  public PullLimits {
    requirePositive("total", total);
    requirePositive("stallWindow", stallWindow);
    if (minBytesPerSecond < 1 || maxTotalBytes < 1) {
      throw new IllegalArgumentException(
          "minBytesPerSecond "
              + minBytesPerSecond
              + " and maxTotalBytes "
              + maxTotalBytes
              + ": expected 1 or more");
    }
  }

  private static void requirePositive(String name, Duration value) {
    Objects.requireNonNull(value, name);
    if (value.isZero() || value.isNegative()) {
      throw new IllegalArgumentException(name + " is " + value + ": expected more than 0");
    }
  }
}
