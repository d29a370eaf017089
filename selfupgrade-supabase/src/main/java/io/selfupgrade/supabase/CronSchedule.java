package io.selfupgrade.supabase;

import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/**
 * Five fields of numbers as pg_cron reads them, in UTC: {@code *}, ranges, lists and steps.
 *
 * <p>As in Vixie's cron, a day matches if either its day of month or its day of week does, where
 * both are restricted. Names of days and months, and seconds, are not known here.
 */
final class CronSchedule {

  private static final int LONGEST = 100;
  private static final int FIELDS = 5;
  private static final int LAST_WEEKDAY = 7;
  private static final int HOUR = 60;
  private static final int DAY = 24 * HOUR;

  /** After 400 years dates and weekdays come again as they were. */
  private static final int CYCLE_YEARS = 400;

  private static final LocalDate CALENDAR = LocalDate.of(2000, 1, 1);

  private final String text;
  private final BitSet minutes;
  private final BitSet hours;
  private final BitSet days;
  private final BitSet months;
  private final BitSet weekdays;
  private final boolean eitherDay;

  private CronSchedule(String text, String[] fields) {
    this.text = text;
    this.minutes = field(fields[0], 0, 59);
    this.hours = field(fields[1], 0, 23);
    this.days = field(fields[2], 1, 31);
    this.months = field(fields[3], 1, 12);
    this.weekdays = field(fields[4], 0, LAST_WEEKDAY);
    this.eitherDay = !fields[2].startsWith("*") && !fields[4].startsWith("*");
    weekdays.set(0, weekdays.get(0) || weekdays.get(LAST_WEEKDAY));
  }

  /**
   * Reads a schedule.
   *
   * @throws IllegalArgumentException if it has another shape
   */
  static CronSchedule parse(String text) {
    String[] fields = text.trim().split("\\s+", -1);
    if (fields.length != FIELDS || text.length() > LONGEST) {
      throw wrong(text, "five fields: minute, hour, day of month, month, day of week");
    }
    return new CronSchedule(text.trim(), fields);
  }

  private static BitSet field(String field, int least, int most) {
    BitSet values = new BitSet();
    for (String part : field.split(",", -1)) {
      String[] stepped = part.split("/", 2);
      int step = stepped.length == 2 ? number(stepped[1], 1, most, field) : 1;
      String[] ends =
          stepped[0].equals("*")
              ? new String[] {String.valueOf(least), String.valueOf(most)}
              : stepped[0].split("-", 2);
      if (stepped.length == 2 && ends.length == 1) {
        throw wrong(field, "a step after * or a range only");
      }
      int from = number(ends[0], least, most, field);
      int to = ends.length == 2 ? number(ends[1], from, most, field) : from;
      for (int value = from; value <= to; value += step) {
        values.set(value);
      }
    }
    return values;
  }

  private static int number(String text, int least, int most, String field) {
    if (text.matches("\\d{1,2}")) {
      int value = Integer.parseInt(text);
      if (value >= least && value <= most) {
        return value;
      }
    }
    throw wrong(field, "numbers from " + least + " to " + most + ", as *, 1-5, 1,2 or */5");
  }

  private static IllegalArgumentException wrong(String text, String expected) {
    return new IllegalArgumentException("cron schedule \"" + text + "\": expected " + expected);
  }

  /** Returns the instants after the first and up to the second, at most so many. */
  List<Instant> between(Instant after, Instant until, int most) {
    List<Instant> due = new ArrayList<>();
    ZonedDateTime at = after.atZone(ZoneOffset.UTC).truncatedTo(ChronoUnit.MINUTES).plusMinutes(1);
    while (!at.toInstant().isAfter(until) && due.size() < most) {
      if (matches(at)) {
        due.add(at.toInstant());
      }
      at = at.plusMinutes(1);
    }
    return due;
  }

  /**
   * Returns this schedule, which has at least one instant.
   *
   * @throws IllegalArgumentException if it has none, as on the 31st of February
   */
  CronSchedule thatComes() {
    if (datesOfTheCycle().isEmpty()) {
      throw wrong(text, "a day that is in a calendar");
    }
    return this;
  }

  /** Returns the longest time from one instant to the next, over all years; it has to come. */
  Duration longestPause() {
    int first = hours.nextSetBit(0) * HOUR + minutes.nextSetBit(0);
    int last = (hours.length() - 1) * HOUR + minutes.length() - 1;
    int longest = 0;
    int before = first;
    for (int minute = first; minute <= last; minute++) {
      if (hours.get(minute / HOUR) && minutes.get(minute % HOUR)) {
        longest = Math.max(longest, minute - before);
        before = minute;
      }
    }
    return Duration.ofMinutes(Math.max(longest, longestDays() * DAY + first - last));
  }

  /** The calendar repeats itself: the first day that comes stands at its end once more. */
  private long longestDays() {
    List<LocalDate> coming = new ArrayList<>(thatComes().datesOfTheCycle());
    coming.add(coming.get(0).plusYears(CYCLE_YEARS));
    long longest = 0;
    for (int i = 1; i < coming.size(); i++) {
      longest = Math.max(longest, ChronoUnit.DAYS.between(coming.get(i - 1), coming.get(i)));
    }
    return longest;
  }

  private List<LocalDate> datesOfTheCycle() {
    return CALENDAR.datesUntil(CALENDAR.plusYears(CYCLE_YEARS)).filter(this::matches).toList();
  }

  private boolean matches(ZonedDateTime at) {
    return minutes.get(at.getMinute()) && hours.get(at.getHour()) && matches(at.toLocalDate());
  }

  private boolean matches(LocalDate at) {
    boolean day = days.get(at.getDayOfMonth());
    boolean weekday = weekdays.get(at.getDayOfWeek().getValue() % DayOfWeek.values().length);
    return months.get(at.getMonthValue()) && (eitherDay ? day || weekday : day && weekday);
  }

  /** Returns the text that was read. */
  @Override
  public String toString() {
    return text;
  }
}
