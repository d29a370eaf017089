package io.selfupgrade.core.schedule;

import io.selfupgrade.agent.Json;
import io.selfupgrade.schedule.Missed;
import io.selfupgrade.schedule.Overlap;
import io.selfupgrade.schedule.Retry;
import io.selfupgrade.schedule.Schedule;
import io.selfupgrade.schedule.Scope;
import io.selfupgrade.schedule.TaskConfig;
import io.selfupgrade.schedule.TaskPolicy;
import java.time.Duration;
import java.time.ZoneId;
import java.util.List;

/** The tasks and handlers of a simulated agent, one for each kind of policy. */
final class SimulatedTasks {

  static final String OWN = "own";
  static final String SHARED = "shared";
  static final Duration DEADLINE = Duration.ofHours(2);
  private static final TaskPolicy PLAIN = TaskPolicy.DEFAULT.deadline(DEADLINE);
  private static final Retry RETRY =
      Retry.upTo(4).pauses(Duration.ofSeconds(10), Duration.ofMinutes(5));

  private final List<TaskConfig> declared =
      List.of(
          task("all", every(109), PLAIN.missed(Missed.runAll()).retry(RETRY)),
          task("once", every(73), PLAIN),
          task("skip", every(127), PLAIN.missed(Missed.skip())),
          task("queue", every(139), PLAIN.overlap(Overlap.QUEUE)),
          task("allow", every(131), PLAIN.overlap(Overlap.ALLOW).retry(RETRY)),
          task("shared-all", every(167), PLAIN.missed(Missed.runAll()).scope(Scope.ALL)),
          task(
              "berlin",
              Schedule.cron("30 */4 * * *", ZoneId.of("Europe/Berlin")),
              PLAIN.missed(Missed.within(Duration.ofHours(1))).jitter(Duration.ofMinutes(5))));

  List<TaskConfig> declared() {
    return declared;
  }

  Handlers handlers() {
    List<DeclaredTask> tasks =
        declared.stream().map(config -> new DeclaredTask(config, run -> {})).toList();
    return new Handlers(
        tasks,
        List.of(
            new DeclaredHandler(OWN, PLAIN.retry(RETRY), run -> {}),
            new DeclaredHandler(SHARED, PLAIN.scope(Scope.ALL), run -> {})));
  }

  private static Schedule every(int minutes) {
    return Schedule.every(Duration.ofMinutes(minutes));
  }

  private static TaskConfig task(String name, Schedule schedule, TaskPolicy policy) {
    return new TaskConfig(name, schedule, policy, Json.EMPTY);
  }
}
