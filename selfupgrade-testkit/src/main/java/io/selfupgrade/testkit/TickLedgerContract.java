package io.selfupgrade.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.InstanceId;
import io.selfupgrade.agent.Json;
import io.selfupgrade.schedule.Claimant;
import io.selfupgrade.schedule.OneShot;
import io.selfupgrade.schedule.Overlap;
import io.selfupgrade.schedule.RunClaim;
import io.selfupgrade.schedule.RunEnd;
import io.selfupgrade.schedule.RunRecord;
import io.selfupgrade.schedule.TaskStore;
import io.selfupgrade.store.AgentStore;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Obligations of {@link io.selfupgrade.schedule.TaskStore} on ticks that were claimed. */
abstract class TickLedgerContract extends TaskContract {

  @Test
  void finishEndsARunOnce() {
    RunClaim good = claimed(0);
    RunClaim bad = next(1);

    assertThat(tasks().finish(good, Optional.empty())).isTrue();
    assertThat(tasks().finish(bad, Optional.of("no network"))).isTrue();
    assertThat(tasks().finish(good, Optional.of("again"))).isFalse();
    assertThat(tasks().giveBack(bad)).isFalse();

    RunRecord succeeded = tasks().find(good).orElseThrow();
    assertThat(succeeded.state()).isEqualTo(RunRecord.State.SUCCEEDED);
    assertThat(succeeded.error()).isEmpty();
    assertThat(succeeded.finishedAt().orElseThrow()).isAfterOrEqualTo(succeeded.startedAt());
    RunRecord failed = tasks().find(bad).orElseThrow();
    assertThat(failed.state()).isEqualTo(RunRecord.State.FAILED);
    assertThat(failed.error()).isEqualTo("no network");
    assertThat(entry().running()).isZero();
  }

  @Test
  void aRunThatWasGivenBackIsClaimedAgainWithTheNextAttempt() {
    RunClaim first = claimed(0);
    RunClaim second = next(1);
    assertThat(tasks().giveBack(second)).isTrue();
    assertThat(tasks().giveBack(first)).isTrue();
    assertThat(entry().waiting()).isEqualTo(2);
    assertThat(entry().running()).isZero();

    RunClaim again = tasks().claimWaiting(fence, TASK.name()).orElseThrow();

    assertThat(again).isEqualTo(new RunClaim(first.run(), first.task(), first.due(), 2, fence));
    assertThat(entry().waiting()).isEqualTo(1);
    assertThat(tasks().find(first).orElseThrow().state()).isEqualTo(RunRecord.State.RUNNING);
    assertThat(tasks().claimWaiting(fence, TASK.name()).orElseThrow().due()).isEqualTo(tick(1));
    assertThat(tasks().claimWaiting(fence, TASK.name())).isEmpty();
  }

  @Test
  void aWaitingTickIsGivenOutOnce() {
    RunClaim claim = claimed(0);
    assertThat(tasks().giveBack(claim)).isTrue();
    AgentStore other = secondStore();

    List<Optional<RunClaim>> claims =
        inThreads(
            index -> (index % 2 == 0 ? store : other).tasks().claimWaiting(fence, TASK.name()));

    assertThat(claims).filteredOn(Optional::isPresent).hasSize(1);
  }

  @Test
  void theEndOfALostClaimChangesNothing() {
    RunClaim lost = claimed(0);
    assertThat(tasks().giveBack(lost)).isTrue();
    assertThat(tasks().finish(lost, Optional.empty())).isFalse();
    RunClaim running = tasks().claimWaiting(fence, TASK.name()).orElseThrow();

    assertThat(tasks().finish(lost, Optional.empty())).isFalse();
    assertThat(tasks().giveBack(lost)).isFalse();

    assertThat(tasks().find(lost).orElseThrow().state()).isEqualTo(RunRecord.State.RUNNING);
    assertThat(tasks().finish(running, Optional.empty())).isTrue();
  }

  @Test
  void aRunMayFinishAfterItsEpoch() {
    RunClaim claim = claimed(0);
    scene.takeOverFrom(fence);

    assertThat(tasks().finish(claim, Optional.empty())).isTrue();
  }

  @Test
  void anUnknownRunIsNotFound() {
    RunClaim unknown = new RunClaim(UUID.randomUUID(), TASK.name(), T0, 1, fence);

    assertThat(tasks().find(unknown)).isEmpty();
    assertThat(tasks().finish(unknown, Optional.empty())).isFalse();
  }

