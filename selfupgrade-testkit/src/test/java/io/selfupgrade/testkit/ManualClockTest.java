package io.selfupgrade.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import org.junit.jupiter.api.Test;

class ManualClockTest {

  private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

  private final ManualClock clock = ManualClock.at(START);

  @Test
  void standsStillUntilItIsAdvanced() {
    assertThat(clock.instant()).isEqualTo(START);

    assertThat(clock.advance(Duration.ofSeconds(3))).isEqualTo(START.plusSeconds(3));

    assertThat(clock.instant()).isEqualTo(START.plusSeconds(3));
  }

  @Test
  void goesBackByANegativeTime() {
    clock.advance(Duration.ofHours(-1));

    assertThat(clock.instant()).isBefore(START);
  }

  @Test
  void anotherZoneIsTheSameClock() {
    Clock berlin = clock.withZone(ZoneId.of("Europe/Berlin"));
    clock.advance(Duration.ofSeconds(1));

    assertThat(berlin.instant()).isEqualTo(START.plusSeconds(1));
    assertThat(berlin.getZone()).isEqualTo(ZoneId.of("Europe/Berlin"));
  }
}
