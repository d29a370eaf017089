package io.selfupgrade;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selfupgrade.agent.Json;
import io.selfupgrade.failover.Role;
import io.selfupgrade.schedule.Schedule;
import io.selfupgrade.testkit.Eventually;
import io.selfupgrade.testkit.InMemoryStore;
import io.selfupgrade.upgrade.RestorePlan;
import io.selfupgrade.upgrade.RestoreResult;
import io.selfupgrade.upgrade.SnapshotStore.Snapshot;
import java.time.Clock;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Taking an agent's data back, by a person. */
class SnapshotsDoorTest {

  private static final Duration SOON = Duration.ofSeconds(20);

  private final AtomicInteger ticks = new AtomicInteger();
  private final SelfUpgrade agent =
      SelfUpgrade.builder("restored")
          .store(new InMemoryStore(Clock.systemUTC()))
          .memory()
          .task("tick", Schedule.every(Duration.ofMillis(50)), run -> ticks.incrementAndGet())
          .build();

  @AfterEach
  void close() {
    agent.close();
  }

  @Test
  void whatWasLostComesBackAndTicksGoOn() {
    lead();
    agent.config().put("tone", Json.of("\"dry\""), 0);
    UUID memory = agent.memory().remember("Anna likes it short").id();
    Eventually.holds("it ticks", SOON, () -> ticks.get() > 0);
    Snapshot snapshot = agent.snapshots().take();
    agent.memory().forget(memory);
    agent.memory().remember("wrong");

    RestorePlan plan = agent.recoverFromBackup();
    assertThat(plan.snapshot()).isEqualTo(snapshot);
    assertThat(plan.losses()).containsExactly("1 rows of memories written since then: deleted");
    assertThat(agent.memory().get(memory)).as("a plan changes nothing").isEmpty();

    assertThat(agent.recoverFromBackup(plan)).isInstanceOf(RestoreResult.Restored.class);

    assertThat(agent.memory().get(memory)).isPresent();
    assertThat(agent.memory().recall("wrong")).isEmpty();
    assertThat(agent.recoverFromBackup().isEmpty()).isTrue();
    assertThat(agent.recoverFromBackup(plan)).isInstanceOf(RestoreResult.Stale.class);
    int before = ticks.get();
    Eventually.holds("it ticks on", SOON, () -> ticks.get() > before + 2);
  }

  @Test
  void onlyThePrimaryActsAndMessagesSayWhatToDo() {
    assertThat(agent.snapshots().list()).isEmpty();
    assertThatThrownBy(() -> agent.snapshots().take())
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("start()");
    assertThatThrownBy(agent::recoverFromBackup)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("snapshots().take()");
    UUID unknown = UUID.randomUUID();
    assertThatThrownBy(() -> agent.snapshots().plan(unknown))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(unknown.toString());
  }

  private void lead() {
    agent.start();
    Eventually.holds("it leads", SOON, () -> agent.role() == Role.PRIMARY);
  }
}
