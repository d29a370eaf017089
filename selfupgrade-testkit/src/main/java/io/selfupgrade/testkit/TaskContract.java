package io.selfupgrade.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.Json;
import io.selfupgrade.schedule.RunClaim;
import io.selfupgrade.schedule.RunRecord;
import io.selfupgrade.schedule.Schedule;
import io.selfupgrade.schedule.TaskAgenda;
import io.selfupgrade.schedule.TaskConfig;
import io.selfupgrade.schedule.TaskPolicy;
import io.selfupgrade.schedule.TaskStore;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;

/** What the contracts of tasks and of ticks have in common: a primary and a task. */
abstract class TaskContract extends StoreContract {

  static final Duration PERIOD = Duration.ofMinutes(1);
  static final Instant T0 = Instant.parse("2020-01-01T00:00:00Z");
  static final TaskConfig TASK =
      new TaskConfig(
          "digest", Schedule.every(PERIOD), TaskPolicy.DEFAULT, Json.of("{\"to\":\"all\"}"));

  Fence fence;

  @BeforeEach
  void aPrimaryLeads() {
    fence = scene.lead();
  }

  TaskStore tasks() {
    return store.tasks();
  }

  void planned(Instant due) {
    tasks().upsert(fence, TASK);
    assertThat(tasks().plan(fence, TASK.name(), due)).isTrue();
  }

  RunClaim claimed(int tick) {
    planned(tick(tick));
    return next(tick);
  }

  RunClaim next(int tick) {
    return tasks().claim(fence, claiming(tick)).orElseThrow();
  }

  static TaskStore.Claiming claiming(int tick) {
    return new TaskStore.Claiming(
        TASK.name(), tick(tick), tick(tick), Optional.of(tick(tick + 1)), 0);
  }

  static Instant tick(int index) {
    return T0.plus(PERIOD.multipliedBy(index));
  }

  List<RunRecord> history() {
    return tasks().history(scene.agent, TASK.name(), 100);
  }

  TaskAgenda.Entry entry() {
    return entry(TASK.name());
  }

  TaskAgenda.Entry entry(String task) {
    return tasks().agenda(scene.agent, List.of(task)).tasks().get(0);
  }

  static TaskConfig with(Schedule schedule) {
    return new TaskConfig(TASK.name(), schedule, TASK.policy(), TASK.payload());
  }

  /** A store may keep JSON in a normal form, with other white space. */
  static void assertSame(TaskConfig seen, TaskConfig declared) {
    assertThat(seen.name()).isEqualTo(declared.name());
    assertThat(seen.schedule()).isEqualTo(declared.schedule());
    assertThat(seen.policy()).isEqualTo(declared.policy());
    assertThat(seen.payload().text()).isEqualToIgnoringWhitespace(declared.payload().text());
  }
}
