package io.selfupgrade.supabase;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.InstanceId;
import io.selfupgrade.agent.Json;
import io.selfupgrade.agent.Version;
import io.selfupgrade.change.ChangeBrief;
import io.selfupgrade.change.ChangeProgress;
import io.selfupgrade.change.ChangeState;
import io.selfupgrade.config.SettingResult;
import io.selfupgrade.failover.Acquisition;
import io.selfupgrade.failover.InstanceRecord;
import io.selfupgrade.failover.LeadershipSession;
import io.selfupgrade.failover.Lease;
import io.selfupgrade.failover.TakeOver;
import io.selfupgrade.memory.Memory;
import io.selfupgrade.observe.LogEvent;
import io.selfupgrade.observe.LogLevel;
import io.selfupgrade.observe.Notification;
import io.selfupgrade.observe.Outbox;
import io.selfupgrade.observe.Retention;
import io.selfupgrade.schedule.RunClaim;
import io.selfupgrade.schedule.Schedule;
import io.selfupgrade.schedule.TaskPolicy;
import io.selfupgrade.schedule.TaskStore;
import io.selfupgrade.store.AgentStore.SchemaMode;
import io.selfupgrade.upgrade.DeliveryStore;
import io.selfupgrade.upgrade.DeploymentStore;
import io.selfupgrade.upgrade.Reason;
import io.selfupgrade.upgrade.ReasonCode;
import io.selfupgrade.upgrade.SnapshotStore;
import io.selfupgrade.upgrade.StepRecord;
import io.selfupgrade.upgrade.Trigger;
import io.selfupgrade.upgrade.UpgradeJournal;
import io.selfupgrade.upgrade.UpgradePhase;
import io.selfupgrade.upgrade.UpgradeRecord;
import io.selfupgrade.upgrade.UpgradeStep;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * A primary that does what primaries do all day, by every door of the store. It uses nothing that
 * the previous release has not, so that {@link PreviousRelease} can link it.
 */
public final class PrimaryAtWork implements Work {

  private static final AgentName AGENT = new AgentName("at-work");
  private static final Version V1 = Version.parse("1.0.0");
  private static final Version V2 = Version.parse("2.0.0");
  private static final Duration TTL = Duration.ofMinutes(5);
  private static final Duration LIFE = Duration.ofDays(30);
  private static final Instant T0 = Instant.parse("2020-01-01T00:00:00Z");
  private static final String TASK = "digest";
  private static final String DIGEST = "a".repeat(64);

  private final PostgresStore store;
  private final InstanceRecord self;
  private Fence fence;
  private int rounds;

  /** Opens its store, which makes the schema if there is none. */
  public PrimaryAtWork(String url) {
    store = PostgresStore.at(url);
    store.open(SchemaMode.APPLY);
    self =
        new InstanceRecord(InstanceId.random(), AGENT, V1, "", Optional.empty(), false, "a test");
    store.instances().register(self);
  }

  /** Its agent. */
  static AgentName agent() {
    return AGENT;
  }

  @Override
  public long lead() {
    Optional<Lease> before = store.leadership().read(AGENT);
    TakeOver way =
        before
            .<TakeOver>map(
                lease -> new TakeOver.Attested(lease.fence().holder(), lease.fence().epoch()))
            .orElse(new TakeOver.Expired());
    Acquisition acquisition = store.leadership().acquire(self, way, TTL);
    assertThat(acquisition).isInstanceOf(Acquisition.Acquired.class);
    fence = ((Acquisition.Acquired) acquisition).fence();
    return fence.epoch();
  }

  @Override
  public void round() {
    rounds++;
    keepTheLead();
    runATick();
    remember();
    tellOthers();
    upgrade();
    deployAndPropose();
    keepCopies();
  }

  @Override
  public boolean takes(String task, Instant due) {
    return !store.tasks().agenda(AGENT, List.of(task)).tasks().isEmpty()
        || store
            .tasks()
            .claim(fence, new TaskStore.Claiming(task, due, due, Optional.empty(), 0))
            .isPresent();
  }

  private void keepTheLead() {
    try (LeadershipSession session = store.leadership().openSession(AGENT)) {
      assertThat(store.leadership().renew(fence, TTL, session.tryLock(fence.epoch()))).isTrue();
      session.signal();
    }
    assertThat(store.instances().heartbeat(self.id())).isTrue();
    assertThat(store.instances().living(AGENT)).isNotEmpty();
    store.instances().ready(fence);
  }

  private void runATick() {
    declareTheTask();
    store.tasks().plan(fence, TASK, T0);
    Instant due = store.tasks().agenda(AGENT, List.of(TASK)).tasks().get(0).nextDue().orElseThrow();
    RunClaim claim =
        store
            .tasks()
            .claim(
                fence,
                new TaskStore.Claiming(
                    TASK, due, due, Optional.of(due.plus(Duration.ofMinutes(1))), 0))
            .orElseThrow();
    assertThat(store.tasks().giveBack(claim)).isTrue();
    RunClaim again = store.tasks().claimWaiting(fence, TASK).orElseThrow();
    assertThat(store.tasks().finish(again, Optional.empty())).isTrue();
    store.tasks().reclaim(fence, Optional.empty(), TTL);
  }

  /** By the name that the type has here: the previous release calls it otherwise. */
  private void declareTheTask() {
    try {
      Class<?> type = typeOfTasks();
      Object task =
          type.getConstructor(String.class, Schedule.class, TaskPolicy.class, Json.class)
              .newInstance(
                  TASK, Schedule.every(Duration.ofMinutes(1)), TaskPolicy.DEFAULT, Json.EMPTY);
      Object change =
          TaskStore.class.getMethod("upsert", Fence.class, type).invoke(store.tasks(), fence, task);
      assertThat((Optional<?>) change).isPresent();
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("a task cannot be declared", e);
    }
  }

