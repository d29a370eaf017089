package io.selfupgrade.core.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.schedule.Schedule;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class TicksTest {

  private static final Instant ANCHOR = Instant.parse("2026-05-05T10:00:00.123456Z");

  @Nested
  class EveryPeriod {
    private final Ticks ticks = Ticks.of(Schedule.every(Duration.ofMillis(20)), ANCHOR);

    @Test
    void isDueAtTheAnchorAndWholePeriods() {
      assertThat(ticks.first(ANCHOR)).contains(tick(1));
      assertThat(ticks.after(ANCHOR)).contains(tick(1));
      assertThat(ticks.after(ANCHOR.plusNanos(1))).contains(tick(1));
      assertThat(ticks.after(tick(1).minusNanos(1))).contains(tick(1));
      assertThat(ticks.after(tick(1))).contains(tick(2));
      assertThat(ticks.after(ANCHOR.minusMillis(50))).contains(tick(-2));
    }

    @Test
    void doesNotDriftInAYear() {
      long year = 365L * 24 * 3600 * 50;
      assertThat(ticks.after(tick(year))).contains(tick(year + 1));
    }

    @Test
    void countsAndSkipsWithoutWalking() {
      long many = 100L * 365 * 24 * 3600 * 50;
      assertThat(ticks.count(tick(1), tick(1), 1)).isEqualTo(1);
      assertThat(ticks.count(tick(1), tick(3).minusNanos(1), 1)).isEqualTo(2);
      assertThat(ticks.count(tick(1), tick(many), 1)).isEqualTo(many);
      assertThat(ticks.skip(tick(1), many - 1)).isEqualTo(tick(many));
      assertThat(ticks.skip(tick(1), 0)).isEqualTo(tick(1));
    }

    private Instant tick(long index) {
      return ANCHOR.plusMillis(20 * index);
    }
  }

  @Nested
  class ByCron {
    private final Ticks ticks =
        Ticks.of(Schedule.cron("*/5 * * * *", ZoneId.of("Europe/Berlin")), ANCHOR);

    @Test
    void isDueFirstAfterItsCreation() {
      assertThat(ticks.first(ANCHOR)).contains(Instant.parse("2026-05-05T10:05:00Z"));
    }

    @Test
    void countsExactlyWhenMoreAreDueThanAreKept() {
      Instant due = Instant.parse("2026-05-05T10:05:00Z");
      assertThat(ticks.count(due, due.plus(Duration.ofDays(365)), 10)).isEqualTo(105_121 - 12);
      assertThat(ticks.count(due, due.plus(Duration.ofMinutes(14)), 1)).isEqualTo(3);
      assertThat(ticks.skip(due, 3)).isEqualTo(due.plus(Duration.ofMinutes(15)));
    }
  }

  @Nested
  class AtAnInstant {
    private final Ticks ticks = Ticks.of(Schedule.at(ANCHOR.plusNanos(789)), ANCHOR);

    @Test
    void isDueOnceInWholeMicroseconds() {
      assertThat(ticks.first(ANCHOR.plusSeconds(5))).contains(ANCHOR);
      assertThat(ticks.after(ANCHOR.minusNanos(1))).contains(ANCHOR);
      assertThat(ticks.after(ANCHOR)).isEmpty();
      assertThat(ticks.count(ANCHOR, ANCHOR.plusSeconds(9), 1)).isEqualTo(1);
    }
  }

  @Test
  void theStoresClockIsNeverOvertaken() {
    StoreClock clock = new StoreClock();
    clock.set(ANCHOR, 1_000, 5_000);
    assertThat(clock.at(6_000)).isEqualTo(ANCHOR.plusNanos(1_000));

    clock.set(ANCHOR.plusNanos(10_000), 10_000, 90_000);
    assertThat(clock.at(90_000)).as("a slow answer tells less").isEqualTo(ANCHOR.plusNanos(85_000));

    clock.set(ANCHOR.plusNanos(99_000), 100_000, 101_000);
    assertThat(clock.at(101_000)).as("a quick one more").isEqualTo(ANCHOR.plusNanos(99_000));

    clock.set(ANCHOR, 110_000, 111_000);
    assertThat(clock.at(111_000)).as("it was set back").isEqualTo(ANCHOR);
  }
}
