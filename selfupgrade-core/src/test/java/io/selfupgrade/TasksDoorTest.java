package io.selfupgrade;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.InstanceId;
import io.selfupgrade.agent.Json;
import io.selfupgrade.agent.Version;
import io.selfupgrade.failover.Acquisition;
import io.selfupgrade.failover.InstanceRecord;
import io.selfupgrade.failover.TakeOver;
import io.selfupgrade.schedule.OneShot;
import io.selfupgrade.schedule.RunClaim;
import io.selfupgrade.schedule.RunEnd;
import io.selfupgrade.schedule.Schedule;
import io.selfupgrade.schedule.ScheduleResult;
import io.selfupgrade.schedule.TaskConfig;
import io.selfupgrade.schedule.TaskStore;
import io.selfupgrade.schedule.Tasks;
import io.selfupgrade.store.AgentStore;
import io.selfupgrade.testkit.Eventually;
import io.selfupgrade.testkit.FaultyStore;
import io.selfupgrade.testkit.InMemoryStore;
import io.selfupgrade.testkit.ManualClock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class TasksDoorTest {

  private static final Duration SOON = Duration.ofSeconds(20);
  private static final Instant NOW = Instant.parse("2026-05-05T10:00:00Z");
  private static final TaskConfig HOURLY =
      TaskConfig.of("report", Schedule.cron("@hourly", ZoneOffset.UTC));

  private final ManualClock clock = ManualClock.at(NOW);
  private final FaultyStore store = FaultyStore.around(new InMemoryStore(clock));
  private final StoreDoor door = new StoreDoor(store, AgentStore.SchemaMode.APPLY);
  private final TasksDoor tasks =
      new TasksDoor(new AgentName("doors"), door, Set.of("own"), new RunIds(clock));

  record Letter(String to, int copies) {}

  @AfterEach
  void close() {
    tasks.close();
    door.close();
  }

  @Test
  void aTaskIsCreatedChangedAndLeftAlone() {
    assertThat(tasks.schedule(HOURLY)).isEqualTo(new ScheduleResult.Created("report"));
    assertThat(tasks.schedule(HOURLY)).isEqualTo(new ScheduleResult.Unchanged("report"));
    assertThat(tasks.schedule(HOURLY.handler("mail")))
        .isEqualTo(new ScheduleResult.Updated("report"));
    assertThat(tasks.find("report").orElseThrow().config().handler()).isEqualTo("mail");
    assertThat(tasks.list()).hasSize(1);

    assertThat(tasks.pause("report")).isTrue();
    assertThat(tasks.pause("report")).isTrue();
    assertThat(tasks.pause("nowhere")).isFalse();
    assertThat(tasks.runNow("report")).isFalse();
    assertThat(tasks.resume("report")).isTrue();
    assertThat(tasks.runNow("report")).isTrue();

    assertThat(tasks.remove("report")).isTrue();
    assertThat(tasks.remove("report")).isFalse();
  }

  @Test
  void whatIsScheduledWhileTheStoreIsAwayIsScheduledWhenItIsBack() {
    door.open();
    store.goAway();

    assertThat(tasks.schedule(HOURLY)).isInstanceOf(ScheduleResult.Deferred.class);
    assertThatThrownBy(tasks::list).isInstanceOf(AdapterException.class);

    store.comeBack();
    Eventually.holds("it is scheduled", SOON, () -> tasks.find("report").isPresent());
  }

  @Test
  void whatTheBuilderDeclaresIsNotChangedHere() {
    TaskConfig own = TaskConfig.of("own", HOURLY.schedule());

    assertThatThrownBy(() -> tasks.schedule(own)).hasMessageContaining("declared by the builder");
    assertThatThrownBy(() -> tasks.remove("own")).hasMessageContaining("pause it");
  }

  @Test
  void aFieldThatIsWrongIsNamed() {
    assertThatThrownBy(
            () ->
                tasks.schedule(
                    TaskConfig.of("report", Schedule.cron("0 24 * * *", ZoneOffset.UTC))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("task report")
        .hasMessageContaining("hour \"24\"");
    assertThatThrownBy(() -> tasks.schedule(HOURLY.payload(Json.of("{"))))
        .hasMessageContaining("payload of task report");
    assertThatThrownBy(() -> tasks.history("report", 0)).hasMessageContaining("most 0");
  }

  @Test
  void thePreviewRunsNothing() {
    assertThat(tasks.preview(HOURLY.schedule(), NOW, 2))
        .containsExactly(NOW.plusSeconds(3_600), NOW.plusSeconds(7_200));
    assertThat(tasks.preview(Schedule.at(NOW), NOW, 2)).isEmpty();
    assertThat(tasks.list()).isEmpty();
  }

  @Test
  void workIsSubmittedInPartsAndTakenBack() {
    List<OneShot> work = new ArrayList<>();
    for (int index = 0; index < 2_500; index++) {
      work.add(OneShot.of("mail", tasks.payload(new Letter("ada", index))));
    }
    door.open();
    long before = store.calls();

    assertThat(tasks.submit(work)).hasSize(2_500).doesNotHaveDuplicates();

    assertThat(store.calls() - before).isEqualTo(3);
    Tasks one = tasks;
    assertThat(one.cancel(one.submit(OneShot.of("mail", Json.EMPTY)))).isTrue();
    assertThat(one.payload(Map.of("n", 1)).text()).isEqualTo("{\"n\":1}");
  }

  @Test
  void aTickOfATaskThatWasRemovedIsNotReleasedAndThatIsSaid() {
    AgentName agent = new AgentName("doors");
    Fence fence = lead(agent);
    tasks.schedule(HOURLY);
    store.tasks().plan(fence, "report", NOW);
    RunClaim claim =
        store
            .tasks()
            .claim(fence, new TaskStore.Claiming("report", NOW, NOW, Optional.empty(), 0))
            .orElseThrow();
    store.tasks().finish(List.of(RunEnd.quarantined(claim, "poison")));
    tasks.remove("report");

    assertThatThrownBy(() -> tasks.release(claim.run()))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("task report, which was removed");
    assertThat(tasks.quarantined(5)).hasSize(1);
    assertThat(tasks.release(UUID.randomUUID())).isFalse();
  }

  private Fence lead(AgentName agent) {
    InstanceRecord instance =
        new InstanceRecord(
            InstanceId.random(),
            agent,
            Version.parse("1.0.0"),
            "b".repeat(64),
            Optional.empty(),
            true,
            "host, pid 1");
    store.instances().register(instance);
    Acquisition won =
        store.leadership().acquire(instance, new TakeOver.Expired(), Duration.ofHours(1));
    return ((Acquisition.Acquired) won).fence();
  }
}
