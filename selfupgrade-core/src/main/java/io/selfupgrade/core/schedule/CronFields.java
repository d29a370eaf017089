package io.selfupgrade.core.schedule;

import com.cronutils.model.Cron;
import com.cronutils.model.CronType;
import com.cronutils.model.definition.CronDefinitionBuilder;
import com.cronutils.model.field.CronFieldName;
import com.cronutils.model.field.expression.And;
import com.cronutils.model.field.expression.Between;
import com.cronutils.model.field.expression.Every;
import com.cronutils.model.field.expression.FieldExpression;
import com.cronutils.model.field.expression.On;
import com.cronutils.model.field.value.FieldValue;
import com.cronutils.parser.CronParser;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/**
 * The fields of a cron expression, as sets of numbers; without a time zone.
 *
 * <p>Five as in Unix, or six with the seconds before them, or a nickname for five.
 *
 * <p>cron-utils parses; the dates are searched here, because its own search knows the zone and then
 * skips ticks in a gap and doubles them in a repeated hour. Day of month and day of week are joined
 * as cron(8) does: when both are restricted either is enough; one that begins with {@code *}
 * restricts nothing by itself.
 */
final class CronFields {

  /** Longer than the 40 years between two 29 February on one day of the week, across 2100. */
  private static final int HORIZON_DAYS = 41 * 366;

  private static final Map<String, String> NICKNAMES =
      Map.of(
          "@hourly", "0 * * * *",
          "@daily", "0 0 * * *",
          "@midnight", "0 0 * * *",
          "@weekly", "0 0 * * 0",
          "@monthly", "0 0 1 * *",
          "@yearly", "0 0 1 1 *",
          "@annually", "0 0 1 1 *");

  private static final int SECOND = 0;
  private static final int MINUTE = 1;
  private static final int HOUR = 2;
  private static final int DAY_OF_MONTH = 3;
  private static final int MONTH = 4;
  private static final int DAY_OF_WEEK = 5;

  private static final List<CronFieldName> UNIX =
      List.of(
          CronFieldName.MINUTE,
          CronFieldName.HOUR,
          CronFieldName.DAY_OF_MONTH,
          CronFieldName.MONTH,
          CronFieldName.DAY_OF_WEEK);
  private static final List<String> NAMES =
      List.of("second", "minute", "hour", "day of month", "month", "day of week");
  private static final int[] LOWEST = {0, 0, 0, 1, 1, 0};
  private static final int[] HIGHEST = {59, 59, 23, 31, 12, 7};

  private final List<BitSet> values;
  private final boolean eitherDay;

  private CronFields(List<BitSet> values, boolean eitherDay) {
    this.values = values;
    this.eitherDay = eitherDay;
  }

  /**
   * Parses an expression.
   *
   * @throws IllegalArgumentException if it is wrong; the message names the field
   */
  static CronFields parse(String expression) {
    List<String> texts = texts(expression.strip());
    List<BitSet> values = new ArrayList<>();
    for (int field = 0; field < texts.size(); field++) {
      values.add(field(field, texts.get(field)));
    }
    BitSet sundays = values.get(DAY_OF_WEEK);
    if (sundays.get(7)) {
      sundays.clear(7);
      sundays.set(0);
    }
    boolean eitherDay =
        !texts.get(DAY_OF_MONTH).startsWith("*") && !texts.get(DAY_OF_WEEK).startsWith("*");
    return new CronFields(List.copyOf(values), eitherDay);
  }

  /** Returns six texts, the first for the seconds. */
  private static List<String> texts(String expression) {
    if (expression.startsWith("@")) {
      String meant = NICKNAMES.get(expression.toLowerCase(Locale.ROOT));
      if (meant == null) {
        throw new IllegalArgumentException(
            "is no nickname that is known: expected one of "
                + new TreeSet<>(NICKNAMES.keySet())
                + "; for a fixed period take Schedule.every, for the start PrimaryWork");
      }
      return texts(meant);
    }
    List<String> texts = new ArrayList<>(List.of(expression.split("\\s+", -1)));
    if (texts.size() == UNIX.size()) {
      texts.add(0, "0");
    }
    if (texts.size() != NAMES.size()) {
      throw new IllegalArgumentException(
          "has "
              + (expression.isEmpty() ? 0 : texts.size())
              + " fields: expected five, minute hour day-of-month month day-of-week, or six with"
              + " the second before them");
    }
    return texts;
  }

