package io.selfupgrade.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.InstanceId;
import io.selfupgrade.agent.Json;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ScheduleTest {

  @Test
  void aPeriodIsTenMillisecondsOrMore() {
    assertThat(Schedule.every(Duration.ofMillis(10)))
        .isEqualTo(new Schedule.Every(Duration.ofMillis(10)));
    for (Duration wrong : new Duration[] {Duration.ofMillis(9), Duration.ZERO}) {
      assertThatThrownBy(() -> Schedule.every(wrong)).isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void schedulesAreValues() {
    assertThat(Schedule.cron("0 7 * * *", ZoneOffset.UTC))
        .isEqualTo(new Schedule.Cron("0 7 * * *", ZoneOffset.UTC));
    assertThat(Schedule.at(Instant.EPOCH)).isEqualTo(new Schedule.At(Instant.EPOCH));
  }

  @Test
  void runningAllMissedTicksImpliesThatTheyQueue() {
    TaskPolicy all = TaskPolicy.DEFAULT.missed(Missed.runAll());

    assertThat(all.overlap()).isEqualTo(Overlap.QUEUE);
    assertThat(all.overlap(Overlap.ALLOW).overlap()).isEqualTo(Overlap.QUEUE);
    assertThat(TaskPolicy.DEFAULT.overlap(Overlap.ALLOW).overlap()).isEqualTo(Overlap.ALLOW);
    assertThat(TaskPolicy.DEFAULT).isEqualTo(new TaskPolicy(Missed.runOnce(), Overlap.SKIP));
  }

  @Test
  void atMostTenThousandMissedTicksAreRun() {
    assertThat(Missed.runAll()).isEqualTo(Missed.runAll(10_000));
    for (int wrong : new int[] {0, -1, 10_001}) {
      assertThatThrownBy(() -> Missed.runAll(wrong)).isInstanceOf(IllegalArgumentException.class);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "-a", " a", "a b", "a/b", "a\n"})
  void anotherShapeIsNoTasksName(String name) {
    assertThatThrownBy(() -> task(name)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void aTasksNameHasAtMost100Characters() {
    assertThat(task("a:b" + "c".repeat(97)).name()).hasSize(100);
    assertThatThrownBy(() -> task("c".repeat(101))).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void attemptsAreCountedFromOne() {
    Fence fence = new Fence(new AgentName("bot"), InstanceId.random(), 1);

    assertThatThrownBy(() -> new RunClaim(UUID.randomUUID(), "a", Instant.EPOCH, 0, fence))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private static TaskConfig task(String name) {
    return new TaskConfig(
        name, Schedule.every(Duration.ofSeconds(1)), TaskPolicy.DEFAULT, Json.EMPTY);
  }
}
