package io.selfupgrade.core.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.schedule.Schedule;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Cron where the clocks are put forward or back. */
class CronDaylightTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        // Forward 2:00 -> 3:00 on 29 March.
        "Europe/Berlin | 30 2 * * * | 2026-03-28T12:00+01:00 | 2026-03-29T03:00+02:00 2026-03-30T02:30+02:00",
        "Europe/Berlin | */20 2 * * * | 2026-03-28T12:00+01:00 | 2026-03-29T03:00+02:00 2026-03-30T02:00+02:00",
        "Europe/Berlin | 0 * * * * | 2026-03-29T00:30+01:00 | 2026-03-29T01:00+01:00 2026-03-29T03:00+02:00 2026-03-29T04:00+02:00",
        "Europe/Berlin | 0 3 * * * | 2026-03-28T12:00+01:00 | 2026-03-29T03:00+02:00 2026-03-30T03:00+02:00",
        // Back 3:00 -> 2:00 on 25 October.
        "Europe/Berlin | 30 2 * * * | 2026-10-24T12:00+02:00 | 2026-10-25T02:30+02:00 2026-10-26T02:30+01:00",
        "Europe/Berlin | 15,45 2 * * * | 2026-10-25T00:00+02:00 | 2026-10-25T02:15+02:00 2026-10-25T02:45+02:00 2026-10-26T02:15+01:00",
        "Europe/Berlin | 0 * * * * | 2026-10-25T01:30+02:00 | 2026-10-25T02:00+02:00 2026-10-25T03:00+01:00",
        "Europe/Berlin | 30 2 * * * | 2026-10-25T02:10+01:00 | 2026-10-26T02:30+01:00",
        // Forward 2:00 -> 3:00 on 8 March, back 2:00 -> 1:00 on 1 November.
        "America/New_York | 30 2 * * * | 2026-03-07T12:00-05:00 | 2026-03-08T03:00-04:00 2026-03-09T02:30-04:00",
        "America/New_York | 30 1 * * * | 2026-10-31T12:00-04:00 | 2026-11-01T01:30-04:00 2026-11-02T01:30-05:00",
        "America/New_York | 15,45 1 * * * | 2026-11-01T00:00-04:00 | 2026-11-01T01:15-04:00 2026-11-01T01:45-04:00 2026-11-02T01:15-05:00",
        // By half an hour: forward 2:00 -> 2:30 on 4 October, back 2:00 -> 1:30 on 5 April.
        "Australia/Lord_Howe | 15 2 * * * | 2026-10-03T12:00+10:30 | 2026-10-04T02:30+11:00 2026-10-05T02:15+11:00",
        "Australia/Lord_Howe | 15,45 * * * * | 2026-10-04T01:30+10:30 | 2026-10-04T01:45+10:30 2026-10-04T02:30+11:00 2026-10-04T02:45+11:00",
        "Australia/Lord_Howe | 45 1 * * * | 2026-04-04T12:00+11:00 | 2026-04-05T01:45+11:00 2026-04-06T01:45+10:30",
        "Australia/Lord_Howe | 15,45 * * * * | 2026-04-05T01:00+11:00 | 2026-04-05T01:15+11:00 2026-04-05T01:45+11:00 2026-04-05T02:15+10:30",
        // At midnight: forward 0:00 -> 1:00 on 24 April, back 0:00 -> 23:00 of 29 October.
        "Africa/Cairo | 0 0 * * * | 2026-04-23T12:00+02:00 | 2026-04-24T01:00+03:00 2026-04-25T00:00+03:00",
        "Africa/Cairo | 30 0 * * * | 2026-04-23T12:00+02:00 | 2026-04-24T01:00+03:00 2026-04-25T00:30+03:00",
        "Africa/Cairo | 30 23 * * * | 2026-10-28T23:45+03:00 | 2026-10-29T23:30+03:00 2026-10-30T23:30+02:00",
        "Africa/Cairo | 0 0 * * * | 2026-10-29T12:00+03:00 | 2026-10-30T00:00+02:00 2026-10-31T00:00+02:00",
        // A whole day that does not exist.
        "Pacific/Apia | 0 12 * * * | 2011-12-29T00:00-10:00 | 2011-12-29T12:00-10:00 2011-12-31T00:00+14:00 2011-12-31T12:00+14:00"
      })
  void aTickInTheGapRunsRightAfterItAndOneInTheRepeatedHourOnce(
      String zone, String expression, OffsetDateTime after, String expected) {
    List<Instant> ticks =
        Arrays.stream(expected.split(" ", -1))
            .map(OffsetDateTime::parse)
            .map(OffsetDateTime::toInstant)
            .toList();

    assertThat(ticks(zone, expression, after.toInstant(), ticks.size())).isEqualTo(ticks);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Cairo", "UTC"})
  void aDailyTaskRunsOnEachDayOnce(String zone) {
    for (int halfHour = 0; halfHour < 48; halfHour++) {
      String expression = halfHour % 2 * 30 + " " + halfHour / 2 + " * * *";
      List<Instant> ticks = ticks(zone, expression, Instant.parse("2026-01-01T00:00:00Z"), 365);

      for (int day = 1; day < ticks.size(); day++) {
        assertThat(ticks.get(day).atZone(ZoneId.of(zone)).toLocalDate())
            .as("%s in %s", expression, zone)
            .isEqualTo(ticks.get(day - 1).atZone(ZoneId.of(zone)).toLocalDate().plusDays(1));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Cairo"})
  void whateverTheInstantTheNextTickIsTheSame(String zone) {
    Ticks ticks = Ticks.of(Schedule.cron("*/10 * * * *", ZoneId.of(zone)), Instant.EPOCH);
    Instant start = Instant.parse("2026-01-01T00:00:00Z");
    Instant end = start.plus(Duration.ofDays(366));
    Instant instant = start;
    Instant next = ticks.after(start).orElseThrow();
    while (instant.isBefore(end)) {
      instant = instant.plus(Duration.ofMinutes(7));
      while (!next.isAfter(instant)) {
        next = ticks.after(next).orElseThrow();
      }
      assertThat(ticks.after(instant)).as("after %s in %s", instant, zone).contains(next);
    }
  }

  private static List<Instant> ticks(String zone, String expression, Instant after, int count) {
    Ticks ticks = Ticks.of(Schedule.cron(expression, ZoneId.of(zone)), Instant.EPOCH);
    List<Instant> found = new ArrayList<>();
    Optional<Instant> next = ticks.after(after);
    for (int number = 0; number < count; number++) {
      found.add(next.orElseThrow());
      next = ticks.after(next.get());
    }
    return found;
  }
}
