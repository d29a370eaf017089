package io.selfupgrade.observe;

import java.time.Duration;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;

/**
 * How long an agent keeps what grows by itself.
 *
 * @param times for each kind of rows the age from which they go
 */
public record Retention(Map<Kept, Duration> times) {

  private static final Duration SHORTEST = Duration.ofHours(1);

  /** The times that apply unless others are set: {@link Kept#defaultTime}. */
  public static final Retention DEFAULT = new Retention(Map.of());

  /**
   * Validates, copies, and fills in the defaults.
   *
   * @throws IllegalArgumentException if a time is shorter than an hour
   */
  public Retention {
    Map<Kept, Duration> all = new EnumMap<>(Kept.class);
    for (Kept kind : Kept.values()) {
      Duration time = Objects.requireNonNullElse(times.get(kind), kind.defaultTime());
      if (time.compareTo(SHORTEST) < 0) {
        throw new IllegalArgumentException(
            "retention of " + kind + " for " + time + ": expected " + SHORTEST + " or more");
      }
      all.put(kind, time);
    }
    times = Collections.unmodifiableMap(all);
  }

  /** Returns the same with another time for one kind of rows. */
  public Retention keep(Kept kind, Duration time) {
    Map<Kept, Duration> changed = new EnumMap<>(times);
    changed.put(kind, Objects.requireNonNull(time, "time"));
    return new Retention(changed);
  }

  /** Returns for how long rows of that kind are kept. */
  public Duration of(Kept kind) {
    return Objects.requireNonNull(times.get(kind));
  }

  /** Kinds of rows that grow by themselves. */
  public enum Kept {
    /** Events of {@code agent_logs}, by the time at which they were logged. 7 days. */
    LOGS(7),
    /** Notifications, by the time at which they were filed. 30 days. */
    NOTIFICATIONS(30),
    /** Instances that have stopped, or given no sign of life, for that long. 7 days. */
    INSTANCES(7),
    /** Ticks whose run has ended that long ago; the newest of each task stays. 30 days. */
    TASK_RUNS(30),
    /** Steps of upgrades that have ended that long ago; the upgrades themselves stay. 180 days. */
    UPGRADE_STEPS(180),
    /** Snapshots that old; the newest three stay. 30 days. */
    SNAPSHOTS(30),
    /** Deliveries of webhooks that old, with their requests once these are answered. 7 days. */
    DELIVERIES(7),
    /** Conversations in which nothing was said for that long. For ever: 36,500 days. */
    CONVERSATIONS(36_500);

    private final int days;

    Kept(int days) {
      this.days = days;
    }

    /** Returns how long such rows are kept unless another time is set. */
    public Duration defaultTime() {
      return Duration.ofDays(days);
    }
  }
}
