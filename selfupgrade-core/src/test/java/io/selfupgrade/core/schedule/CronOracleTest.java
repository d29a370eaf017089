package io.selfupgrade.core.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.schedule.Schedule;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.time.zone.ZoneOffsetTransition;
import java.time.zone.ZoneRules;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.function.IntPredicate;
import org.junit.jupiter.api.Test;

/**
 * The next tick against an oracle that walks through time minute by minute and looks at the clock
 * on the wall, around each change of the clocks of each zone of the JDK in ten years.
 */
class CronOracleTest {

  private static final Instant FROM = Instant.parse("2020-01-01T00:00:00Z");
  private static final Instant TO = Instant.parse("2030-01-01T00:00:00Z");
  private static final int AROUND_MINUTES = 27 * 60;
  private static final int EXPRESSIONS = Boolean.getBoolean("long") ? 20 : 2;

  private final long seed = Long.getLong("seed", System.nanoTime());
  private final Random random = new Random(seed);

  /**
   * A field's text and what it means, each made without the other.
   *
   * @param text as in an expression
   * @param matches the numbers that it stands for
   */
  private record Field(String text, IntPredicate matches) {}

  private record Expression(List<Field> fields) {
    String text() {
      return String.join(" ", fields.stream().map(Field::text).toList());
    }

    boolean matches(LocalDateTime minute) {
      return matches(0, minute.getMinute())
          && matches(1, minute.getHour())
          && matches(3, minute.getMonthValue())
          && matchesDay(minute);
    }

    private boolean matchesDay(LocalDateTime minute) {
      boolean dayOfMonth = matches(2, minute.getDayOfMonth());
      boolean dayOfWeek = matches(4, minute.getDayOfWeek().getValue() % 7);
      boolean either =
          !fields.get(2).text().startsWith("*") && !fields.get(4).text().startsWith("*");
      return either ? dayOfMonth || dayOfWeek : dayOfMonth && dayOfWeek;
    }

    private boolean matches(int field, int value) {
      return fields.get(field).matches().test(value);
    }
  }

  @Test
  void theNextTickIsWhereTheClockOnTheWallSaysIt() {
    Map<ZoneRules, String> zones = new HashMap<>();
    ZoneId.getAvailableZoneIds().stream()
        .sorted()
        .forEach(id -> zones.putIfAbsent(ZoneId.of(id).getRules(), id));
    assertThat(zones).as("zones that differ").hasSizeGreaterThan(200);
    long ticks = 0;
    for (String id : zones.values()) {
      ZoneId zone = ZoneId.of(id);
      for (Instant middle : changes(zone)) {
        ticks += check(zone, middle);
      }
    }
    assertThat(ticks).as("ticks compared, seed %s", seed).isGreaterThan(10_000);
  }

  /** Returns the changes of a zone's clocks; one moment where they never change. */
  private List<Instant> changes(ZoneId zone) {
    List<Instant> found = new ArrayList<>();
    ZoneOffsetTransition next = zone.getRules().nextTransition(FROM);
    while (next != null && next.getInstant().isBefore(TO)) {
      found.add(next.getInstant());
      next = zone.getRules().nextTransition(next.getInstant());
    }
    if (found.isEmpty()) {
      found.add(FROM.plus(random.nextInt(3_650), ChronoUnit.DAYS));
    }
    return found;
  }

  private long check(ZoneId zone, Instant middle) {
    Instant start =
        middle.truncatedTo(ChronoUnit.MINUTES).minus(AROUND_MINUTES, ChronoUnit.MINUTES);
    LocalDateTime[] wall = new LocalDateTime[2 * AROUND_MINUTES];
    for (int minute = 0; minute < wall.length; minute++) {
      wall[minute] = LocalDateTime.ofInstant(start.plus(minute, ChronoUnit.MINUTES), zone);
    }
    long compared = 0;
    for (int round = 0; round < EXPRESSIONS; round++) {
      Expression expression = expression(LocalDateTime.ofInstant(middle, zone));
      List<Instant> expected = expected(expression, start, wall);
      assertThat(actual(expression, zone, start, wall.length))
          .as("seed %s: \"%s\" in %s from %s", seed, expression.text(), zone, start)
          .isEqualTo(expected);
      compared += expected.size();
    }
    return compared;
  }

  /**
   * Walks through the minutes: one is a tick if the wall shows a matching time for the first time,
   * or has just left out a matching one. The first minute is left to the walk before.
   */
  private static List<Instant> expected(
      Expression expression, Instant start, LocalDateTime[] wall) {
    List<Instant> ticks = new ArrayList<>();
    LocalDateTime latest = wall[0];
    for (int minute = 1; minute < wall.length; minute++) {
      boolean due = false;
      for (LocalDateTime shown = latest.plusMinutes(1);
          !shown.isAfter(wall[minute]);
          shown = shown.plusMinutes(1)) {
        due |= expression.matches(shown);
        latest = shown;
      }
      if (due) {
        ticks.add(start.plus(minute, ChronoUnit.MINUTES));
      }
    }
    return ticks;
  }

  private static List<Instant> actual(
      Expression expression, ZoneId zone, Instant start, int minutes) {
    Ticks ticks = Ticks.of(Schedule.cron(expression.text(), zone), start);
    Instant end = start.plus(Duration.ofMinutes(minutes));
    List<Instant> found = new ArrayList<>();
    Optional<Instant> next = ticks.after(start);
    while (next.isPresent() && next.get().isBefore(end)) {
      found.add(next.get());
      next = ticks.after(next.get());
    }
    return found;
  }

  /** Makes an expression that has something to do with the day and the hours of a change. */
  private Expression expression(LocalDateTime change) {
    List<Field> fields = new ArrayList<>();
    fields.add(field(0, 59, random.nextInt(60)));
    fields.add(field(0, 23, Math.floorMod(change.getHour() + random.nextInt(4) - 2, 24)));
    fields.add(random.nextInt(4) > 0 ? star() : field(1, 31, change.getDayOfMonth()));
    fields.add(random.nextInt(4) > 0 ? star() : field(1, 12, change.getMonthValue()));
    fields.add(random.nextInt(4) > 0 ? star() : field(0, 6, change.getDayOfWeek().getValue() % 7));
    return new Expression(fields);
  }

  private static Field star() {
    return new Field("*", value -> true);
  }

  private Field field(int lowest, int highest, int wanted) {
    int other = lowest + random.nextInt(highest - lowest + 1);
    int from = Math.min(wanted, other);
    int to = Math.max(wanted, other);
    int step = 1 + random.nextInt(Math.max(1, (highest - lowest) / 2));
    return switch (random.nextInt(6)) {
      case 0 -> star();
      case 1 -> new Field("*/" + step, value -> (value - lowest) % step == 0);
      case 2 -> new Field(from + "-" + to, value -> value >= from && value <= to);
      case 3 ->
          new Field(
              from + "-" + to + "/" + step,
              value -> value >= from && value <= to && (value - from) % step == 0);
      case 4 -> new Field(from + "," + to, value -> value == from || value == to);
      default -> new Field(Integer.toString(wanted), value -> value == wanted);
    };
  }
}
