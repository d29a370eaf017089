package io.selfupgrade.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.agent.Json;
import io.selfupgrade.schedule.Schedule;
import io.selfupgrade.schedule.TaskConfig;
import io.selfupgrade.schedule.TaskPolicy;
import io.selfupgrade.upgrade.SnapshotStore.Snapshot;
import io.selfupgrade.upgrade.UpgradePhase;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Obligations of {@link io.selfupgrade.upgrade.SnapshotStore}. */
abstract class SnapshotStoreContract extends StoreContract {

  @Test
  void anAgentHasNoSnapshotBeforeTheFirst() {
    assertThat(store.snapshots().list(scene.agent)).isEmpty();
  }

  @Test
  void snapshotsAreListedNewestFirst() {
    Scene.Upgrading upgrading = scene.upgradeIn(UpgradePhase.STAGED);
    Snapshot first = take(upgrading);
    stores().passTime(SHORT);
    Snapshot second = take(upgrading);
    new Scene(store).upgradeIn(UpgradePhase.STAGED);

    assertThat(first.upgrade()).contains(upgrading.upgrade());
    assertThat(second.takenAt()).isAfter(first.takenAt());
    assertThat(store.snapshots().list(scene.agent)).containsExactly(second, first);
  }

  @Test
  void aSnapshotShowsTheDataAsItWas() {
    Scene.Upgrading upgrading = scene.upgradeIn(UpgradePhase.STAGED);
    Snapshot before = take(upgrading);
    for (int i = 0; i < 3; i++) {
      declare(upgrading, "task-" + i);
    }
    Snapshot after = take(upgrading);
    declare(upgrading, "task-later");

    assertThat(rows(after) - rows(before)).isEqualTo(3);
    assertThat(after.bytes()).isGreaterThan(before.bytes());
    assertThat(store.snapshots().list(scene.agent)).containsExactlyInAnyOrder(before, after);
  }

  @Test
  void snapshotsTakenWhileOthersWriteDoNotGoBackwards() {
    Scene.Upgrading upgrading = scene.upgradeIn(UpgradePhase.STAGED);

    List<Long> taken =
        inThreads(
            index -> {
              if (index != 0) {
                for (int i = 0; i < 5; i++) {
                  declare(upgrading, "task-" + index + "-" + i);
                }
                return 0L;
              }
              long rows = 0;
              for (int i = 0; i < 5; i++) {
                long now = rows(take(upgrading));
                assertThat(now).isGreaterThanOrEqualTo(rows);
                rows = now;
              }
              return rows;
            });

    assertThat(rows(take(upgrading))).isGreaterThanOrEqualTo(taken.get(0));
  }

  private Snapshot take(Scene.Upgrading upgrading) {
    return store.snapshots().take(upgrading.primary(), upgrading.upgrade()).orElseThrow();
  }

  private void declare(Scene.Upgrading upgrading, String task) {
    TaskConfig definition =
        new TaskConfig(task, Schedule.every(Duration.ofHours(1)), TaskPolicy.DEFAULT, Json.EMPTY);
    assertThat(store.tasks().upsert(upgrading.primary(), definition)).isPresent();
  }

  private static long rows(Snapshot snapshot) {
    return snapshot.rows().values().stream().mapToLong(Long::longValue).sum();
  }
}
