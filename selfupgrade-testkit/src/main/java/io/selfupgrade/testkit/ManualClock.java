package io.selfupgrade.testkit;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;

/**
 * A clock that stands still until it is told to go on.
 *
 * <p>Thread-safe; a clock that {@link #withZone} returns goes on together with this one.
 */
public final class ManualClock extends Clock {

  private final AtomicReference<Instant> now;
  private final ZoneId zone;

  private ManualClock(AtomicReference<Instant> now, ZoneId zone) {
    this.now = now;
    this.zone = zone;
  }

  /** Returns a clock in UTC that stands at the instant. */
  public static ManualClock at(Instant instant) {
    return new ManualClock(
        new AtomicReference<>(Objects.requireNonNull(instant, "instant")), ZoneOffset.UTC);
  }

  /**
   * Lets time pass; a negative time sets the clock back.
   *
   * @return the instant at which the clock then stands
   */
  public Instant advance(Duration time) {
    return now.updateAndGet(before -> before.plus(time));
  }

  @Override
  public Instant instant() {
    return Objects.requireNonNull(now.get());
  }

  @Override
  public ZoneId getZone() {
    return zone;
  }

  @Override
  public Clock withZone(ZoneId other) {
    return new ManualClock(now, other);
  }

  /** Returns the instant at which the clock stands. */
  @Override
  public String toString() {
    return "ManualClock[" + now.get() + "]";
  }
}
