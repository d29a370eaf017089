package io.selfupgrade.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.InstanceId;
import io.selfupgrade.agent.Json;
import io.selfupgrade.config.Setting;
import io.selfupgrade.memory.Memory;
import io.selfupgrade.memory.MemoryScope;
import io.selfupgrade.memory.MemoryStore;
import io.selfupgrade.memory.Remembered;
import io.selfupgrade.schedule.Schedule;
import io.selfupgrade.schedule.TaskAgenda;
import io.selfupgrade.schedule.TaskConfig;
import io.selfupgrade.schedule.TaskPolicy;
import io.selfupgrade.schedule.TaskStore;
import io.selfupgrade.upgrade.RestorePlan;
import io.selfupgrade.upgrade.RestorePlan.Counts;
import io.selfupgrade.upgrade.RestoreResult;
import io.selfupgrade.upgrade.SnapshotStore;
import io.selfupgrade.upgrade.SnapshotStore.Snapshot;
import io.selfupgrade.upgrade.UpgradePhase;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Obligations of {@link SnapshotStore} about restoring. */
abstract class RestoreContract extends StoreContract {

  private static final Json ONE = Json.of("1");
  private static final Json TWO = Json.of("2");
  private static final Instant T0 = Instant.parse("2030-01-01T00:00:00Z");

  @Test
  void aPlanCountsAndChangesNothing() {
    Fence primary = scene.lead();
    Data before = fill(primary);
    Snapshot snapshot = store.snapshots().take(primary).orElseThrow();
    Data changed = change(primary);

    RestorePlan plan = plan(snapshot);

    assertThat(plan.epoch()).isEqualTo(primary.epoch());
    assertThat(plan.tables())
        .containsEntry("settings", new Counts(1, 1, 1))
        .containsEntry("memories", new Counts(1, 1, 1))
        .containsEntry("scheduled_tasks", new Counts(0, 1, 1));
    assertThat(plan.losses()).hasSize(6).contains("1 rows of memories written since then: deleted");
    assertThat(plan(snapshot)).isEqualTo(plan);
    assertThat(data()).isEqualTo(changed).isNotEqualTo(before);
    assertThat(store.snapshots().list(scene.agent)).containsExactly(snapshot);
    assertThat(store.snapshots().plan(scene.agent, UUID.randomUUID())).isEmpty();
    assertThat(store.snapshots().plan(new Scene(store).agent, snapshot.id())).isEmpty();
  }

  @Test
  void aRestoreMakesTheDataAsItWasAndCanBeUndone() {
    Fence primary = scene.lead();
    Data before = fill(primary);
    Snapshot snapshot = store.snapshots().take(primary).orElseThrow();
    Data changed = change(primary);

    RestoreResult.Restored restored = restore(primary, plan(snapshot));

    assertThat(data()).isEqualTo(before);
    assertThat(plan(snapshot).isEmpty()).isTrue();
    assertThat(restored.undo().kind()).isEqualTo(SnapshotStore.Kind.UNDO);
    assertThat(store.snapshots().list(scene.agent)).containsExactly(restored.undo(), snapshot);

    restore(primary, plan(restored.undo()));
    assertThat(data()).isEqualTo(changed);
    restore(primary, plan(snapshot));
    assertThat(data()).as("restored after a restore of the restore").isEqualTo(before);
  }

  @Test
  void aValueThatIsNullInJsonComesBackAsThat() {
    Fence primary = scene.lead();
    Json nothing = Json.of("null");
    Schedule never = Schedule.at(T0);
    store.settings().put(scene.agent, "nothing", nothing, 0);
    store.tasks().upsert(primary, new TaskConfig("nothing", never, TaskPolicy.DEFAULT, nothing));
    Snapshot snapshot = store.snapshots().take(primary).orElseThrow();
    assertThat(plan(snapshot).isEmpty()).isTrue();
    long version = store.settings().get(scene.agent, "nothing").orElseThrow().version();
    store.settings().put(scene.agent, "nothing", ONE, version);
    store.tasks().upsert(primary, new TaskConfig("nothing", never, TaskPolicy.DEFAULT, ONE));

    restore(primary, plan(snapshot));

    assertThat(store.settings().get(scene.agent, "nothing").orElseThrow().value())
        .isEqualTo(nothing);
    assertThat(store.tasks().agenda(scene.agent, List.of("nothing")).tasks())
        .extracting(entry -> entry.definition().payload())
        .containsExactly(nothing);
    assertThat(plan(snapshot).isEmpty()).isTrue();
  }

