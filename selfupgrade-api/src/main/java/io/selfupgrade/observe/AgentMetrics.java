package io.selfupgrade.observe;

import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * What an instance has counted since it was built; a moment's picture.
 *
 * @param uptime time since it was started; zero before
 * @param upgrades upgrades that ended while this instance followed them, by the outcome's name
 * @param ticks runs of tasks
 * @param lead leadership
 * @param logs events of the log
 * @param notifications notifications
 * @param store the store: its answers, and its room
 */
public record AgentMetrics(
    Duration uptime,
    Map<String, Long> upgrades,
    Ticks ticks,
    Lead lead,
    Logs logs,
    Notifications notifications,
    Store store) {

  /** Validates and copies. */
  public AgentMetrics {
    Objects.requireNonNull(uptime, "uptime");
    upgrades = Map.copyOf(upgrades);
    Objects.requireNonNull(ticks, "ticks");
    Objects.requireNonNull(lead, "lead");
    Objects.requireNonNull(logs, "logs");
    Objects.requireNonNull(notifications, "notifications");
    Objects.requireNonNull(store, "store");
  }

  /**
   * Runs of tasks by this instance.
   *
   * @param started handlers that were called
   * @param succeeded runs that ended well
   * @param failed runs whose handler threw
   * @param givenBack runs that were given back, to be run again
   * @param late ticks that were claimed more than 5 s after they were due
   */
  public record Ticks(long started, long succeeded, long failed, long givenBack, long late) {}

  /**
   * Leadership of this instance.
   *
   * @param epoch at which it leads; 0 if it does not
   * @param promotions how often it became the primary
   * @param demotions how often it lost or laid down the lead without handing it over
   */
  public record Lead(long epoch, long promotions, long demotions) {}

  /**
   * Events of the log.
   *
   * @param logged calls of {@code logEvent}
   * @param written events that this instance wrote to the store, those of dead instances too
   * @param spooled events that were put into the spool file
   * @param waiting events in memory now
   * @param spoolBytes size of the spool file now
   * @param dropped events that were given up, for want of room, for their age, or refused
   */
  public record Logs(
      long logged, long written, long spooled, long waiting, long spoolBytes, long dropped) {}

  /**
   * Notifications.
   *
   * @param filed rows that this instance wrote to the outbox
   * @param delivered deliveries that arrived
   * @param retried attempts that have to be repeated
   * @param givenUp deliveries that are not tried any more
   */
  public record Notifications(long filed, long delivered, long retried, long givenUp) {}

  /**
   * The store: its answers to renewals of the lease and heartbeats, and its room.
   *
   * @param calls how many answers were asked for
   * @param failures how many did not come
   * @param last how long the last one took
   * @param mean how long they took on average
   * @param longest how long the slowest took
   * @param budget what this instance has measured last, and when; empty before
   */
  public record Store(
      long calls,
      long failures,
      Duration last,
      Duration mean,
      Duration longest,
      Optional<Budget> budget) {
    /** Validates the parts. */
    public Store {
      Objects.requireNonNull(last, "last");
      Objects.requireNonNull(mean, "mean");
      Objects.requireNonNull(longest, "longest");
      Objects.requireNonNull(budget, "budget");
    }
  }
}