  @Test
  void reclaimLeavesTheRunsOfTheLiving() {
    claimed(0);
    Fence next = scene.takeOverFrom(fence);

    assertThat(tasks().reclaim(next, Optional.of(InstanceId.random()), LONG)).isZero();

    assertThat(entry().running()).isEqualTo(1);
  }

  @Test
  void reclaimMakesTheRunsOfTheAttestedDeadWait() {
    RunClaim claim = claimed(0);
    RunClaim finished = next(1);
    assertThat(tasks().finish(finished, Optional.empty())).isTrue();
    Fence next = scene.takeOverFrom(fence);

    assertThat(tasks().reclaim(next, Optional.of(fence.holder()), LONG)).isEqualTo(1);
    assertThat(tasks().reclaim(next, Optional.of(fence.holder()), LONG)).isZero();

    assertThat(tasks().find(claim).orElseThrow().state()).isEqualTo(RunRecord.State.WAITING);
    assertThat(tasks().finish(claim, Optional.empty())).isFalse();
    RunClaim again = tasks().claimWaiting(next, TASK.name()).orElseThrow();
    assertThat(again.attempt()).isEqualTo(2);
    assertThat(again.fence()).isEqualTo(next);
    assertThat(tasks().find(finished).orElseThrow().state()).isEqualTo(RunRecord.State.SUCCEEDED);
  }

  @Test
  void reclaimMakesTheRunsOfTheStoppedWait() {
    claimed(0);
    store.instances().stopped(fence.holder());
    Fence next = scene.takeOverFrom(fence);

    assertThat(tasks().reclaim(next, Optional.empty(), LONG)).isEqualTo(1);
  }

  @Test
  void reclaimMakesTheRunsOfTheSilentWait() {
    claimed(0);
    passShort();
    Fence next = scene.takeOverFrom(fence);

    assertThat(tasks().reclaim(next, Optional.empty(), SHORT)).isEqualTo(1);
  }

  @Test
  void reclaimLeavesTheRunsOfThePrimaryItself() {
    claimed(0);
    passShort();

    assertThat(tasks().reclaim(fence, Optional.empty(), SHORT)).isZero();
  }

  @Test
  void historyShowsTheNewestTickFirst() {
    claimed(0);
    next(1);
    next(2);

    assertThat(history())
        .extracting(run -> run.claim().due())
        .containsExactly(tick(2), tick(1), tick(0));
    assertThat(tasks().history(scene.agent, TASK.name(), 1))
        .extracting(run -> run.claim().due())
        .containsExactly(tick(2));
  }

  @Test
  void runsOfAnEpochAreThoseClaimedAtItOldestFirst() {
    claimed(0);
    next(1);
    Fence lost = fence;
    fence = scene.takeOverFrom(lost);
    next(2);

    assertThat(tasks().runsOfEpoch(scene.agent, lost.epoch(), 10))
        .extracting(run -> run.claim().due())
        .containsExactly(tick(0), tick(1));
    assertThat(tasks().runsOfEpoch(scene.agent, lost.epoch(), 1)).hasSize(1);
    assertThat(tasks().runsOfEpoch(scene.agent, fence.epoch(), 10))
        .extracting(run -> run.claim().due())
        .containsExactly(tick(2));
  }

  @Test
  void aDueTickThatIsNeitherRunNorRunningIsOverdue() {
    Instant due = tasks().agenda(scene.agent, List.of()).now().minus(PERIOD);
    planned(due);

    assertThat(tasks().overdue(scene.agent, LONG)).isEmpty();
    assertThat(tasks().overdue(scene.agent, SHORT)).containsExactly(TASK.name());

    Instant later = due.plus(Duration.ofHours(1));
    RunClaim claim =
        tasks()
            .claim(fence, new TaskStore.Claiming(TASK.name(), due, due, Optional.of(later), 0))
            .orElseThrow();
    assertThat(tasks().overdue(scene.agent, SHORT)).isEmpty();
    assertThat(tasks().giveBack(claim)).isTrue();
    assertThat(tasks().overdue(scene.agent, SHORT)).containsExactly(TASK.name());
    RunClaim again = tasks().claimWaiting(fence, TASK.name()).orElseThrow();
    assertThat(tasks().finish(again, Optional.empty())).isTrue();
    assertThat(tasks().overdue(scene.agent, SHORT)).isEmpty();
  }