  @Test
  void othersAndTheLedgerStayAsTheyAre() {
    Scene.Upgrading upgrading = scene.upgradeIn(UpgradePhase.ABORTED);
    Fence primary = upgrading.primary();
    fill(primary);
    Snapshot snapshot = store.snapshots().take(primary).orElseThrow();
    change(primary);
    Scene stranger = new Scene(store);
    store.settings().put(stranger.agent, "tone", ONE, 0);
    Instant due = Instant.parse("2020-01-01T00:00:00Z");
    store.tasks().plan(primary, "kept", due);
    TaskStore.Claiming tick = new TaskStore.Claiming("kept", due, due, Optional.of(T0), 0);
    assertThat(store.tasks().claim(primary, tick)).isPresent();
    List<Object> ledger = ledger();

    restore(primary, plan(snapshot));

    assertThat(ledger()).isEqualTo(ledger);
    assertThat(store.settings().all(stranger.agent)).hasSize(1);
    assertThat(store.leadership().read(scene.agent).orElseThrow().fence()).isEqualTo(primary);
  }

  @Test
  void aTaskThatIsSetBackIsPlannedAnewAndForward() {
    Fence primary = scene.lead();
    fill(primary);
    store.tasks().plan(primary, "set-back", T0);
    store.tasks().plan(primary, "kept", T0);
    Snapshot snapshot = store.snapshots().take(primary).orElseThrow();
    Instant anchor = anchor("set-back");
    passShort();
    change(primary);
    store.tasks().plan(primary, "set-back", T0);

    restore(primary, plan(snapshot));

    assertThat(anchor("set-back")).isAfter(anchor);
    assertThat(store.tasks().plan(primary, "set-back", T0.plusSeconds(1))).isTrue();
    assertThat(store.tasks().plan(primary, "kept", T0.plusSeconds(1)))
        .as("a task that is as it was keeps its next tick")
        .isFalse();
  }

  @Test
  void aStalePlanChangesNothing() {
    Fence primary = scene.lead();
    fill(primary);
    Snapshot snapshot = store.snapshots().take(primary).orElseThrow();
    change(primary);
    RestorePlan plan = plan(snapshot);
    store.settings().put(scene.agent, "one-more", ONE, 0);
    Data before = data();

    RestoreResult result = store.snapshots().restore(primary, plan).orElseThrow();

    assertThat(result).isEqualTo(new RestoreResult.Stale(plan(snapshot)));
    assertThat(data()).isEqualTo(before);
    Fence next = scene.takeOverFrom(primary);
    RestorePlan ofBefore = plan(snapshot);
    assertThat(store.snapshots().restore(primary, ofBefore)).isEmpty();
    assertThat(
            store
                .snapshots()
                .restore(
                    next,
                    new RestorePlan(
                        snapshot, primary.epoch(), ofBefore.tables(), Optional.empty())))
        .get()
        .isInstanceOf(RestoreResult.Stale.class);
    assertThat(data()).isEqualTo(before);
    assertThat(store.snapshots().list(scene.agent)).containsExactly(snapshot);
  }

  @Test
  void itIsRefusedWhileAVersionIsOnTrialAndForAStrangersSnapshot() {
    Scene.Upgrading trial = scene.upgradeIn(UpgradePhase.TRIAL);
    Snapshot snapshot = store.snapshots().take(trial.primary()).orElseThrow();
    assertThat(store.snapshots().restore(trial.primary(), plan(snapshot)))
        .get()
        .isInstanceOf(RestoreResult.Refused.class);

    Fence stranger = new Scene(store).lead();
    assertThat(store.snapshots().restore(stranger, plan(snapshot)))
        .get()
        .isInstanceOf(RestoreResult.Refused.class);
  }

