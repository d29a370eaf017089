package io.selfupgrade.core.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.agent.Json;
import io.selfupgrade.schedule.Missed;
import io.selfupgrade.schedule.Overlap;
import io.selfupgrade.schedule.Runner;
import io.selfupgrade.schedule.Schedule;
import io.selfupgrade.schedule.Scope;
import io.selfupgrade.schedule.TaskConfig;
import io.selfupgrade.schedule.TaskPolicy;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TickEngineValidationTest {

  @Test
  void goodTasksHaveNoProblem() {
    assertThat(
            TickEngine.validate(
                List.of(
                    task("a", Schedule.cron("0 */6 * * *", ZoneOffset.UTC)),
                    task("b", Schedule.every(Duration.ofMillis(10))),
                    task("c", Schedule.at(Instant.parse("2030-01-01T00:00:00Z"))))))
        .isEmpty();
  }

  @Test
  void everyProblemIsNamedAtOnce() {
    TaskPolicy never = TaskPolicy.DEFAULT.missed(Missed.within(Duration.ofSeconds(-1)));
    List<String> problems =
        TickEngine.validate(
            List.of(
                task("a", Schedule.cron("0 25 * * *", ZoneOffset.UTC)),
                task("a", Schedule.cron("0 0 31 2 *", ZoneOffset.UTC)),
                task("b", Schedule.every(Duration.ofNanos(10_000_001))),
                task("c", Schedule.every(Duration.ofDays(40_000))),
                task("d", Schedule.at(Instant.MAX)),
                new TaskConfig("e", Schedule.every(Duration.ofDays(1)), never, Json.EMPTY)));

    assertThat(problems).hasSize(7);
    assertThat(problems.get(0))
        .contains("task(\"a\", ...)", "\"0 25 * * *\"", "hour \"25\"", "0 to 23");
    assertThat(problems.get(1)).contains("task(\"a\", ...) is declared twice");
    assertThat(problems.get(2)).contains("\"0 0 31 2 *\" is never due");
    assertThat(problems.get(3)).contains("task(\"b\", ...)", "PT0.010000001S", "microseconds");
    assertThat(problems.get(4)).contains("task(\"c\", ...)", "36,500 days");
    assertThat(problems.get(5)).contains("task(\"d\", ...)", "1970 to 9999");
    assertThat(problems.get(6)).contains("task(\"e\", ...)", "PT-1S");
  }

  @Test
  void whatPgCronCanExpressIsAllowedToBeTheDatabases() {
    for (Schedule schedule :
        List.of(
            Schedule.cron("*/5 0-6,23 * * 1-5", ZoneId.of("UTC")),
            Schedule.cron(" 0\t3 1 1 0", ZoneOffset.UTC),
            Schedule.every(Duration.ofHours(36)),
            Schedule.at(Instant.parse("2030-01-01T00:00:07Z")))) {
      assertThat(TickEngine.problem(task("a", schedule).runner(Runner.DATABASE))).isEmpty();
    }
  }

  @Test
  void whatItCannotIsRefusedWithTheReasonAndTheWayOut() {
    TaskConfig hourly = task("a", Schedule.every(Duration.ofHours(1)));
    TaskPolicy policy = TaskPolicy.DEFAULT;
    Map<TaskConfig, String> refused =
        Map.of(
            task("a", Schedule.cron("0 3 * * *", ZoneId.of("Europe/Rome"))), "zone Europe/Rome",
            task("a", Schedule.cron("30 0 3 * * *", ZoneOffset.UTC)), "pg_cron has no seconds",
            task("a", Schedule.cron("0 3 * * MON", ZoneOffset.UTC)), "numbers only",
            task("a", Schedule.cron("@daily", ZoneOffset.UTC)), "numbers only",
            task("a", Schedule.every(Duration.ofSeconds(90))), "whole minutes",
            hourly.policy(policy.deadline(Duration.ofMinutes(1))), "deadline",
            hourly.policy(policy.jitter(Duration.ofMinutes(1))), "jitter PT1M",
            hourly.policy(policy.overlap(Overlap.ALLOW)), "overlap ALLOW",
            hourly.policy(policy.scope(Scope.ALL)), "scope ALL");

    refused.forEach(
        (config, reason) -> {
          assertThat(TickEngine.problem(config)).isEmpty();
          assertThat(TickEngine.problem(config.runner(Runner.DATABASE)).orElseThrow())
              .contains(reason, "Runner.AGENT");
        });
  }

  private static TaskConfig task(String name, Schedule schedule) {
    return new TaskConfig(name, schedule, TaskPolicy.DEFAULT, Json.EMPTY);
  }
}
