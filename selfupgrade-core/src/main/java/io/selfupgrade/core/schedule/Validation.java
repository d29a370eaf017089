package io.selfupgrade.core.schedule;

import io.selfupgrade.schedule.Missed;
import io.selfupgrade.schedule.Schedule;
import io.selfupgrade.schedule.TaskConfig;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Finds what is wrong with tasks, naming the field. */
final class Validation {

  private static final Duration LONGEST_PERIOD = Duration.ofDays(36_500);
  private static final Instant LATEST = Instant.parse("9999-12-31T23:59:59Z");

  private Validation() {}

  static List<String> problems(Collection<TaskConfig> definitions) {
    List<String> problems = new ArrayList<>();
    Set<String> names = new HashSet<>();
    for (TaskConfig definition : definitions) {
      String task = "task(\"" + definition.name() + "\", ...)";
      if (!names.add(definition.name())) {
        problems.add(task + " is declared twice: give one of them another name");
      }
      problem(definition).ifPresent(what -> problems.add(task + ": " + what));
    }
    return problems;
  }

  static Optional<String> problem(TaskConfig definition) {
    Optional<String> schedule = problem(definition.schedule());
    if (schedule.isPresent()) {
      return schedule;
    }
    return definition.policy().missed() instanceof Missed.Within within
            && within.oldest().isNegative()
        ? Optional.of("missed ticks within " + within.oldest() + ": expected 0 or more")
        : Optional.empty();
  }

  static Optional<String> problem(Schedule schedule) {
    if (schedule instanceof Schedule.Cron cron) {
      return problem(cron);
    }
    if (schedule instanceof Schedule.Every every) {
      Duration period = every.period();
      boolean usable =
          period.compareTo(LONGEST_PERIOD) <= 0
              && period.equals(period.truncatedTo(ChronoUnit.MICROS));
      return usable
          ? Optional.empty()
          : Optional.of("period " + period + ": expected whole microseconds, at most 36,500 days");
    }
    Instant at = ((Schedule.At) schedule).instant();
    return at.isBefore(Instant.EPOCH) || at.isAfter(LATEST)
        ? Optional.of("instant " + at + ": expected one of the years 1970 to 9999")
        : Optional.empty();
  }

  private static Optional<String> problem(Schedule.Cron cron) {
    String expression = "cron expression \"" + cron.expression() + "\" ";
    try {
      return Ticks.of(cron, Instant.EPOCH).after(Instant.EPOCH).isPresent()
          ? Optional.empty()
          : Optional.of(expression + "is never due: expected a date that exists");
    } catch (IllegalArgumentException e) {
      return Optional.of(expression + e.getMessage());
    }
  }
}
