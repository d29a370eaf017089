package io.selfupgrade.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.agent.Json;
import io.selfupgrade.schedule.Missed;
import io.selfupgrade.schedule.Overlap;
import io.selfupgrade.schedule.RunClaim;
import io.selfupgrade.schedule.RunRecord;
import io.selfupgrade.schedule.Schedule;
import io.selfupgrade.schedule.TaskAgenda;
import io.selfupgrade.schedule.TaskConfig;
import io.selfupgrade.schedule.TaskPolicy;
import io.selfupgrade.schedule.TaskStore;
import io.selfupgrade.store.AgentStore;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Obligations of {@link TaskStore} on tasks, and on how ticks are claimed. */
abstract class TaskStoreContract extends TaskContract {

  @Test
  void upsertKeepsTheAnchorOfAnUnchangedTask() {
    assertThat(tasks().upsert(fence, TASK)).contains(TaskStore.Change.CREATED);
    Instant anchor = entry().anchor();
    assertThat(anchor).isBeforeOrEqualTo(tasks().agenda(scene.agent, List.of()).now());
    planned(T0);
    passShort();

    assertThat(tasks().upsert(fence, TASK)).contains(TaskStore.Change.UNCHANGED);

    assertThat(entry().anchor()).isEqualTo(anchor);
    assertThat(entry().nextDue()).contains(T0);
  }

  @Test
  void anotherPayloadOrPolicyKeepsAnchorAndNextTick() {
    planned(T0);
    Instant anchor = entry().anchor();
    passShort();
    TaskConfig changed =
        new TaskConfig(
            TASK.name(),
            TASK.schedule(),
            TASK.policy().missed(Missed.runAll(7)),
            Json.of("{\"to\":\"one\"}"));

    assertThat(tasks().upsert(fence, changed)).contains(TaskStore.Change.UPDATED);

    assertThat(entry().anchor()).isEqualTo(anchor);
    assertThat(entry().nextDue()).contains(T0);
    assertSame(entry().definition(), changed);
  }

  @Test
  void anotherScheduleGetsANewAnchorAndIsPlannedAnew() {
    planned(T0);
    Instant anchor = entry().anchor();
    passShort();

    assertThat(tasks().upsert(fence, with(Schedule.every(PERIOD.multipliedBy(2)))))
        .contains(TaskStore.Change.UPDATED);

    assertThat(entry().anchor()).isAfter(anchor);
    assertThat(entry().nextDue()).isEmpty();
  }

  @Test
  void aDefinitionComesBackAsItWasDeclared() {
    List<Schedule> schedules =
        List.of(
            Schedule.every(Duration.ofMillis(10)),
            Schedule.cron("*/5 2 * * 1-5", ZoneId.of("Europe/Berlin")),
            Schedule.at(T0));
    List<Missed> rules =
        List.of(Missed.skip(), Missed.runOnce(), Missed.runAll(), Missed.within(PERIOD));
    for (Schedule schedule : schedules) {
      for (Missed missed : rules) {
        TaskConfig declared =
            new TaskConfig(
                "x", schedule, new TaskPolicy(missed, Overlap.ALLOW), Json.of("{\"n\":1}"));
        tasks().upsert(fence, declared);
        assertSame(entry("x").definition(), declared);
        assertThat(tasks().upsert(fence, declared)).contains(TaskStore.Change.UNCHANGED);
      }
    }
  }

  @Test
  void planSetsTheFirstTickOnce() {
    tasks().upsert(fence, TASK);
    assertThat(entry().nextDue()).isEmpty();

    assertThat(tasks().plan(fence, TASK.name(), T0)).isTrue();
    assertThat(tasks().plan(fence, TASK.name(), tick(5))).isFalse();
    assertThat(tasks().plan(fence, "nowhere", T0)).isFalse();

    assertThat(entry().nextDue()).contains(T0);
  }

  @Test
  void theAgendaShowsTheTasksThatWereAskedForAndExist() {
    planned(T0);
    tasks().upsert(fence, new TaskConfig("b", TASK.schedule(), TASK.policy(), Json.EMPTY));
    Scene other = new Scene(store);
    tasks().upsert(other.lead(), new TaskConfig("c", TASK.schedule(), TASK.policy(), Json.EMPTY));

    TaskAgenda agenda = tasks().agenda(scene.agent, List.of(TASK.name(), "c", "d"));

    assertThat(agenda.tasks())
        .extracting(entry -> entry.definition().name())
        .containsExactly(TASK.name());
    assertThat(tasks().agenda(scene.agent, List.of()).tasks()).isEmpty();
  }