  @Test
  void ofSeveralThatRestoreAtOnceOneDoes() {
    Fence primary = scene.lead();
    Data before = fill(primary);
    Snapshot snapshot = store.snapshots().take(primary).orElseThrow();
    change(primary);
    RestorePlan plan = plan(snapshot);

    List<RestoreResult> results =
        inThreads(index -> store.snapshots().restore(primary, plan).orElseThrow());

    assertThat(results).filteredOn(RestoreResult.Restored.class::isInstance).hasSize(1);
    assertThat(results).filteredOn(RestoreResult.Stale.class::isInstance).hasSize(THREADS - 1);
    assertThat(data()).isEqualTo(before);
  }

  /** The agent's data as its doors show it. */
  private record Data(List<Setting> settings, List<Remembered> memories, List<TaskConfig> tasks) {}

  private final List<UUID> memories = new ArrayList<>();

  private Data fill(Fence primary) {
    for (String key : List.of("kept", "changed", "removed")) {
      store.settings().put(scene.agent, key, ONE, 0);
    }
    remember("kept");
    remember("changed");
    remember("removed");
    declare(primary, "kept", 1);
    declare(primary, "set-back", 1);
    return data();
  }

  private Data change(Fence primary) {
    set("changed", TWO);
    store.settings().remove(scene.agent, "removed", version("removed"));
    store.settings().put(scene.agent, "new", ONE, 0);
    store
        .memories()
        .remember(
            author(),
            new MemoryStore.Entry(
                Memory.of("something else").externalId("changed"), Optional.empty()));
    store.memories().forget(MemoryScope.of(scene.agent), memories.get(2));
    remember("new");
    declare(primary, "set-back", 2);
    declare(primary, "new", 1);
    return data();
  }

  private Data data() {
    return new Data(
        store.settings().all(scene.agent),
        memories.stream()
            .flatMap(id -> store.memories().get(MemoryScope.of(scene.agent), id).stream())
            .toList(),
        store.tasks().agenda(scene.agent, List.of("kept", "new", "set-back")).tasks().stream()
            .map(TaskAgenda.Entry::definition)
            .toList());
  }

  private List<Object> ledger() {
    return List.of(
        store.journal().history(scene.agent, 10).stream().map(row -> row.decision()).toList(),
        store.tasks().history(scene.agent, "kept", 10),
        store.instances().living(scene.agent).stream().map(status -> status.record()).toList());
  }

  private Instant anchor(String task) {
    return store.tasks().agenda(scene.agent, List.of(task)).tasks().get(0).anchor();
  }

  private RestorePlan plan(Snapshot snapshot) {
    return store.snapshots().plan(scene.agent, snapshot.id()).orElseThrow();
  }

  private RestoreResult.Restored restore(Fence primary, RestorePlan plan) {
    RestoreResult result = store.snapshots().restore(primary, plan).orElseThrow();
    assertThat(result).isInstanceOf(RestoreResult.Restored.class);
    return (RestoreResult.Restored) result;
  }

  private void set(String key, Json value) {
    store.settings().put(scene.agent, key, value, version(key));
  }

  private long version(String key) {
    return store.settings().get(scene.agent, key).orElseThrow().version();
  }

  private void remember(String content) {
    Memory memory = Memory.of(content).externalId(content);
    memories.add(
        store.memories().remember(author(), new MemoryStore.Entry(memory, Optional.of(LONG))).id());
  }

  private MemoryStore.Author author() {
    return new MemoryStore.Author(MemoryScope.of(scene.agent), InstanceId.random(), 0);
  }

  private void declare(Fence primary, String task, int hours) {
    TaskConfig definition =
        new TaskConfig(
            task, Schedule.every(Duration.ofHours(hours)), TaskPolicy.DEFAULT, Json.EMPTY);
    assertThat(store.tasks().upsert(primary, definition)).isPresent();
  }
}
