package io.selfupgrade.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.InstanceId;
import io.selfupgrade.agent.Json;
import io.selfupgrade.failover.InstanceStatus;
import io.selfupgrade.observe.LogEvent;
import io.selfupgrade.observe.LogLevel;
import io.selfupgrade.observe.Notification;
import io.selfupgrade.observe.Outbox;
import io.selfupgrade.observe.Retention;
import io.selfupgrade.schedule.Schedule;
import io.selfupgrade.schedule.TaskConfig;
import io.selfupgrade.schedule.TaskPolicy;
import io.selfupgrade.schedule.TaskStore;
import io.selfupgrade.store.AgentStore;
import io.selfupgrade.upgrade.RestorePlan;
import io.selfupgrade.upgrade.SnapshotStore;
import io.selfupgrade.upgrade.Trigger;
import io.selfupgrade.upgrade.UpgradePhase;
import io.selfupgrade.upgrade.UpgradeRecord;
import java.lang.reflect.Method;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * The obligation of all ports: a write that takes a fence changes nothing when it does not hold.
 *
 * <p>Every such method is called where the right fence would succeed: with fences that do not hold,
 * then with the right one.
 */
abstract class FenceContract extends StoreContract {

  private static final Schedule SCHEDULE = Schedule.every(Duration.ofMinutes(1));
  private static final RestorePlan UNKNOWN =
      new RestorePlan(
          new SnapshotStore.Snapshot(
              UUID.randomUUID(),
              SnapshotStore.Kind.ASKED,
              Optional.empty(),
              Instant.EPOCH,
              Map.of(),
              0),
          1,
          Map.of(),
          Optional.empty());
  private static final Instant T0 = Instant.parse("2020-01-01T00:00:00Z");

  @Test
  void everyMethodThatTakesAFenceIsAmongTheCases() {
    List<String> methods =
        Arrays.stream(AgentStore.class.getMethods())
            .map(Method::getReturnType)
            .filter(Class::isInterface)
            .filter(port -> port.getPackageName().startsWith("io.selfupgrade."))
            .flatMap(FenceContract::fencedMethods)
            .toList();

    assertThat(cases()).extracting(Case::method).containsExactlyInAnyOrderElementsOf(methods);
  }

  @TestFactory
  Stream<DynamicTest> aWriteChangesNothingWhenItsFenceDoesNotHold() {
    return cases().stream()
        .map(fenced -> DynamicTest.dynamicTest(fenced.method(), () -> check(fenced)));
  }

  private void check(Case fenced) {
    Scene own = new Scene(store);
    Scene.Upgrading upgrading = prepared(own, fenced.phase());
    String before = picture(own, upgrading.upgrade());
    for (Fence wrong : wrongFences(own, upgrading.primary())) {
      Object answer = fenced.call().by(wrong, upgrading);
      assertThat(isNothing(answer)).as("%s answers %s", wrong, answer).isTrue();
      assertThat(picture(own, upgrading.upgrade())).as("after %s", wrong).isEqualTo(before);
    }
    Fence stranger = new Scene(store).lead();
    fenced.call().by(stranger, upgrading);
    assertThat(picture(own, upgrading.upgrade()))
        .as("after the primary of another agent")
        .isEqualTo(before);

    Object answer = fenced.call().by(upgrading.primary(), upgrading);
    assertThat(isNothing(answer)).as("the right fence answers %s", answer).isFalse();
  }

  private List<Case> cases() {
    List<Case> cases = new ArrayList<>(tickCases());
    cases.addAll(journalCases());
    cases.addAll(trialCases());
    cases.addAll(observeCases());
    cases.addAll(snapshotCases());
    cases.addAll(LedgerFenceCases.of(store));
    cases.add(
        new Case(
            "LeadershipStore.renew/3",
            UpgradePhase.OPEN,
            (fence, upgrading) -> store.leadership().renew(fence, LONG, Optional.empty())));
    cases.add(
        new Case(
            "LeadershipStore.release/1",
            UpgradePhase.OPEN,
            (fence, upgrading) -> store.leadership().release(fence)));
    cases.add(
        new Case(
            "LeadershipStore.transfer/3",
            UpgradePhase.ABORTED,
            (fence, upgrading) ->
                store.leadership().transfer(fence, upgrading.old().holder(), LONG)));
    cases.add(
        new Case(
            "InstanceStore.ready/1",
            UpgradePhase.OPEN,
            (fence, upgrading) -> store.instances().ready(fence)));
    cases.add(
        new Case(
            "PolicyStore.answerRollback/3",
            UpgradePhase.OPEN,
            (fence, upgrading) ->
                store
                    .policies()
                    .waitingRollback(upgrading.old().agent())
                    .map(
                        wish ->
                            store.policies().answerRollback(fence, wish.id(), upgrading.upgrade()))
                    .orElse(false)));
    return cases;
  }