  @Test
  void aTickWithAJitterIsOverdueThatMuchLater() {
    planned(tasks().agenda(scene.agent, List.of()).now().minus(PERIOD));

    tasks().upsert(fence, TASK.policy(TASK.policy().jitter(PERIOD.multipliedBy(2))));
    assertThat(tasks().overdue(scene.agent, SHORT)).isEmpty();

    tasks().upsert(fence, TASK.policy(TASK.policy().jitter(PERIOD.dividedBy(2))));
    assertThat(tasks().overdue(scene.agent, SHORT)).containsExactly(TASK.name());
  }

  @Test
  void aTickThatOneBeforeItHoldsBackIsNotOverdue() {
    Instant due = tasks().agenda(scene.agent, List.of()).now().minus(PERIOD.multipliedBy(2));
    planned(due);
    tasks().upsert(fence, TASK.policy(TASK.policy().overlap(Overlap.QUEUE)));
    RunClaim claim =
        tasks()
            .claim(
                fence,
                new TaskStore.Claiming(TASK.name(), due, due, Optional.of(due.plus(PERIOD)), 0))
            .orElseThrow();
    assertThat(tasks().finish(List.of(RunEnd.retry(claim, "again", LONG)))).hasSize(1);

    assertThat(tasks().overdue(scene.agent, SHORT)).isEmpty();

    tasks().upsert(fence, TASK.policy(TASK.policy().overlap(Overlap.SKIP)));
    assertThat(tasks().overdue(scene.agent, SHORT)).containsExactly(TASK.name());
  }

  @Test
  void whatIsDueAndLiesThereStandsStill() {
    planned(tasks().agenda(scene.agent, List.of()).now().minus(PERIOD));
    UUID work = UUID.randomUUID();
    Claimant primary = Claimant.primary(fence);
    tasks()
        .submit(
            scene.agent, List.of(new TaskStore.Submitted(work, OneShot.of("mail", Json.EMPTY))));
    passShort();

    assertThat(tasks().standstill(scene.agent, LONG).tasks()).isEmpty();
    assertThat(tasks().standstill(scene.agent, LONG).handlers()).isEmpty();
    TaskStore.Standstill found = tasks().standstill(scene.agent, SHORT);
    assertThat(found.tasks()).containsExactly(TASK.name());
    assertThat(found.handlers()).containsExactly("mail");
    assertThat(tasks().standstill(new Scene(store).agent, SHORT).handlers()).isEmpty();

    RunClaim claim = tasks().claimOneShots(primary, Map.of("mail", 1)).claimed().get(0).claim();
    assertThat(tasks().standstill(scene.agent, SHORT).handlers()).as("it runs").isEmpty();
    tasks().finish(claim, Optional.empty());
    tasks()
        .submit(
            scene.agent,
            List.of(
                new TaskStore.Submitted(
                    UUID.randomUUID(), OneShot.of("mail", Json.EMPTY).at(Instant.EPOCH))));
    assertThat(tasks().standstill(scene.agent, PERIOD).handlers())
        .as("another has just ended")
        .isEmpty();
  }

  @Test
  void aTaskThatWorksOffWhatWasMissedIsNotOverdueUntilItStandsStill() {
    Instant due = tasks().agenda(scene.agent, List.of()).now().minus(PERIOD.multipliedBy(2));
    planned(due);
    RunClaim missed =
        tasks()
            .claim(
                fence,
                new TaskStore.Claiming(TASK.name(), due, due, Optional.of(due.plus(PERIOD)), 0))
            .orElseThrow();
    assertThat(tasks().finish(missed, Optional.empty())).isTrue();

    assertThat(tasks().overdue(scene.agent, PERIOD.dividedBy(2))).isEmpty();
    passShort();
    assertThat(tasks().overdue(scene.agent, SHORT)).containsExactly(TASK.name());
  }

  @Test
  void whatAnEarlierPrimaryRanDoesNotExcuseThePresentOne() {
    Instant due = tasks().agenda(scene.agent, List.of()).now().minus(PERIOD.multipliedBy(2));
    planned(due);
    RunClaim missed =
        tasks()
            .claim(
                fence,
                new TaskStore.Claiming(TASK.name(), due, due, Optional.of(due.plus(PERIOD)), 0))
            .orElseThrow();
    assertThat(tasks().finish(missed, Optional.empty())).isTrue();

    scene.takeOverFrom(fence);

    assertThat(tasks().overdue(scene.agent, PERIOD.dividedBy(2))).containsExactly(TASK.name());
  }
}
