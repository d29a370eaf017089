package io.selfupgrade.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.InstanceId;
import io.selfupgrade.schedule.Claimant;
import io.selfupgrade.schedule.ClaimedRun;
import io.selfupgrade.schedule.Retry;
import io.selfupgrade.schedule.RunClaim;
import io.selfupgrade.schedule.RunEnd;
import io.selfupgrade.schedule.RunRecord;
import io.selfupgrade.schedule.Runner;
import io.selfupgrade.schedule.Schedule;
import io.selfupgrade.schedule.Scope;
import io.selfupgrade.schedule.TaskConfig;
import io.selfupgrade.schedule.TaskPolicy;
import io.selfupgrade.schedule.TaskStatus;
import io.selfupgrade.schedule.TaskStore;
import io.selfupgrade.upgrade.UpgradePhase;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Obligations of {@link TaskStore} on batches of ticks, on who may claim, and on operators. */
abstract class TaskControlContract extends TaskContract {

  private static final TaskPolicy SHARED = TaskPolicy.DEFAULT.scope(Scope.ALL);

  @Test
  void aBatchClaimsWhatItCanAndWhatOneMeetsIsNothingToTheOthers() {
    for (String name : List.of("a", "b", "c")) {
      plan(name, TaskPolicy.DEFAULT);
    }

    List<ClaimedRun> claimed =
        tasks()
            .claim(
                Claimant.primary(fence),
                List.of(tick("a", 0), tick("b", 1), tick("c", 0), tick("nowhere", 0)));

    assertThat(claimed).extracting(run -> run.claim().task()).containsExactlyInAnyOrder("a", "c");
    assertThat(claimed).allMatch(run -> run.claim().fence().equals(fence));
    assertThat(entry("a").nextDue()).contains(tick(1));
    assertThat(entry("b").nextDue()).contains(tick(0));
  }

  @Test
  void aBatchOfSkipsMovesItsTasks() {
    plan("a", TaskPolicy.DEFAULT);
    plan("b", TaskPolicy.DEFAULT);

    Set<String> skipped =
        tasks().skip(Claimant.primary(fence), List.of(tick("a", 0), tick("b", 1)));

    assertThat(skipped).containsExactly("a");
    assertThat(tasks().history(scene.agent, "a", 5))
        .extracting(RunRecord::state)
        .containsExactly(RunRecord.State.SKIPPED);
    assertThat(entry("a").nextDue()).contains(tick(1));
  }

  @Test
  void aBatchOfWaitingTicksGivesTheOldestOfEach() {
    plan("a", TaskPolicy.DEFAULT);
    plan("b", TaskPolicy.DEFAULT);
    Claimant primary = Claimant.primary(fence);
    for (int index = 0; index < 2; index++) {
      for (ClaimedRun run : tasks().claim(primary, List.of(tick("a", index), tick("b", index)))) {
        assertThat(tasks().giveBack(run.claim())).isTrue();
      }
    }

    List<ClaimedRun> claimed = tasks().claimWaiting(primary, List.of("a", "b", "nowhere"));

    assertThat(claimed).hasSize(2).allMatch(run -> run.claim().due().equals(tick(0)));
    assertThat(claimed).allMatch(run -> run.claim().attempt() == 2 && run.failures() == 0);
  }

  @Test
  void whoServesClaimsTicksForAllAndNoOthers() {
    plan("own", TaskPolicy.DEFAULT);
    plan("shared", SHARED);
    InstanceId standby = scene.instance(V1).id();
    Claimant member = Claimant.member(scene.agent, standby);

    List<ClaimedRun> claimed = tasks().claim(member, List.of(tick("own", 0), tick("shared", 0)));

    RunClaim claim = claimed.get(0).claim();
    assertThat(claimed).hasSize(1);
    assertThat(claim.task()).isEqualTo("shared");
    assertThat(claim.fence().holder()).isEqualTo(standby);
    assertThat(tasks().skip(member, List.of(tick("own", 0)))).isEmpty();
    assertThat(tasks().giveBack(claim)).isTrue();
    assertThat(tasks().claimWaiting(member, List.of("shared"))).hasSize(1);

    store.instances().stopped(standby);
    assertThat(tasks().claim(member, List.of(tick("shared", 1)))).isEmpty();
    assertThat(tasks().plan(member, "shared", T0)).isFalse();
    assertThat(
            tasks()
                .claim(
                    Claimant.member(scene.agent, InstanceId.random()), List.of(tick("shared", 1))))
        .isEmpty();
  }

