package io.selfupgrade.schedule;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.Objects;

/** When a task is due; closed. */
public sealed interface Schedule {

  /**
   * Describes a cron schedule.
   *
   * <p>The expression is checked by {@code build()}, which names a wrong one.
   *
   * @param expression five Unix fields (minute, hour, day of month, month, day of week), or six with
   *     the second before them, or {@code @hourly}, {@code @daily}, {@code @weekly}, {@code
   *     @monthly}, {@code @yearly}
   * @param zone the time zone in which the fields are meant
   */
  static Schedule cron(String expression, ZoneId zone) {
    return new Cron(expression, zone);
  }

  /**
   * Describes a schedule that is due at {@code anchor + k * period}.
   *
   * <p>The anchor is the task's creation on the store's clock.
   *
   * @param period 10 ms or more
   */
  static Schedule every(Duration period) {
    return new Every(period);
  }

  /** Describes a schedule that is due once. */
  static Schedule at(Instant instant) {
    return new At(instant);
  }

  /**
   * Stands for what is kept of a task that this version cannot read, as a zone that its JDK does
   * not know or a word of a newer version. It is never due and cannot be scheduled.
   *
   * @param why what cannot be read
   */
  record Unreadable(String why) implements Schedule {
    /** Validates that the reason is there. */
    public Unreadable {
      Objects.requireNonNull(why, "why");
    }
  }

  /**
   * Due by a cron expression.
   *
   * @param expression fields or a nickname, see {@link Schedule#cron}
   * @param zone the zone in which they are meant
   */
  record Cron(String expression, ZoneId zone) implements Schedule {
    /** Validates the parts. */
    public Cron {
      Objects.requireNonNull(expression, "expression");
      Objects.requireNonNull(zone, "zone");
    }
  }

  /**
   * Due on a grid.
   *
   * @param period the grid's width
   */
  record Every(Duration period) implements Schedule {
    private static final Duration SHORTEST = Duration.ofMillis(10);

    /**
     * Validates the period.
     *
     * @throws IllegalArgumentException if it is shorter than 10 ms
     */
    public Every {
      Objects.requireNonNull(period, "period");
      if (period.compareTo(SHORTEST) < 0) {
        throw new IllegalArgumentException(
            "period " + period + " is not usable: expected " + SHORTEST + " or more");
      }
    }
  }

  /**
   * Due once.
   *
   * @param instant when
   */
  record At(Instant instant) implements Schedule {
    /** Validates that the instant is there. */
    public At {
      Objects.requireNonNull(instant, "instant");
    }
  }
}
