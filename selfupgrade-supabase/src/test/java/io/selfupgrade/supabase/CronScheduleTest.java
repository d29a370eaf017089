package io.selfupgrade.supabase;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CronScheduleTest {

  private static final int MOST = 100_000;
  private static final Instant FIRST_OF_NOVEMBER = Instant.parse("2026-11-01T00:00:00Z");

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "* * * * *        | 2026-11-01T01:00:00Z | 60",
        "*/5 * * * *      | 2026-11-01T01:00:00Z | 12",
        "0 */6 * * *      | 2026-11-02T00:00:00Z | 4",
        "0 3 * * *        | 2026-11-08T00:00:00Z | 7",
        "30 4 * * 1-5     | 2026-11-08T00:00:00Z | 5",
        "0,15-20/5 1 * * *| 2026-11-02T00:00:00Z | 3",
        "0 12 * * 7       | 2026-11-30T23:59:00Z | 5",
        "0 12 * * 0       | 2026-11-30T23:59:00Z | 5",
        "0 12 14 * *      | 2026-11-30T23:59:00Z | 1",
        "0 12 14 * 5      | 2026-11-30T23:59:00Z | 5",
        "0 12 */2 * 5     | 2026-11-30T23:59:00Z | 2",
        "0 12 * 12 *      | 2026-11-30T23:59:00Z | 0",
      })
  void instantsAreCountedInUtc(String schedule, Instant until, int expected) {
    assertThat(CronSchedule.parse(schedule).between(FIRST_OF_NOVEMBER, until, MOST))
        .hasSize(expected);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "* * * * *        | PT1M",
        "*/5 * * * *      | PT5M",
        "0 */6 * * *      | PT6H",
        "0 3 * * *        | PT24H",
        "30 4 * * 1-5     | PT72H",
        "0,15 8-17 * * *  | PT14H45M",
        "0 12 * * 7       | PT168H",
        "0 0 1 * *        | PT744H",
        "0 0 29 2 *       | PT70104H",
        "0 0 31 12 5      | PT8208H",
      })
  void theLongestPauseIsThatOfAllYears(String schedule, Duration longest) {
    assertThat(CronSchedule.parse(schedule).thatComes().longestPause()).isEqualTo(longest);
  }

  @Test
  void theFirstInstantIsAfterTheBeginningAndTheLastMayBeTheEnd() {
    assertThat(
            CronSchedule.parse("*/5 * * * *")
                .between(
                    Instant.parse("2026-11-01T00:05:00Z"),
                    Instant.parse("2026-11-01T00:15:00Z"),
                    MOST))
        .isEqualTo(
            List.of(Instant.parse("2026-11-01T00:10:00Z"), Instant.parse("2026-11-01T00:15:00Z")));
  }

  @Test
  void noMoreAreCountedThanWereAskedFor() {
    assertThat(
            CronSchedule.parse("* * * * *")
                .between(FIRST_OF_NOVEMBER, FIRST_OF_NOVEMBER.plusSeconds(86_400), 10))
        .hasSize(10);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "* * * *",
        "* * * * * *",
        "5 seconds",
        "@daily",
        "60 * * * *",
        "* 24 * * *",
        "* * 0 * *",
        "* * * 13 *",
        "* * * * 8",
        "*/0 * * * *",
        "3/5 * * * *",
        "5-1 * * * *",
        "1,, * * * *",
        "-1 * * * *",
        "* * * * mon",
        "* * * * *'; drop schema selfupgrade; --",
      })
  void whatHasAnotherShapeIsRefused(String schedule) {
    assertThatThrownBy(() -> CronSchedule.parse(schedule))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("expected");
  }
}
