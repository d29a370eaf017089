package io.selfupgrade.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.InstanceId;
import io.selfupgrade.agent.Json;
import io.selfupgrade.failover.InstanceRecord;
import io.selfupgrade.observe.LogEvent;
import io.selfupgrade.observe.LogLevel;
import io.selfupgrade.observe.Notification;
import io.selfupgrade.observe.Outbox.Settlement;
import io.selfupgrade.observe.Retention.Kept;
import io.selfupgrade.schedule.RunRecord;
import io.selfupgrade.schedule.Schedule;
import io.selfupgrade.schedule.TaskConfig;
import io.selfupgrade.schedule.TaskPolicy;
import io.selfupgrade.schedule.TaskStore;
import io.selfupgrade.upgrade.DeliveryReceipt;
import io.selfupgrade.upgrade.DeliveryStore;
import io.selfupgrade.upgrade.SnapshotStore.Snapshot;
import io.selfupgrade.upgrade.Trigger;
import io.selfupgrade.upgrade.UpgradePhase;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Obligations of {@link io.selfupgrade.observe.RetentionStore}. */
abstract class RetentionStoreContract extends StoreContract {

  private static final int ALL = 100;
  private static final LogEvent.Stamp BY = new LogEvent.Stamp(InstanceId.random(), 1);
  private static final Instant LONG_AGO = Instant.parse("2001-01-01T00:00:00Z");
  private static final Instant LATER = Instant.parse("2900-01-01T00:00:00Z");

  @Test
  void oldEventsGoOldestFirstAndNoMoreThanAskedFor() {
    Fence fence = scene.lead();
    logged(scene, LONG_AGO, LONG_AGO.plusSeconds(1), LONG_AGO.plusSeconds(2), LATER);
    Scene other = new Scene(store);
    logged(other, LONG_AGO);

    assertThat(delete(fence, Kept.LOGS, LONG, 2)).isEqualTo(2);
    assertThat(store.logs().newest(scene.agent, 10))
        .extracting(LogEvent::createdAt)
        .containsExactly(LATER, LONG_AGO.plusSeconds(2));
    assertThat(delete(fence, Kept.LOGS, LONG, 2)).isEqualTo(1);
    assertThat(delete(fence, Kept.LOGS, LONG, 2)).isZero();

    assertThat(store.logs().newest(scene.agent, 10)).hasSize(1);
    assertThat(store.logs().newest(other.agent, 10)).hasSize(1);
  }

  @Test
  void notificationsThatWaitStay() {
    Fence fence = scene.lead();
    for (String notifier : List.of("slack", "log")) {
      store
          .outbox()
          .file(
              new Notification(scene.agent, "a", Notification.Kind.HEALTH, "title", ""),
              List.of(notifier),
              BY);
    }
    store
        .outbox()
        .claim(fence, ALL, LONG)
        .forEach(
            parcel -> {
              if (parcel.notifier().equals("log")) {
                store.outbox().settle(fence, parcel.id(), Settlement.delivered());
              }
            });
    assertThat(delete(fence, Kept.NOTIFICATIONS, LONG, ALL)).isZero();
    passShort();

    assertThat(delete(fence, Kept.NOTIFICATIONS, SHORT, ALL)).isEqualTo(1);

    assertThat(store.outbox().newest(scene.agent, ALL))
        .extracting(parcel -> parcel.notifier())
        .containsExactly("slack");
  }

  @Test
  void instancesThatLiveOrLeadStay() {
    Fence fence = scene.lead();
    InstanceRecord silent = scene.instance(V1);
    InstanceRecord stopped = scene.instance(V1);
    store.instances().stopped(stopped.id());
    stores().passTime(SHORT.multipliedBy(12));
    InstanceRecord living = scene.instance(V1);

    assertThat(delete(fence, Kept.INSTANCES, LONG, ALL)).isZero();
    // Half a second is long enough for one that lives not to fall silent between two calls.
    assertThat(store.instances().heartbeat(living.id())).isTrue();
    assertThat(delete(fence, Kept.INSTANCES, SHORT.multipliedBy(10), ALL)).isEqualTo(2);

    assertThat(store.instances().find(silent.id())).isEmpty();
    assertThat(store.instances().find(stopped.id())).isEmpty();
    assertThat(store.instances().find(living.id())).isPresent();
    assertThat(store.instances().find(fence.holder())).isPresent();
  }

  @Test
  void aCandidateOnTrialStays() {
    Scene.Upgrading upgrading = scene.upgradeIn(UpgradePhase.HANDED_OVER);
    passShort();

    delete(upgrading.primary(), Kept.INSTANCES, SHORT, ALL);

    assertThat(store.instances().find(upgrading.candidate())).isPresent();
  }

  @Test
  void ticksThatAreOpenAndTheNewestOfATaskStay() {
    Fence fence = scene.lead();
    ran(
        fence,
        "ended",
        RunRecord.State.SUCCEEDED,
        RunRecord.State.FAILED,
        RunRecord.State.SUCCEEDED);
    ran(fence, "open", RunRecord.State.RUNNING, RunRecord.State.WAITING, RunRecord.State.SUCCEEDED);
    passShort();

    assertThat(delete(fence, Kept.TASK_RUNS, LONG, ALL)).isZero();
    assertThat(delete(fence, Kept.TASK_RUNS, SHORT, 1)).isEqualTo(1);
    assertThat(delete(fence, Kept.TASK_RUNS, SHORT, ALL)).isEqualTo(1);

    assertThat(store.tasks().history(scene.agent, "ended", ALL))
        .extracting(RunRecord::state)
        .containsExactly(RunRecord.State.SUCCEEDED);
    assertThat(store.tasks().history(scene.agent, "open", ALL)).hasSize(3);
  }

