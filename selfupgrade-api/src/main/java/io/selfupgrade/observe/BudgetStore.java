package io.selfupgrade.observe;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Measures how much room the store has left.
 *
 * <p><b>Obligations</b>, checked by the contract in testkit:
 *
 * <ol>
 *   <li>{@link #measure} tells how things are now, whoever measured when before.
 *   <li>It keeps what it measured, and gives it back as a point of later measurements; of one hour
 *       only the first stays, and none for longer than 60 days.
 *   <li>Several may measure at once.
 * </ol>
 */
public interface BudgetStore {

  /** Measures, keeps it for later comparison, and returns it. */
  Measurement measure();

  /**
   * What was measured.
   *
   * @param at when, on the store's clock
   * @param databaseBytes size of the whole database
   * @param tables size of each table of the schema with its indexes, in bytes, by name
   * @param connections connections in use and allowed
   * @param earlier what was kept of earlier measurements, oldest first
   * @param plan what is known of what the place allows
   */
  record Measurement(
      Instant at,
      long databaseBytes,
      Map<String, Long> tables,
      Budget.Connections connections,
      List<Point> earlier,
      Plan plan) {
    /** Validates and copies. */
    public Measurement {
      Objects.requireNonNull(at, "at");
      tables = Map.copyOf(tables);
      Objects.requireNonNull(connections, "connections");
      earlier = List.copyOf(earlier);
      Objects.requireNonNull(plan, "plan");
    }
  }

  /**
   * What was kept of a measurement.
   *
   * @param at when it was made, on the store's clock
   * @param databaseBytes size of the whole database
   */
  record Point(Instant at, long databaseBytes) {
    /** Validates that the time is there. */
    public Point {
      Objects.requireNonNull(at, "at");
    }
  }

  /**
   * What the place of the database allows, where it is known.
   *
   * @param limitBytes how large the database may become
   * @param pausesAfter how long it may be quiet before it is put to sleep
   */
  record Plan(OptionalLong limitBytes, Optional<Duration> pausesAfter) {
    /** Nothing is known. */
    public static final Plan UNKNOWN = new Plan(OptionalLong.empty(), Optional.empty());

    /**
     * Supabase's free plan: 500 MB, and asleep after 7 quiet days.
     *
     * <p>Source: Supabase's pages "Pricing" and "Free project pausing".
     */
    public static final Plan SUPABASE_FREE =
        new Plan(OptionalLong.of(500_000_000), Optional.of(Duration.ofDays(7)));

    /** Validates that the parts are there. */
    public Plan {
      Objects.requireNonNull(limitBytes, "limitBytes");
      Objects.requireNonNull(pausesAfter, "pausesAfter");
    }

    /** Returns the same with a limit of somebody's own; a larger one is that of another plan. */
    public Plan withLimit(long bytes) {
      boolean larger = limitBytes.isPresent() && bytes > limitBytes.getAsLong();
      return new Plan(OptionalLong.of(bytes), larger ? Optional.empty() : pausesAfter);
    }
  }
}
