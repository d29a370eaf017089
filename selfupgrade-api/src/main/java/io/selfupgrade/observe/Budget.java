package io.selfupgrade.observe;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * How much room the database has left, as an instance has measured it last.
 *
 * @param at when it was measured, on the store's clock
 * @param size how large the database is, and may become
 * @param growth how fast it grows
 * @param connections connections in use and allowed
 * @param quiet how long nobody used it
 */
public record Budget(Instant at, Size size, Growth growth, Connections connections, Quiet quiet) {

  /** Shorter than this says nothing of how a database grows. */
  private static final Duration SHORTEST_GROWTH = Duration.ofDays(1);

  private static final Duration LONGEST_GROWTH = Duration.ofDays(14);
  private static final double SECONDS_A_DAY = Duration.ofDays(1).toSeconds();

  /** Validates the parts. */
  public Budget {
    Objects.requireNonNull(at, "at");
    Objects.requireNonNull(size, "size");
    Objects.requireNonNull(growth, "growth");
    Objects.requireNonNull(connections, "connections");
    Objects.requireNonNull(quiet, "quiet");
  }

  /** Works a measurement out. */
  public static Budget of(BudgetStore.Measurement measured) {
    return new Budget(
        measured.at(),
        new Size(measured.databaseBytes(), measured.plan().limitBytes(), measured.tables()),
        growth(measured),
        measured.connections(),
        new Quiet(longestGap(measured), measured.plan().pausesAfter()));
  }

  private static Growth growth(BudgetStore.Measurement measured) {
    Instant oldest = measured.at().minus(LONGEST_GROWTH);
    for (BudgetStore.Point point : measured.earlier()) {
      if (!point.at().isBefore(oldest)) {
        Duration over = Duration.between(point.at(), measured.at());
        if (over.compareTo(SHORTEST_GROWTH) < 0) {
          return Growth.UNKNOWN;
        }
        double days = over.toSeconds() / SECONDS_A_DAY;
        long bytesADay = Math.round((measured.databaseBytes() - point.databaseBytes()) / days);
        return new Growth(bytesADay, over);
      }
    }
    return Growth.UNKNOWN;
  }

  private static Duration longestGap(BudgetStore.Measurement measured) {
    Duration longest = Duration.ZERO;
    Instant oldest = measured.at().minus(LONGEST_GROWTH);
    List<BudgetStore.Point> points = measured.earlier();
    for (int i = 0; i < points.size(); i++) {
      Instant next = i + 1 < points.size() ? points.get(i + 1).at() : measured.at();
      Duration gap = Duration.between(points.get(i).at(), next);
      if (next.isAfter(oldest) && gap.compareTo(longest) > 0) {
        longest = gap;
      }
    }
    return longest;
  }

  /** Returns the time until the limit is reached, if it goes on like this; empty if it does not. */
  public Optional<Duration> untilFull() {
    if (size.limitBytes().isEmpty() || growth.bytesADay() <= 0) {
      return Optional.empty();
    }
    long left = Math.max(0, size.limitBytes().getAsLong() - size.databaseBytes());
    return Optional.of(Duration.ofSeconds((long) (left * SECONDS_A_DAY / growth.bytesADay())));
  }

  /**
   * How large the database is, and may become.
   *
   * @param databaseBytes size of the whole database
   * @param limitBytes how large it may become; empty if no limit is known or set
   * @param tables size of each table of the schema with its indexes, in bytes, by name
   */
  public record Size(long databaseBytes, OptionalLong limitBytes, Map<String, Long> tables) {
    /** Validates and copies. */
    public Size {
      Objects.requireNonNull(limitBytes, "limitBytes");
      tables = Map.copyOf(tables);
    }

    /** Returns the part of the limit that is taken; 0 without a limit. */
    public double share() {
      return limitBytes.isEmpty() ? 0 : (double) databaseBytes / limitBytes.getAsLong();
    }
  }

  /**
   * How fast the database grows.
   *
   * @param bytesADay on average, negative if it shrinks
   * @param over the time that it was seen for, 14 days at most; zero if that is too short to tell
   */
  public record Growth(long bytesADay, Duration over) {
    /** It was not watched for long enough, which is a day. */
    public static final Growth UNKNOWN = new Growth(0, Duration.ZERO);

    /** Validates that the time is there. */
    public Growth {
      Objects.requireNonNull(over, "over");
    }
  }

  /**
   * Connections, of the server, the database or the login, whichever has fewest left.
   *
   * @param used in use
   * @param most allowed
   */
  public record Connections(long used, long most) {
    /** Returns the part that is in use. */
    public double share() {
      return most <= 0 ? 1 : (double) used / most;
    }
  }

  /**
   * How long nobody used the database.
   *
   * @param longest the longest time between two measurements that ended in the last 14 days; an
   *     agent that runs measures every hour
   * @param pausesAfter how long it may be quiet before it is put to sleep; empty if it never is
   */
  public record Quiet(Duration longest, Optional<Duration> pausesAfter) {
    /** Validates the parts. */
    public Quiet {
      Objects.requireNonNull(longest, "longest");
      Objects.requireNonNull(pausesAfter, "pausesAfter");
    }

    /** Tells whether it came at least halfway to being put to sleep. */
    public boolean halfway() {
      return pausesAfter.filter(after -> longest.multipliedBy(2).compareTo(after) >= 0).isPresent();
    }
  }
}
