package io.selfupgrade.core.schedule;

import io.selfupgrade.schedule.Missed;
import io.selfupgrade.schedule.Overlap;
import io.selfupgrade.schedule.Runner;
import io.selfupgrade.schedule.Schedule;
import io.selfupgrade.schedule.Scope;
import io.selfupgrade.schedule.TaskConfig;
import io.selfupgrade.schedule.TaskPolicy;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/** Finds what is wrong with tasks, naming the field. */
final class Validation {

  private static final Duration LONGEST_PERIOD = Duration.ofDays(36_500);
  private static final Set<String> UTC = Set.of("UTC", "Z", "GMT", "Etc/UTC", "Etc/GMT");
  private static final Pattern NUMBERS =
      Pattern.compile("[ \\t]*[0-9*,/-]+([ \\t]+[0-9*,/-]+){4}[ \\t]*");
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
    if (definition.policy().missed() instanceof Missed.Within within
        && within.oldest().isNegative()) {
      return Optional.of("missed ticks within " + within.oldest() + ": expected 0 or more");
    }
    return definition.runner() == Runner.DATABASE
        ? inDatabase(definition).map(problem -> problem + "; or let agents run it, by Runner.AGENT")
        : Optional.empty();
  }

  /** pg_cron counts in whole minutes of UTC, cannot end a run, and runs one at a time. */
  private static Optional<String> inDatabase(TaskConfig task) {
    TaskPolicy policy = task.policy();
    if (policy.deadline().isPresent()) {
      return Optional.of("deadline: pg_cron cannot end a run, expected none");
    }
    if (!policy.jitter().isZero()) {
      return Optional.of(
          "jitter " + policy.jitter() + ": pg_cron rings at whole minutes, expected none");
    }
    if (policy.overlap() == Overlap.ALLOW) {
      return Optional.of("overlap ALLOW: pg_cron runs one at a time, expected SKIP or QUEUE");
    }
    if (policy.scope() == Scope.ALL) {
      return Optional.of("scope ALL: no instance runs it, expected PRIMARY");
    }
    if (task.schedule() instanceof Schedule.Every every
        && !every.period().equals(every.period().truncatedTo(ChronoUnit.MINUTES))) {
      return Optional.of(
          "period " + every.period() + ": pg_cron rings at whole minutes, expected some of them");
    }
    return task.schedule() instanceof Schedule.Cron cron ? inDatabase(cron) : Optional.empty();
  }

  private static Optional<String> inDatabase(Schedule.Cron cron) {
    if (!UTC.contains(cron.zone().getId())) {
      return Optional.of("zone " + cron.zone() + ": pg_cron counts in UTC, expected that");
    }
    return NUMBERS.matcher(cron.expression()).matches()
        ? Optional.empty()
        : Optional.of(
            "cron expression \""
                + cron.expression()
                + "\": pg_cron has no seconds, and the database reads numbers only, expected five"
                + " fields as *, 1-5, 1,2 or */5");
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
    if (schedule instanceof Schedule.Unreadable unreadable) {
      return Optional.of("unreadable (" + unreadable.why() + "): expected cron, every or at");
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