  private List<Case> snapshotCases() {
    return List.of(
        snapshots("take/2", (f, u) -> store.snapshots().take(f, u.upgrade())),
        snapshots("take/1", (f, u) -> store.snapshots().take(f)),
        snapshots("restore/2", (f, u) -> store.snapshots().restore(f, UNKNOWN)));
  }

  private List<Case> journalCases() {
    UpgradePhase open = UpgradePhase.OPEN;
    return List.of(
        journal("open/3", UpgradePhase.ABORTED, (f, u) -> open(f)),
        journal("target/3", open, (f, u) -> store.journal().target(f, u.upgrade(), Scene.TARGET)),
        journal(
            "move/4",
            open,
            (f, u) -> store.journal().move(f, u.upgrade(), open, UpgradePhase.STAGED)),
        journal(
            "move/5",
            open,
            (f, u) ->
                store.journal().move(f, u.upgrade(), open, UpgradePhase.STAGED, Optional.empty())),
        journal(
            "record/3", open, (f, u) -> store.journal().record(f, u.upgrade(), Scene.step(f, "a"))),
        journal("copyLauncherEntry/5", open, (f, u) -> copied(f, u.upgrade())),
        journal("answerRequests/2", open, (f, u) -> store.journal().answerRequests(f, u.upgrade())),
        journal(
            "listFailed/4",
            open,
            (f, u) -> store.journal().listFailed(f, V2, "c".repeat(64), Scene.REASON)),
        journal("adopt/2", UpgradePhase.ABORTED, (f, u) -> store.journal().adopt(f, V2)));
  }

  private List<Case> trialCases() {
    UpgradePhase handedOver = UpgradePhase.HANDED_OVER;
    return List.of(
        journal(
            "handOver/5",
            UpgradePhase.TRIAL,
            (f, u) -> store.journal().handOver(f, u.upgrade(), u.candidate(), LONG, LONG)),
        journal("resume/3", handedOver, (f, u) -> store.journal().resume(f, u.upgrade(), LONG)),
        journal(
            "selfCheck/3",
            handedOver,
            (f, u) -> store.journal().selfCheck(f, u.upgrade(), Optional.empty())),
        journal("confirm/3", handedOver, (f, u) -> store.journal().confirm(f, u.upgrade(), LONG)));
  }

  private List<Case> observeCases() {
    return List.of(
        new Case(
            "Outbox.claim/3",
            UpgradePhase.OPEN,
            (fence, upgrading) -> store.outbox().claim(fence, 1, LONG)),
        new Case(
            "Outbox.settle/3",
            UpgradePhase.OPEN,
            (fence, upgrading) ->
                store.outbox().settle(fence, parcel(upgrading), Outbox.Settlement.delivered())),
        new Case(
            "RetentionStore.delete/4",
            UpgradePhase.OPEN,
            (fence, upgrading) ->
                store.retention().delete(fence, Retention.Kept.LOGS, Duration.ofHours(1), 10)));
  }

  private UUID parcel(Scene.Upgrading upgrading) {
    return store.outbox().newest(upgrading.primary().agent(), 1).get(0).id();
  }

  private List<Case> tickCases() {
    TaskStore.Claiming next =
        new TaskStore.Claiming("digest", tick(2), tick(2), Optional.of(tick(3)), 0);
    return List.of(
        tick("upsert/2", f -> store.tasks().upsert(f, task("another"))),
        tick("declare/2", f -> store.tasks().declare(f, Set.of("digest"))),
        tick("plan/3", f -> store.tasks().plan(f, "unplanned", T0)),
        tick("claim/2", f -> store.tasks().claim(f, next)),
        tick("skip/2", f -> store.tasks().skip(f, next)),
        tick("claimWaiting/2", f -> store.tasks().claimWaiting(f, "digest")),
        tick("reclaim/3", f -> store.tasks().reclaim(f, Optional.empty(), LONG)));
  }

  private Optional<UpgradeRecord> open(Fence fence) {
    return store.journal().open(fence, Trigger.MANUAL, V1);
  }

  private boolean copied(Fence fence, UUID upgrade) {
    return store
        .journal()
        .copyLauncherEntry(fence, upgrade, upgrade.toString(), 1, Scene.step(fence, "launched"));
  }