  @Test
  void theStepsOfUpgradesThatAreOpenStayAndSoDoAllUpgrades() {
    Fence fence = scene.lead();
    UUID ended = scene.upgradeIn(UpgradePhase.OPEN, fence).upgrade();
    store.journal().record(fence, ended, Scene.step(fence, "a"));
    store.journal().record(fence, ended, Scene.step(fence, "b"));
    store.journal().move(fence, ended, UpgradePhase.OPEN, UpgradePhase.ABORTED, Optional.empty());
    UUID open = scene.upgradeIn(UpgradePhase.OPEN, fence).upgrade();
    store.journal().record(fence, open, Scene.step(fence, "c"));
    passShort();

    assertThat(delete(fence, Kept.UPGRADE_STEPS, LONG, ALL)).isZero();
    assertThat(delete(fence, Kept.UPGRADE_STEPS, SHORT, ALL)).isEqualTo(2);

    assertThat(store.journal().steps(ended)).isEmpty();
    assertThat(store.journal().steps(open)).hasSize(1);
    assertThat(store.journal().find(ended)).isPresent();
  }

  @Test
  void theNewestThreeSnapshotsStay() {
    Scene.Upgrading upgrading = scene.upgradeIn(UpgradePhase.STAGED);
    List<Snapshot> taken = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      taken.add(0, store.snapshots().take(upgrading.primary(), upgrading.upgrade()).orElseThrow());
      stores().passTime(SHORT);
    }
    passShort();

    assertThat(delete(upgrading.primary(), Kept.SNAPSHOTS, LONG, ALL)).isZero();
    assertThat(delete(upgrading.primary(), Kept.SNAPSHOTS, SHORT, 1)).isEqualTo(1);
    assertThat(delete(upgrading.primary(), Kept.SNAPSHOTS, SHORT, ALL)).isEqualTo(1);

    assertThat(store.snapshots().list(scene.agent)).isEqualTo(taken.subList(0, 3));
  }

  @Test
  void deliveriesGoWithTheirRequestsUnlessTheseWait() {
    Fence fence = scene.lead();
    UUID answered = delivered("1");
    UUID upgrade = store.journal().open(fence, Trigger.WEBHOOK, V1).orElseThrow().id();
    store.journal().answerRequests(fence, upgrade);
    UUID waiting = delivered("2");
    passShort();

    assertThat(delete(fence, Kept.DELIVERIES, LONG, ALL)).isZero();
    assertThat(delete(fence, Kept.DELIVERIES, SHORT, ALL)).isEqualTo(1);

    assertThat(store.journal().answerOf(answered)).isEmpty();
    assertThat(store.journal().waitingRequest(scene.agent)).contains(Trigger.WEBHOOK);
    assertThat(delivered("1")).as("forgotten").isNotEqualTo(answered);
    assertThat(delivered("2")).as("still known").isEqualTo(waiting);
  }

  private UUID delivered(String id) {
    DeliveryReceipt receipt =
        store
            .deliveries()
            .accept(
                scene.agent,
                new DeliveryStore.Hint(id, id.repeat(64), "a test"),
                new DeliveryStore.Rule(LONG, ALL, LONG));
    return receipt instanceof DeliveryReceipt.Queued queued
        ? queued.request()
        : ((DeliveryReceipt.Known) receipt).request();
  }

  private int delete(Fence fence, Kept what, Duration olderThan, int most) {
    return store.retention().delete(fence, what, olderThan, most);
  }

  private void logged(Scene whose, Instant... times) {
    store
        .logs()
        .append(
            Arrays.stream(times)
                .map(
                    at ->
                        new LogEvent(
                            UUID.randomUUID(), whose.agent, BY, at, LogLevel.INFO, "m", Json.EMPTY))
                .toList());
  }

  /** Makes ticks of a task that were due long ago, and brings them into these states. */
  private void ran(Fence fence, String task, RunRecord.State... states) {
    store
        .tasks()
        .upsert(
            fence,
            new TaskConfig(
                task, Schedule.every(Duration.ofMinutes(1)), TaskPolicy.DEFAULT, Json.EMPTY));
    store.tasks().plan(fence, task, LONG_AGO);
    for (int i = 0; i < states.length; i++) {
      Instant tick = LONG_AGO.plusSeconds(60L * i);
      var claim =
          store
              .tasks()
              .claim(
                  fence,
                  new TaskStore.Claiming(task, tick, tick, Optional.of(tick.plusSeconds(60)), 0))
              .orElseThrow();
      switch (states[i]) {
        case SUCCEEDED -> store.tasks().finish(claim, Optional.empty());
        case FAILED -> store.tasks().finish(claim, Optional.of("why"));
        case WAITING -> store.tasks().giveBack(claim);
        default -> assertThat(states[i]).isEqualTo(RunRecord.State.RUNNING);
      }
    }
  }
}