  @Test
  void whoServesPlansTasksForAll() {
    tasks().upsert(fence, task("own", TaskPolicy.DEFAULT));
    tasks().upsert(fence, task("shared", SHARED));
    Claimant member = Claimant.member(scene.agent, scene.instance(V1).id());

    assertThat(tasks().plan(member, "own", T0)).isFalse();
    assertThat(tasks().plan(member, "shared", T0)).isTrue();
    assertThat(tasks().plan(member, "shared", T0)).isFalse();
  }

  @Test
  void aTickThatFailedWaitsForItsPause() {
    RunClaim claim = claimed(0);
    assertThat(tasks().finish(List.of(RunEnd.retry(claim, "busy", LONG)))).hasSize(1);

    assertThat(entry().waiting()).isEqualTo(1);
    assertThat(entry().ready().orElseThrow()).isAfter(tasks().agenda(scene.agent, List.of()).now());
    assertThat(tasks().claimWaiting(fence, TASK.name())).isEmpty();
    assertThat(tasks().find(claim).orElseThrow().error()).isEqualTo("busy");
  }

  @Test
  void aTickThatFailedIsCounted() {
    RunClaim claim = claimed(0);
    tasks().finish(List.of(RunEnd.retry(claim, "busy", Duration.ZERO)));

    ClaimedRun again = tasks().claimWaiting(Claimant.primary(fence), List.of(TASK.name())).get(0);

    assertThat(again.failures()).isEqualTo(1);
    assertThat(again.claim().attempt()).isEqualTo(2);
    assertThat(again.payload().text()).isEqualToIgnoringWhitespace(TASK.payload().text());
  }

  @Test
  void aTickThatIsSetAsideIsListedAndCanBeReleased() {
    RunClaim claim = claimed(0);
    tasks().finish(List.of(RunEnd.quarantined(claim, "poison")));
    assertThat(tasks().quarantined(scene.agent, 5))
        .singleElement()
        .matches(run -> run.quarantined() && run.state() == RunRecord.State.FAILED);

    assertThat(tasks().release(scene.agent, claim.run())).isTrue();
    assertThat(tasks().release(scene.agent, claim.run())).isFalse();

    assertThat(tasks().claimWaiting(fence, TASK.name()).orElseThrow().attempt()).isEqualTo(2);
    assertThat(tasks().quarantined(scene.agent, 5)).isEmpty();
  }

  @Test
  void aTickOfATaskThatIsGoneStaysSetAside() {
    RunClaim claim = claimed(0);
    tasks().finish(List.of(RunEnd.quarantined(claim, "poison")));
    assertThat(tasks().remove(scene.agent, TASK.name())).isTrue();

    assertThat(tasks().release(scene.agent, claim.run())).isFalse();

    assertThat(tasks().quarantined(scene.agent, 5))
        .singleElement()
        .matches(run -> run.state() == RunRecord.State.FAILED);
  }

  @Test
  void aPolicyComesBackAsItWasDeclared() {
    TaskConfig declared =
        task(
                "x",
                SHARED
                    .retry(Retry.upTo(7).pauses(Duration.ofMillis(3), Duration.ofHours(2)))
                    .deadline(Duration.ofMinutes(4))
                    .jitter(Duration.ofSeconds(9)))
            .handler("mail");

    assertThat(tasks().schedule(scene.agent, declared)).isEqualTo(TaskStore.Change.CREATED);
    assertThat(tasks().schedule(scene.agent, declared)).isEqualTo(TaskStore.Change.UNCHANGED);

    TaskStatus status = status("x");
    assertThat(status.config().policy()).isEqualTo(declared.policy());
    assertThat(status.config().handler()).isEqualTo("mail");
    assertThat(tasks().agenda(scene.agent, List.of("mail")).tasks()).hasSize(1);
    assertThat(tasks().agenda(scene.agent, List.of("x")).tasks()).isEmpty();
    assertThat(tasks().schedule(scene.agent, declared.handler("fax")))
        .isEqualTo(TaskStore.Change.UPDATED);
  }

  /** The stores of the contract have no pg_cron; what one that has it does is tested with that. */
  @Test
  void whatTheDatabaseIsToRunIsRefusedWithoutPgCronAndStaysAsItWas() {
    planned(T0);

    for (TaskConfig declared : List.of(TASK, TASK.handler("mail"))) {
      TaskConfig moved = declared.runner(Runner.DATABASE);
      assertThatThrownBy(() -> tasks().schedule(scene.agent, moved))
          .isInstanceOfSatisfying(AdapterException.class, e -> assertThat(e.retryable()).isFalse())
          .hasMessageContaining("Runner.AGENT");
      assertThatThrownBy(() -> tasks().upsert(fence, moved)).isInstanceOf(AdapterException.class);
    }

    assertSame(status(TASK.name()).config(), TASK);
    assertThat(entry().nextDue()).contains(T0);
    assertThat(tasks().schedule(scene.agent, TASK.runner(Runner.AGENT)))
        .isEqualTo(TaskStore.Change.UNCHANGED);
  }