  /**
   * An agent at its second epoch, with an upgrade in that phase and a request; of its task, one
   * tick is run by a stopped instance, one waits, and the next is planned.
   */
  private Scene.Upgrading prepared(Scene own, UpgradePhase phase) {
    Fence first = own.lead();
    store.tasks().upsert(first, task("digest"));
    store.tasks().upsert(first, task("unplanned"));
    assertThat(store.tasks().plan(first, "digest", T0)).isTrue();
    for (int i = 0; i < 2; i++) {
      store
          .tasks()
          .claim(
              first,
              new TaskStore.Claiming("digest", tick(i), tick(i), Optional.of(tick(i + 1)), 0))
          .filter(claim -> claim.due().equals(tick(1)))
          .ifPresent(store.tasks()::giveBack);
    }
    store.instances().stopped(first.holder());
    Scene.Upgrading upgrading = own.upgradeIn(phase, own.takeOverFrom(first));
    store.journal().request(own.agent, Trigger.MANUAL);
    store.policies().askRollback(own.agent, V1, "ada");
    LedgerFenceCases.prepare(store, upgrading);
    store.journal().look(upgrading.upgrade(), V1, Optional.empty());
    LogEvent.Stamp by = new LogEvent.Stamp(first.holder(), 1);
    store
        .outbox()
        .file(
            new Notification(own.agent, "a", Notification.Kind.UPGRADE, "a", ""),
            List.of("slack"),
            by);
    store
        .logs()
        .append(
            List.of(
                new LogEvent(
                    UUID.randomUUID(),
                    own.agent,
                    by,
                    Instant.EPOCH,
                    LogLevel.INFO,
                    "old",
                    Json.EMPTY)));
    return upgrading;
  }

  private static List<Fence> wrongFences(Scene own, Fence right) {
    return List.of(
        new Fence(own.agent, right.holder(), right.epoch() - 1),
        new Fence(own.agent, right.holder(), right.epoch() + 1),
        new Fence(own.agent, InstanceId.random(), right.epoch()),
        new Fence(new AgentName("nobody-" + UUID.randomUUID()), right.holder(), right.epoch()));
  }

  private String picture(Scene own, UUID upgrade) {
    List<Object> seen = new ArrayList<>();
    store
        .leadership()
        .read(own.agent)
        .ifPresent(
            lease -> {
              seen.add(lease.fence());
              seen.add(lease.expired());
              seen.add(lease.lockHeld());
            });
    for (InstanceStatus status : store.instances().living(own.agent)) {
      seen.add(List.of(status.record(), status.epoch()));
    }
    for (UpgradeRecord row : store.journal().history(own.agent, 10)) {
      seen.add(List.of(row.id(), row.target(), row.decision()));
      row.trial()
          .ifPresent(
              trial -> {
                seen.add(List.of(trial.candidate(), trial.epoch()));
                seen.add(trial.look().map(look -> look.failure().toString()));
                seen.add(trial.selfCheck().map(look -> look.failure().toString()));
              });
    }
    seen.add(store.journal().steps(upgrade));
    seen.add(store.journal().confirmedVersion(own.agent));
    seen.add(store.journal().failedVersions(own.agent));
    seen.add(store.journal().waitingRequest(own.agent));
    seen.add(store.policies().waitingRollback(own.agent));
    seen.add(store.snapshots().list(own.agent));
    seen.add(store.deployments().history(own.agent, 10));
    seen.add(store.changes().history(own.agent, 10));
    seen.add(store.commands().newest(own.agent, 10));
    seen.add(store.memories().setAside(own.agent));
    seen.add(store.logs().newest(own.agent, 10));
    for (Outbox.Parcel parcel : store.outbox().newest(own.agent, 10)) {
      seen.add(List.of(parcel.id(), parcel.state(), parcel.attempts()));
    }
    seen.add(store.tasks().agenda(own.agent, List.of("digest", "unplanned", "another")).tasks());
    seen.add(store.tasks().history(own.agent, "digest", 10));
    return seen.toString();
  }

  private static boolean isNothing(Object answer) {
    return answer.equals(false)
        || answer.equals(0)
        || answer.equals(Optional.empty())
        || answer.equals(List.of());
  }

  private static Stream<String> fencedMethods(Class<?> port) {
    return Arrays.stream(port.getMethods())
        .filter(method -> Arrays.asList(method.getParameterTypes()).contains(Fence.class))
        .map(
            method ->
                port.getSimpleName() + "." + method.getName() + "/" + method.getParameterCount());
  }

  private static TaskConfig task(String name) {
    return new TaskConfig(name, SCHEDULE, TaskPolicy.DEFAULT, Json.EMPTY);
  }

  private static Instant tick(int index) {
    return T0.plus(Duration.ofMinutes(index));
  }

  private static Case journal(String method, UpgradePhase phase, Call call) {
    return new Case("UpgradeJournal." + method, phase, call);
  }

  private static Case snapshots(String method, Call call) {
    return new Case("SnapshotStore." + method, UpgradePhase.STAGED, call);
  }

  private static Case tick(String method, TickCall call) {
    return new Case("TaskStore." + method, UpgradePhase.OPEN, (fence, upgrading) -> call.by(fence));
  }

  /**
   * A write that takes a fence.
   *
   * @param method port, name and number of parameters
   * @param phase of the upgrade in which the right fence succeeds
   * @param call the call
   */
  record Case(String method, UpgradePhase phase, Call call) {}

  /** Calls the method. */
  @FunctionalInterface
  interface Call {
    Object by(Fence fence, Scene.Upgrading upgrading);
  }

  /** Calls the method where the upgrade does not matter. */
  @FunctionalInterface
  private interface TickCall {
    Object by(Fence fence);
  }
}