  private static Class<?> typeOfTasks() throws ClassNotFoundException {
    String home = TaskStore.class.getPackageName();
    try {
      return Class.forName(home + ".TaskConfig");
    } catch (ClassNotFoundException e) {
      return Class.forName(home + ".TaskDefinition");
    }
  }

  private void remember() {
    MemoriesThen memories = new MemoriesThen(store.memories(), AGENT);
    Memory tea = Memory.of("the user likes tea");
    UUID kept = memories.remember(self.id(), fence.epoch(), tea, LIFE);
    UUID gone = memories.remember(self.id(), fence.epoch(), tea, LIFE);
    assertThat(memories.recall("tea")).isNotEmpty();
    assertThat(memories.get(kept)).isPresent();
    assertThat(memories.forget(gone)).isTrue();
    store.memories().removeExpired(AGENT, 100);
    assertThat(store.settings().put(AGENT, "tone-" + rounds, Json.of("\"dry\""), version()))
        .isInstanceOf(SettingResult.class);
    assertThat(store.settings().get(AGENT, "tone-" + rounds)).isPresent();
  }

  private long version() {
    return store.settings().get(AGENT, "tone-" + rounds).map(seen -> seen.version()).orElse(0L);
  }

  private void tellOthers() {
    LogEvent.Stamp stamp = new LogEvent.Stamp(self.id(), fence.epoch());
    LogEvent event =
        new LogEvent(
            UUID.randomUUID(), AGENT, stamp, Instant.now(), LogLevel.WARN, "late", Json.EMPTY);
    assertThat(store.logs().append(List.of(event))).isEqualTo(1);
    Notification news =
        new Notification(AGENT, key(), Notification.Kind.values()[0], "a title", "a text");
    assertThat(store.outbox().file(news, List.of("slack"), stamp)).isEqualTo(1);
    for (Outbox.Parcel parcel : store.outbox().claim(fence, 10, TTL)) {
      assertThat(store.outbox().settle(fence, parcel.id(), Outbox.Settlement.delivered())).isTrue();
    }
    for (Retention.Kept kind : Retention.Kept.values()) {
      store.retention().delete(fence, kind, Duration.ofDays(300), 100);
    }
  }

  private void upgrade() {
    UpgradeJournal journal = store.journal();
    DeliveryStore.Rule rule = new DeliveryStore.Rule(Duration.ofMinutes(10), 1000, TTL);
    store.deliveries().accept(AGENT, new DeliveryStore.Hint(key(), digest(), "release"), rule);
    journal.request(AGENT, Trigger.MANUAL);
    assertThat(journal.waitingRequest(AGENT)).isPresent();
    UUID upgrade = journal.open(fence, Trigger.MANUAL, V1).orElseThrow().id();
    assertThat(journal.answerRequests(fence, upgrade)).isTrue();
    assertThat(journal.target(fence, upgrade, new UpgradeRecord.Target(V2, DIGEST))).isTrue();
    StepRecord step =
        new StepRecord(
            UpgradeStep.CHECK,
            StepRecord.Event.values()[0],
            "a step",
            self.id(),
            fence.epoch(),
            Optional.empty());
    assertThat(journal.record(fence, upgrade, step)).isTrue();
    assertThat(journal.move(fence, upgrade, UpgradePhase.OPEN, UpgradePhase.STAGED)).isTrue();
    assertThat(store.snapshots().take(fence, upgrade)).isPresent();
    Reason reason = new Reason(ReasonCode.TROUBLE, "as the test wants it");
    assertThat(
            journal.move(
                fence,
                upgrade,
                UpgradePhase.STAGED,
                UpgradePhase.ABORTED,
                Optional.of(new UpgradeJournal.Ending(reason, true))))
        .isTrue();
    journal.listFailed(fence, V2, DIGEST, reason);
    assertThat(journal.historyOf(AGENT, DIGEST, 10)).isNotEmpty();
    journal.forgive(AGENT, V2);
    journal.freeze(AGENT, "a test");
    journal.unfreeze(AGENT);
    store.policies().saw(AGENT, "stable", rounds);
    store.policies().revoke(AGENT, Set.of("0".repeat(32)), V1);
    store.policies().askRollback(AGENT, V1, "a test");
  }

  private void deployAndPropose() {
    UUID deployment = store.deployments().begin(fence, V1, "deploy.yml").orElseThrow().id();
    assertThat(
            store
                .deployments()
                .settle(fence, deployment, DeploymentStore.State.DISPATCHED, "run 1"))
        .isTrue();
    ChangeBrief brief = new ChangeBrief("acme/bot", key(), DIGEST, "a change");
    UUID change = store.changes().begin(fence, brief).orElseThrow().id();
    assertThat(store.changes().note(fence, change, ChangeState.CLOSED, ChangeProgress.NONE, ""))
        .isTrue();
  }

  private void keepCopies() {
    SnapshotStore.Snapshot copy = store.snapshots().take(fence).orElseThrow();
    assertThat(store.snapshots().plan(AGENT, copy.id())).isPresent();
    store.snapshots().restore(fence, store.snapshots().plan(AGENT, copy.id()).orElseThrow());
    String source = "https://releases.example/latest";
    store.sources().look(source, TTL, TTL);
    store.sources().pin(source, "first");
  }

  private static String key() {
    return UUID.randomUUID().toString();
  }

  private static String digest() {
    return (key() + key()).replace("-", "");
  }

  @Override
  public List<String> migrate(Path folder) {
    return store.migrate(folder);
  }

  @Override
  public void close() {
    store.close();
  }
}
