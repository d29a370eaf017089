package io.selfupgrade;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.InstanceId;
import io.selfupgrade.agent.Json;
import io.selfupgrade.agent.Version;
import io.selfupgrade.core.schedule.DeclaredTask;
import io.selfupgrade.failover.Acquisition;
import io.selfupgrade.failover.InstanceRecord;
import io.selfupgrade.failover.TakeOver;
import io.selfupgrade.schedule.Schedule;
import io.selfupgrade.schedule.TaskDefinition;
import io.selfupgrade.schedule.TaskPolicy;
import io.selfupgrade.store.AgentStore;
import io.selfupgrade.testkit.FaultyStore;
import io.selfupgrade.testkit.InMemoryStore;
import io.selfupgrade.upgrade.Trigger;
import io.selfupgrade.upgrade.UpgradeRecord;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class RehearsalTest {

  private static final AgentName AGENT = new AgentName("rehearsing");
  private static final List<DeclaredTask> TASKS =
      List.of(
          new DeclaredTask(
              new TaskDefinition(
                  "tick", Schedule.every(Duration.ofSeconds(1)), TaskPolicy.DEFAULT, Json.EMPTY),
              run -> {}));

  private final InMemoryStore store = new InMemoryStore(Clock.systemUTC());

  @Test
  void changesNothing() {
    store.open(AgentStore.SchemaMode.APPLY);
    InstanceRecord leader = instance();
    store.instances().register(leader);
    Fence fence =
        ((Acquisition.Acquired)
                store.leadership().acquire(leader, new TakeOver.Expired(), Duration.ofMinutes(1)))
            .fence();
    UpgradeRecord open =
        store.journal().open(fence, Trigger.MANUAL, leader.version()).orElseThrow();

    new Rehearsal(store, instance(), TASKS).walk();

    assertThat(store.leadership().read(AGENT).orElseThrow().fence()).isEqualTo(fence);
    assertThat(store.journal().find(open.id())).contains(open);
    assertThat(store.journal().steps(open.id())).isEmpty();
    assertThat(store.tasks().agenda(AGENT, List.of("tick")).tasks()).isEmpty();
  }

  @Test
  void leavesTroubleToThoseWhoComeToItInEarnest() {
    store.open(AgentStore.SchemaMode.APPLY);
    FaultyStore faulty = FaultyStore.around(store);
    faulty.goAway();

    assertThatCode(() -> new Rehearsal(faulty, instance(), TASKS).walk())
        .doesNotThrowAnyException();
  }

  private static InstanceRecord instance() {
    return new InstanceRecord(
        InstanceId.random(),
        AGENT,
        Version.parse("1.0.0"),
        "build",
        Optional.of(UUID.randomUUID()),
        true,
        "here");
  }
}
