package io.selfupgrade;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.InstanceId;
import io.selfupgrade.agent.Json;
import io.selfupgrade.agent.Version;
import io.selfupgrade.core.schedule.DeclaredTask;
import io.selfupgrade.core.schedule.TickEngine;
import io.selfupgrade.core.schedule.TickSettings;
import io.selfupgrade.failover.Acquisition;
import io.selfupgrade.failover.InstanceRecord;
import io.selfupgrade.failover.TakeOver;
import io.selfupgrade.schedule.Schedule;
import io.selfupgrade.schedule.TaskAgenda;
import io.selfupgrade.schedule.TaskConfig;
import io.selfupgrade.schedule.TaskPolicy;
import io.selfupgrade.store.AgentStore;
import io.selfupgrade.testkit.FaultyStore;
import io.selfupgrade.testkit.InMemoryStore;
import io.selfupgrade.upgrade.Trigger;
import io.selfupgrade.upgrade.UpgradeRecord;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class RehearsalTest {

  private static final AgentName AGENT = new AgentName("rehearsing");
  private static final TaskConfig TICK =
      new TaskConfig("tick", Schedule.every(Duration.ofSeconds(1)), TaskPolicy.DEFAULT, Json.EMPTY);

  private final AtomicInteger handled = new AtomicInteger();
  private final List<DeclaredTask> tasks =
      List.of(new DeclaredTask(TICK, run -> handled.incrementAndGet()));
  private final InMemoryStore store = new InMemoryStore(Clock.systemUTC());

  @Test
  void changesNothing() {
    Fence fence = lead();
    UpgradeRecord open =
        store.journal().open(fence, Trigger.MANUAL, Version.parse("1.0.0")).orElseThrow();

    new Rehearsal(store, instance(), List.of(ticks(store)::rehearse)).walk();

    assertThat(store.leadership().read(AGENT).orElseThrow().fence()).isEqualTo(fence);
    assertThat(store.journal().find(open.id())).contains(open);
    assertThat(store.journal().steps(open.id())).isEmpty();
    assertThat(store.tasks().agenda(AGENT, List.of("tick")).tasks()).isEmpty();
  }

  @Test
  void leavesADueTickToThePrimary() {
    Fence fence = lead();
    store.tasks().upsert(fence, TICK);
    Instant due = store.tasks().agenda(AGENT, List.of("tick")).tasks().get(0).anchor();
    assertThat(store.tasks().plan(fence, "tick", due)).isTrue();
    List<TaskAgenda.Entry> before = store.tasks().agenda(AGENT, List.of("tick")).tasks();

    new Rehearsal(store, instance(), List.of(ticks(store)::rehearse)).walk();

    assertThat(handled).hasValue(0);
    assertThat(store.tasks().history(AGENT, "tick", 10)).isEmpty();
    assertThat(store.tasks().agenda(AGENT, List.of("tick")).tasks()).isEqualTo(before);
  }

  @Test
  void leavesTroubleToThoseWhoComeToItInEarnest() {
    store.open(AgentStore.SchemaMode.APPLY);
    FaultyStore faulty = FaultyStore.around(store);
    faulty.goAway();

    assertThatCode(() -> new Rehearsal(faulty, instance(), List.of(ticks(faulty)::rehearse)).walk())
        .doesNotThrowAnyException();
  }

  private Fence lead() {
    store.open(AgentStore.SchemaMode.APPLY);
    InstanceRecord leader = instance();
    store.instances().register(leader);
    return ((Acquisition.Acquired)
            store.leadership().acquire(leader, new TakeOver.Expired(), Duration.ofMinutes(1)))
        .fence();
  }

  private TickEngine ticks(AgentStore store) {
    return new TickEngine(
        AGENT, store.tasks(), tasks, TickSettings.withSilence(Duration.ofSeconds(3)));
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