  @Test
  void aPausedTaskIsNotOnTheAgendaAndStaysPausedWhenItIsDeclaredAgain() {
    planned(T0);

    assertThat(tasks().pause(scene.agent, TASK.name(), true)).isTrue();
    assertThat(tasks().pause(scene.agent, TASK.name(), true)).isFalse();
    assertThat(tasks().pause(scene.agent, "nowhere", true)).isFalse();
    tasks().upsert(fence, TASK.policy(SHARED));

    assertThat(status(TASK.name()).paused()).isTrue();
    assertThat(tasks().agenda(scene.agent, List.of(TASK.name())).tasks()).isEmpty();
    assertThat(tasks().claim(fence, claiming(0))).isEmpty();
    assertThat(tasks().runNow(scene.agent, TASK.name())).isFalse();
    assertThat(tasks().overdue(scene.agent, SHORT)).isEmpty();

    assertThat(tasks().pause(scene.agent, TASK.name(), false)).isTrue();
    assertThat(entry().nextDue()).contains(T0);
  }

  @Test
  void runNowMakesATickDueUnlessOneIs() {
    Instant later = tasks().agenda(scene.agent, List.of()).now().plus(LONG);
    planned(later);

    assertThat(tasks().runNow(scene.agent, TASK.name())).isTrue();
    Instant due = entry().nextDue().orElseThrow();
    assertThat(due).isBeforeOrEqualTo(tasks().agenda(scene.agent, List.of()).now());
    assertThat(tasks().runNow(scene.agent, TASK.name())).isTrue();

    assertThat(entry().nextDue()).contains(due);
    assertThat(tasks().runNow(scene.agent, "nowhere")).isFalse();
  }

  @Test
  void aTaskThatIsRemovedIsGoneAndItsLedgerStays() {
    RunClaim waiting = claimed(0);
    RunClaim running = next(1);
    assertThat(tasks().giveBack(waiting)).isTrue();

    assertThat(tasks().remove(scene.agent, TASK.name())).isTrue();
    assertThat(tasks().remove(scene.agent, TASK.name())).isFalse();

    assertThat(tasks().list(scene.agent, Optional.empty())).isEmpty();
    assertThat(tasks().find(waiting).orElseThrow().state()).isEqualTo(RunRecord.State.SKIPPED);
    assertThat(tasks().finish(running, Optional.empty())).isTrue();
    assertThat(history()).hasSize(2);
    assertThat(tasks().upsert(fence, TASK)).contains(TaskStore.Change.CREATED);
    assertThat(entry().nextDue()).isEmpty();
  }

  @Test
  void theListShowsHowTasksStand() {
    claimed(0);
    RunClaim second = next(1);
    assertThat(tasks().finish(second, Optional.of("no network"))).isTrue();
    tasks().schedule(scene.agent, task("b", TaskPolicy.DEFAULT));

    List<TaskStatus> all = tasks().list(scene.agent, Optional.empty());

    assertThat(all).extracting(one -> one.config().name()).containsExactly("b", TASK.name());
    assertThat(all.get(0).last()).isEmpty();
    TaskStatus digest = all.get(1);
    assertSame(digest.config(), TASK);
    assertThat(digest.nextDue()).contains(tick(2));
    assertThat(digest.running()).isEqualTo(1);
    assertThat(digest.waiting()).isZero();
    assertThat(digest.last()).contains(tasks().find(second).orElseThrow());
    assertThat(tasks().list(scene.agent, Optional.of("b"))).hasSize(1);
    assertThat(tasks().list(scene.agent, Optional.of("nowhere"))).isEmpty();
  }

  @Test
  void whatAnInstanceDoesNotKnowOfItGivesBack() {
    RunClaim known = claimed(0);
    RunClaim unknown = next(1);

    assertThat(tasks().disown(Claimant.primary(fence), Set.of(known.run()))).isEqualTo(1);

    assertThat(tasks().find(unknown).orElseThrow().state()).isEqualTo(RunRecord.State.WAITING);
    assertThat(tasks().find(known).orElseThrow().state()).isEqualTo(RunRecord.State.RUNNING);
  }

