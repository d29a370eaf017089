package io.selfupgrade.core.observe;

import io.selfupgrade.observe.HealthProbe;
import io.selfupgrade.observe.Notifier;
import io.selfupgrade.observe.Retention;
import io.selfupgrade.upgrade.ReleaseSource;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What an agent lets others see, and how.
 *
 * @param checks the host's own questions to the agent
 * @param releases where releases are found; empty without upgrades
 * @param notifiers who tells people
 * @param room how much of the store the agent may take
 * @param spool directory for events that the store cannot take; empty: they stay in memory
 * @param disk a directory on the disk that is looked at
 * @param pace how often the primary looks
 */
public record ObserveSettings(
    Checks checks,
    Optional<Releases> releases,
    List<Notifier> notifiers,
    Room room,
    Optional<Path> spool,
    Path disk,
    Pace pace) {

  /** Validates and copies. */
  public ObserveSettings {
    Objects.requireNonNull(checks, "checks");
    Objects.requireNonNull(releases, "releases");
    notifiers = List.copyOf(notifiers);
    Objects.requireNonNull(room, "room");
    Objects.requireNonNull(spool, "spool");
    Objects.requireNonNull(disk, "disk");
    Objects.requireNonNull(pace, "pace");
  }

  /**
   * The host's own questions.
   *
   * @param probes by name, in their order; asked for news too, again and again
   * @param probation those of upgrades, in their order
   * @param criticalPaths by name, in their order
   */
  public record Checks(
      Map<String, HealthProbe> probes,
      Map<String, HealthProbe> probation,
      Map<String, HealthProbe> criticalPaths) {
    /** Copies, keeping the order. */
    public Checks {
      probes = Collections.unmodifiableMap(new LinkedHashMap<>(probes));
      probation = Collections.unmodifiableMap(new LinkedHashMap<>(probation));
      criticalPaths = Collections.unmodifiableMap(new LinkedHashMap<>(criticalPaths));
    }
  }

  /**
   * Where releases are found.
   *
   * @param source the source
   * @param channel which index is followed
   */
  public record Releases(ReleaseSource source, String channel) {}

  /**
   * How much of the store the agent may take.
   *
   * @param retention how long rows are kept
   * @param databaseBytes how large the whole database may become; empty for what the store knows
   */
  public record Room(Retention retention, OptionalLong databaseBytes) {
    /** What applies unless something else is set. */
    public static final Room DEFAULT = new Room(Retention.DEFAULT, OptionalLong.empty());

    /** Validates the parts. */
    public Room {
      Objects.requireNonNull(retention, "retention");
      Objects.requireNonNull(databaseBytes, "databaseBytes");
    }
  }

  /**
   * How often the primary looks.
   *
   * @param news for something to tell people
   * @param retention for rows that were kept long enough
   * @param giveUpAfter age from which a notification is not tried any more
   */
  public record Pace(Duration news, Duration retention, Duration giveUpAfter) {
    /** Every 30 s; every hour; after a day. */
    public static final Pace DEFAULT =
        new Pace(Duration.ofSeconds(30), Duration.ofHours(1), Duration.ofDays(1));
  }
}