  @Test
  void claimWritesTheTickAndMovesTheNextOne() {
    RunClaim claim = claimed(0);

    assertThat(claim.task()).isEqualTo(TASK.name());
    assertThat(claim.due()).isEqualTo(T0);
    assertThat(claim.attempt()).isEqualTo(1);
    assertThat(claim.fence()).isEqualTo(fence);
    assertThat(entry().nextDue()).contains(tick(1));
    assertThat(entry().running()).isEqualTo(1);
    RunRecord run = tasks().find(claim).orElseThrow();
    assertThat(run.claim()).isEqualTo(claim);
    assertThat(run.state()).isEqualTo(RunRecord.State.RUNNING);
    assertThat(run.finishedAt()).isEmpty();
    assertThat(history()).containsExactly(run);
  }

  @Test
  void claimChangesNothingUnlessTheNextTickIsTheExpectedOne() {
    planned(T0);

    assertThat(tasks().claim(fence, claiming(1))).isEmpty();
    assertThat(tasks().skip(fence, claiming(1))).isFalse();
    assertThat(tasks().claim(fence, new TaskStore.Claiming("x", T0, T0, Optional.empty(), 0)))
        .isEmpty();

    assertThat(entry().nextDue()).contains(T0);
    assertThat(history()).isEmpty();
  }

  @Test
  void aTickThatIsNotDueByTheStoresClockIsNeitherClaimedNorSkipped() {
    Instant due = tasks().agenda(scene.agent, List.of()).now().plus(PERIOD);
    planned(due);
    TaskStore.Claiming early =
        new TaskStore.Claiming(TASK.name(), due, due, Optional.of(due.plus(PERIOD)), 0);

    assertThat(tasks().claim(fence, early)).isEmpty();
    assertThat(tasks().skip(fence, early)).isFalse();

    assertThat(entry().nextDue()).contains(due);
    assertThat(history()).isEmpty();
  }

  @Test
  void claimMayPassOverTicks() {
    planned(T0);

    Optional<RunClaim> claim =
        tasks()
            .claim(
                fence, new TaskStore.Claiming(TASK.name(), T0, tick(4), Optional.of(tick(5)), 4));

    assertThat(claim.orElseThrow().due()).isEqualTo(tick(4));
    assertThat(entry().nextDue()).contains(tick(5));
    assertThat(history()).hasSize(1);
  }

  @Test
  void afterTheLastTickThereIsNoNextOne() {
    planned(T0);

    assertThat(
            tasks().claim(fence, new TaskStore.Claiming(TASK.name(), T0, T0, Optional.empty(), 0)))
        .isPresent();

    assertThat(entry().nextDue()).isEmpty();
  }

  @Test
  void eachTickIsClaimedOnce() {
    planned(T0);
    AgentStore other = secondStore();
    int ticks = 20;

    List<List<Instant>> claimed =
        inThreads(
            index -> {
              TaskStore mine = (index % 2 == 0 ? store : other).tasks();
              List<Instant> due = new ArrayList<>();
              for (int tick = 0; tick < ticks; tick++) {
                mine.claim(fence, claiming(tick)).ifPresent(claim -> due.add(claim.due()));
              }
              return due;
            });

    List<Instant> all = claimed.stream().flatMap(List::stream).sorted().toList();
    assertThat(all).doesNotHaveDuplicates();
    assertThat(history()).extracting(run -> run.claim().due()).doesNotHaveDuplicates();
    assertThat(history()).hasSameSizeAs(all);
    assertThat(entry().nextDue()).contains(tick(all.size()));
  }

  @Test
  void aTickIsInTheLedgerOnceAlsoWhenItIsPlannedAgain() {
    claimed(0);
    assertThat(tasks().upsert(fence, with(Schedule.every(PERIOD.multipliedBy(2)))))
        .contains(TaskStore.Change.UPDATED);
    assertThat(tasks().plan(fence, TASK.name(), T0)).isTrue();

    assertThat(tasks().claim(fence, claiming(0))).isEmpty();

    assertThat(history()).hasSize(1);
  }

  @Test
  void skipRecordsTheTickAndMovesTheNextOne() {
    planned(T0);

    assertThat(tasks().skip(fence, claiming(0))).isTrue();
    assertThat(tasks().skip(fence, claiming(0))).isFalse();

    assertThat(entry().nextDue()).contains(tick(1));
    assertThat(entry().running()).isZero();
    assertThat(history()).extracting(RunRecord::state).containsExactly(RunRecord.State.SKIPPED);
    assertThat(tasks().claimWaiting(fence, TASK.name())).isEmpty();
  }
}
