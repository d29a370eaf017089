package io.selfupgrade.core.schedule;

import io.selfupgrade.schedule.Schedule;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.temporal.ChronoUnit;
import java.time.zone.ZoneOffsetTransition;
import java.util.Optional;

/** The instants at which one task is due; pure and immutable. */
sealed interface Ticks {

  /**
   * Returns the ticks of a schedule.
   *
   * @param anchor the task's creation, to which {@code every} is bound
   * @throws IllegalArgumentException if it is a cron expression that is wrong, or unreadable
   */
  static Ticks of(Schedule schedule, Instant anchor) {
    if (schedule instanceof Schedule.Every every) {
      return new Grid(anchor, every.period());
    }
    if (schedule instanceof Schedule.Cron cron) {
      return new Calendar(CronFields.parse(cron.expression()), cron.zone());
    }
    if (schedule instanceof Schedule.Unreadable unreadable) {
      throw new IllegalArgumentException(unreadable.why());
    }
    return new Once(((Schedule.At) schedule).instant().truncatedTo(ChronoUnit.MICROS));
  }

  /** Returns the first tick after that instant; empty if there is none. */
  Optional<Instant> after(Instant instant);

  /** Returns the first tick of a task that was created then. */
  default Optional<Instant> first(Instant created) {
    return after(created);
  }

  /**
   * Counts the ticks from one that is due, itself included, until an instant.
   *
   * @param enough from which number on the count need not be exact
   */
  default long count(Instant due, Instant until, long enough) {
    long number = 1;
    Optional<Instant> next = after(due);
    while (next.isPresent() && !next.get().isAfter(until)) {
      number++;
      next = after(next.get());
    }
    return number;
  }

  /** Returns the tick that many ticks after one of them; it has to exist. */
  default Instant skip(Instant due, long number) {
    Instant tick = due;
    for (long skipped = 0; skipped < number; skipped++) {
      tick = after(tick).orElseThrow();
    }
    return tick;
  }

  /** The anchor and every period after it. */
  record Grid(Instant anchor, Duration period) implements Ticks {
    @Override
    public Optional<Instant> after(Instant instant) {
      return Optional.of(at(index(instant) + 1));
    }

    @Override
    public Optional<Instant> first(Instant created) {
      return Optional.of(at(1));
    }

    @Override
    public long count(Instant due, Instant until, long enough) {
      return Math.max(0, index(until) - index(due)) + 1;
    }

    @Override
    public Instant skip(Instant due, long number) {
      return number == 0 ? due : at(index(due) + number);
    }

    private long index(Instant instant) {
      return Math.floorDiv(ChronoUnit.NANOS.between(anchor, instant), period.toNanos());
    }

    private Instant at(long index) {
      return anchor.plusNanos(Math.multiplyExact(index, period.toNanos()));
    }
  }

  /**
   * The times that match a cron expression on the clocks of a zone.
   *
   * <p>One that the clocks leave out is due at the instant at which they jump; one that they show
   * twice is due the first time only.
   */
  record Calendar(CronFields fields, ZoneId zone) implements Ticks {
    @Override
    public Optional<Instant> after(Instant instant) {
      // The map from local times to instants never falls, so the first that is later is the one.
      Optional<LocalDateTime> local = fields.after(LocalDateTime.ofInstant(instant, zone));
      while (local.isPresent()) {
        Instant tick = instant(local.get());
        if (tick.isAfter(instant)) {
          return Optional.of(tick);
        }
        local = fields.after(local.get());
      }
      return Optional.empty();
    }

    @Override
    public long count(Instant due, Instant until, long enough) {
      long atMost = ChronoUnit.SECONDS.between(due, until) / fields.leastSeconds() + 1;
      return atMost <= enough ? atMost : Ticks.super.count(due, until, enough);
    }

    private Instant instant(LocalDateTime local) {
      ZoneOffsetTransition transition = zone.getRules().getTransition(local);
      return transition != null && transition.isGap()
          ? transition.getInstant()
          : ZonedDateTime.of(local, zone).withEarlierOffsetAtOverlap().toInstant();
    }
  }

  /** One instant. */
  record Once(Instant instant) implements Ticks {
    @Override
    public Optional<Instant> after(Instant earlier) {
      return instant.isAfter(earlier) ? Optional.of(instant) : Optional.empty();
    }

    @Override
    public Optional<Instant> first(Instant created) {
      return Optional.of(instant);
    }
  }
}