  /** Returns the first matching second after that one; empty if there is none to come. */
  Optional<LocalDateTime> after(LocalDateTime before) {
    LocalDate day = before.toLocalDate();
    Optional<LocalTime> time = timeAfter(before.toLocalTime());
    if (time.isPresent() && matches(day)) {
      return Optional.of(day.atTime(time.get()));
    }
    LocalTime first = LocalTime.of(first(HOUR), first(MINUTE), first(SECOND));
    for (int days = 1; days <= HORIZON_DAYS; days++) {
      LocalDate later = day.plusDays(days);
      if (matches(later)) {
        return Optional.of(later.atTime(first));
      }
    }
    return Optional.empty();
  }

  /** Returns a lower bound of the time between two ticks. */
  long leastSeconds() {
    if (values.get(SECOND).cardinality() > 1) {
      return 1;
    }
    return values.get(MINUTE).cardinality() > 1 ? 60 : 3_600;
  }

  private Optional<LocalTime> timeAfter(LocalTime before) {
    BitSet hours = values.get(HOUR);
    BitSet minutes = values.get(MINUTE);
    if (hours.get(before.getHour())) {
      int second = values.get(SECOND).nextSetBit(before.getSecond() + 1);
      if (minutes.get(before.getMinute()) && second >= 0) {
        return Optional.of(LocalTime.of(before.getHour(), before.getMinute(), second));
      }
      int minute = minutes.nextSetBit(before.getMinute() + 1);
      if (minute >= 0) {
        return Optional.of(LocalTime.of(before.getHour(), minute, first(SECOND)));
      }
    }
    int hour = hours.nextSetBit(before.getHour() + 1);
    return hour < 0
        ? Optional.empty()
        : Optional.of(LocalTime.of(hour, first(MINUTE), first(SECOND)));
  }

  private int first(int field) {
    return values.get(field).nextSetBit(0);
  }

  private boolean matches(LocalDate day) {
    boolean dayOfMonth = values.get(DAY_OF_MONTH).get(day.getDayOfMonth());
    boolean dayOfWeek = values.get(DAY_OF_WEEK).get(day.getDayOfWeek().getValue() % 7);
    return values.get(MONTH).get(day.getMonthValue())
        && (eitherDay ? dayOfMonth || dayOfWeek : dayOfMonth && dayOfWeek);
  }

  /** Parses one field alone, so that an error can name it. */
  private static BitSet field(int field, String text) {
    // A Unix expression has no seconds: they are read where the minutes are.
    int place = Math.max(0, field - 1);
    StringBuilder alone = new StringBuilder();
    for (int other = 0; other < UNIX.size(); other++) {
      alone.append(other == place ? text : "*").append(' ');
    }
    try {
      Cron cron = parser().parse(alone.toString());
      BitSet values = new BitSet();
      add(values, cron.retrieve(UNIX.get(place)).getExpression(), field);
      return values;
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "has a wrong "
              + NAMES.get(field)
              + " \""
              + text
              + "\": expected numbers from "
              + LOWEST[field]
              + " to "
              + HIGHEST[field]
              + ", ranges, lists and steps ("
              + e.getMessage()
              + ")",
          e);
    }
  }

  private static CronParser parser() {
    return new CronParser(CronDefinitionBuilder.instanceDefinitionFor(CronType.UNIX));
  }

  private static void add(BitSet values, FieldExpression expression, int field) {
    if (expression instanceof And list) {
      list.getExpressions().forEach(part -> add(values, part, field));
    } else if (expression instanceof Every every) {
      addSteps(values, every, field);
    } else if (expression instanceof Between range) {
      values.set(number(range.getFrom()), number(range.getTo()) + 1);
    } else if (expression instanceof On on) {
      values.set(number(on.getTime()));
    } else {
      values.set(LOWEST[field], HIGHEST[field] + 1);
    }
  }

  private static void addSteps(BitSet values, Every every, int field) {
    FieldExpression base = every.getExpression();
    int from = LOWEST[field];
    int to = field == DAY_OF_WEEK ? 6 : HIGHEST[field];
    if (base instanceof Between range) {
      from = number(range.getFrom());
      to = number(range.getTo());
    } else if (base instanceof On on) {
      from = number(on.getTime());
    }
    int step = number(every.getPeriod());
    for (int value = from; value <= to; value += step) {
      values.set(value);
    }
  }

  private static int number(FieldValue<?> value) {
    return ((Number) value.getValue()).intValue();
  }
}
