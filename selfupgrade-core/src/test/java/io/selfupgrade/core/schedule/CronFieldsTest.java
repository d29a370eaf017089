package io.selfupgrade.core.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.cronutils.model.CronType;
import com.cronutils.model.definition.CronDefinitionBuilder;
import com.cronutils.model.time.ExecutionTime;
import com.cronutils.parser.CronParser;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CronFieldsTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "*/15 * * * *        | 2026-01-01T10:00 | 2026-01-01T10:15",
        "*/15 * * * *        | 2026-01-01T10:50 | 2026-01-01T11:00",
        "0 7 * * *           | 2026-01-01T07:00 | 2026-01-02T07:00",
        "0 7 * * *           | 2026-01-01T06:59 | 2026-01-01T07:00",
        "5/20 22 * * *       | 2026-01-01T22:30 | 2026-01-01T22:45",
        "0 0 1 JAN *         | 2026-01-01T00:00 | 2027-01-01T00:00",
        "0 0 29 2 *          | 2026-01-01T00:00 | 2028-02-29T00:00",
        "0 0 29 2 *          | 2096-03-01T00:00 | 2104-02-29T00:00",
        "0 0 * * 7           | 2026-01-01T00:00 | 2026-01-04T00:00",
        "0 0 * * SUN         | 2026-01-01T00:00 | 2026-01-04T00:00",
        "0 0 * * 5-7         | 2026-01-03T12:00 | 2026-01-04T00:00",
        "0 0 * * 5-7         | 2026-01-04T12:00 | 2026-01-09T00:00",
        "0 0 * * 0-7         | 2026-01-04T12:00 | 2026-01-05T00:00",
        "0 0 * * */2         | 2026-01-04T12:00 | 2026-01-06T00:00",
        "0 0 * * MON-FRI/2   | 2026-01-05T12:00 | 2026-01-07T00:00",
        "0,30-40/5,50 1 * * * | 2026-01-05T01:35 | 2026-01-05T01:40",
        // Both days restricted: either is enough.
        "0 0 13 * 5          | 2026-01-01T00:00 | 2026-01-02T00:00",
        "0 0 13 * 5          | 2026-01-09T00:00 | 2026-01-13T00:00",
        // One begins with a star: both have to match.
        "0 0 13 * */5        | 2026-01-01T00:00 | 2026-02-13T00:00",
        "0 0 */10 * 1        | 2026-01-01T00:00 | 2026-05-11T00:00",
        // With seconds.
        "*/20 * * * * *      | 2026-01-01T10:00:05 | 2026-01-01T10:00:20",
        "*/20 * * * * *      | 2026-01-01T10:00:40 | 2026-01-01T10:01:00",
        "15,30 5 10 * * *    | 2026-01-01T10:05:15 | 2026-01-01T10:05:30",
        "15,30 5 10 * * *    | 2026-01-01T10:05:30 | 2026-01-02T10:05:15",
        "59 59 23 31 12 *    | 2026-01-01T00:00:00 | 2026-12-31T23:59:59",
        // Nicknames.
        "@hourly             | 2026-01-01T10:00 | 2026-01-01T11:00",
        "@daily              | 2026-01-01T10:00 | 2026-01-02T00:00",
        "@Midnight           | 2026-01-01T10:00 | 2026-01-02T00:00",
        "@weekly             | 2026-01-01T10:00 | 2026-01-04T00:00",
        "@monthly            | 2026-01-01T10:00 | 2026-02-01T00:00",
        "@yearly             | 2026-01-01T10:00 | 2027-01-01T00:00",
        "@annually           | 2026-01-01T10:00 | 2027-01-01T00:00"
      })
  void findsTheNextTime(String expression, LocalDateTime before, LocalDateTime expected) {
    assertThat(CronFields.parse(expression).after(before)).contains(expected);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "61 0 * * *      | minute \"61\"",
        "* 24 * * *      | hour \"24\"",
        "* * 0 * *       | day of month \"0\"",
        "* * * FOO *     | month \"FOO\"",
        "* * * * 8       | day of week \"8\"",
        "* * L * *       | day of month \"L\"",
        "* 22-3 * * *    | hour \"22-3\"",
        "* */0 * * *     | hour \"*/0\"",
        "99999999999 * * * * | minute \"99999999999\"",
        "0 0 * *         | 4 fields",
        "0 0 * * * * *   | 7 fields",
        "60 * * * * *    | second \"60\"",
        "@reboot         | no nickname",
        "@every 5m       | no nickname",
        "''              | 0 fields"
      })
  void namesTheFieldThatIsWrong(String expression, String named) {
    assertThatThrownBy(() -> CronFields.parse(expression))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(named)
        .hasMessageContaining("expected");
  }

  @ParameterizedTest
  @ValueSource(strings = {"0 0 31 2 *", "0 0 30 2 *", "0 0 31 4,6,9,11 *"})
  void aDateThatDoesNotExistIsNeverDue(String expression) {
    assertThat(CronFields.parse(expression).after(LocalDateTime.of(2026, 1, 1, 0, 0))).isEmpty();
  }

  @Test
  void agreesWithTheParsersOwnSearchWhereThereIsNoZone() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    CronParser parser = new CronParser(CronDefinitionBuilder.instanceDefinitionFor(CronType.UNIX));
    for (int round = 0; round < 200; round++) {
      String expression = expression(random);
      CronFields fields = CronFields.parse(expression);
      ExecutionTime theirs = ExecutionTime.forCron(parser.parse(expression));
      ZonedDateTime time =
          ZonedDateTime.of(2026, 1, 1, 0, 0, 0, 0, ZoneOffset.UTC)
              .plusMinutes(random.nextInt(2_000_000));
      for (int step = 0; step < 20; step++) {
        ZonedDateTime next = theirs.nextExecution(time).orElseThrow();
        assertThat(fields.after(time.toLocalDateTime()))
            .as("seed %s: %s after %s", seed, expression, time)
            .contains(next.toLocalDateTime());
        time = next;
      }
    }
  }

  private static String expression(Random random) {
    List<String> fields = new ArrayList<>();
    fields.add(field(random, 0, 59));
    fields.add(field(random, 0, 23));
    boolean dayOfMonth = random.nextBoolean();
    fields.add(dayOfMonth ? field(random, 1, 28) : "*");
    fields.add(field(random, 1, 12));
    fields.add(dayOfMonth ? "*" : field(random, 0, 6));
    return String.join(" ", fields);
  }

  private static String field(Random random, int lowest, int highest) {
    int from = lowest + random.nextInt(highest - lowest);
    int to = from + random.nextInt(highest - from) + 1;
    int kind = random.nextInt(5);
    if (kind == 0) {
      return "*";
    }
    if (kind == 1) {
      return "*/" + (random.nextInt(highest / 2) + 1);
    }
    if (kind == 2) {
      return from + "-" + to;
    }
    return kind == 3 ? from + "," + to : Integer.toString(from);
  }
}