  @Test
  void whatCodeDeclaredAndTheCodeThatLeadsDoesNotIsLeftAloneAndThenRetired() {
    planned(tasks().agenda(scene.agent, List.of()).now().minus(PERIOD));
    tasks().upsert(fence, task("kept", TaskPolicy.DEFAULT));
    tasks().schedule(scene.agent, task("scheduled", TaskPolicy.DEFAULT));
    assertThat(tasks().declare(fence, Set.of(TASK.name(), "kept")).orElseThrow().retired())
        .isEmpty();
    Scene.Upgrading trial = scene.upgradeIn(UpgradePhase.HANDED_OVER, fence);
    assertThat(tasks().overdue(scene.agent, SHORT)).containsExactly(TASK.name());

    TaskStore.Declared said = tasks().declare(trial.primary(), Set.of("kept")).orElseThrow();

    assertThat(said).isEqualTo(new TaskStore.Declared(true, List.of()));
    assertThat(agenda()).containsExactly("kept", "scheduled");
    assertThat(tasks().overdue(scene.agent, SHORT)).isEmpty();
    assertThat(status(TASK.name()).hindrance()).contains("version 2.0.0 does not declare it");
    assertThat(status("kept").hindrance()).isEmpty();
    scene.confirm(trial);

    said = tasks().declare(trial.primary(), Set.of("kept")).orElseThrow();
    assertThat(said).isEqualTo(new TaskStore.Declared(false, List.of(TASK.name())));
    assertThat(tasks().declare(trial.primary(), Set.of("kept")).orElseThrow().retired()).isEmpty();
    assertThat(agenda()).containsExactly("kept", "scheduled");
    assertThat(status(TASK.name()).hindrance()).contains("version 2.0.0 does not declare it");
    assertThat(tasks().runNow(scene.agent, TASK.name())).isFalse();
    assertThat(tasks().pause(scene.agent, TASK.name(), true)).isTrue();
    assertThat(tasks().pause(scene.agent, TASK.name(), false)).isTrue();
    assertThat(agenda())
        .as("a pause that ends enables it not")
        .containsExactly("kept", "scheduled");
  }

  @Test
  void onTheWayBackATaskIsAsItWas() {
    Instant due = tasks().agenda(scene.agent, List.of()).now().minus(PERIOD);
    planned(due);
    tasks().declare(fence, Set.of(TASK.name()));
    Scene.Upgrading back = scene.upgradeIn(UpgradePhase.ROLLING_BACK, fence);
    assertThat(agenda()).as("nobody has said anything at this epoch").containsExactly(TASK.name());

    assertThat(tasks().upsert(back.primary(), TASK)).contains(TaskStore.Change.UNCHANGED);
    assertThat(tasks().declare(back.primary(), Set.of(TASK.name()))).isPresent();

    assertThat(entry().nextDue()).contains(due);
    assertThat(tasks().overdue(scene.agent, SHORT)).containsExactly(TASK.name());
  }

  @Test
  void aTaskThatIsRetiredComesBackAsItWasWhenItIsDeclaredOrScheduledAgain() {
    planned(T0);
    tasks().declare(fence, Set.of(TASK.name()));
    Fence next = scene.takeOverFrom(fence);
    assertThat(tasks().declare(next, Set.of()).orElseThrow().retired())
        .containsExactly(TASK.name());
    assertThat(tasks().claim(next, claiming(0))).isEmpty();
    assertThat(tasks().declare(fence, Set.of(TASK.name()))).as("it leads no more").isEmpty();

    assertThat(tasks().upsert(next, TASK)).contains(TaskStore.Change.UPDATED);
    assertThat(tasks().declare(next, Set.of(TASK.name()))).isPresent();
    assertThat(entry().nextDue()).contains(T0);
    assertThat(status(TASK.name()).hindrance()).isEmpty();

    next = scene.takeOverFrom(next);
    tasks().declare(next, Set.of());
    assertThat(tasks().schedule(scene.agent, TASK)).isEqualTo(TaskStore.Change.UPDATED);
    tasks().declare(next, Set.of());
    assertThat(entry().nextDue()).as("it is only scheduled now").contains(T0);
    assertThat(tasks().claim(next, claiming(0))).isPresent();
  }

  private List<String> agenda() {
    return tasks().agenda(scene.agent, List.of(TASK.name(), "kept", "scheduled")).tasks().stream()
        .map(entry -> entry.definition().name())
        .sorted()
        .toList();
  }

  private TaskStatus status(String task) {
    return tasks().list(scene.agent, Optional.of(task)).get(0);
  }

  private void plan(String name, TaskPolicy policy) {
    tasks().upsert(fence, task(name, policy));
    assertThat(tasks().plan(fence, name, T0)).isTrue();
  }

  private static TaskConfig task(String name, TaskPolicy policy) {
    return TaskConfig.of(name, Schedule.every(PERIOD)).policy(policy);
  }

  private static TaskStore.Claiming tick(String task, int index) {
    return new TaskStore.Claiming(task, tick(index), tick(index), Optional.of(tick(index + 1)), 0);
  }
}
