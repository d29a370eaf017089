package io.selfupgrade.testkit;

import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.InstanceId;
import io.selfupgrade.observe.Retention;
import io.selfupgrade.observe.RetentionStore;
import io.selfupgrade.upgrade.SnapshotStore;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/** Deletes old rows in memory. */
final class InMemoryRetention implements RetentionStore {

  private static final int NEWEST_SNAPSHOTS = 3;

  private final InMemoryState state;

  InMemoryRetention(InMemoryState state) {
    this.state = state;
  }

  @Override
  public int delete(Fence fence, Retention.Kept what, Duration olderThan, int most) {
    return state.transact(
        () -> {
          Instant cutoff = state.now().minus(olderThan);
          return state.fenced(fence).map(rows -> delete(rows, what, cutoff, most)).orElse(0);
        });
  }

  private static int delete(AgentRows rows, Retention.Kept what, Instant cutoff, int most) {
    return switch (what) {
      case LOGS -> some(rows.logs.values(), event -> event.createdAt().isBefore(cutoff), most);
      case NOTIFICATIONS -> some(rows.notifications, row -> row.endedBefore(cutoff), most);
      case INSTANCES -> some(rows.instances.values(), row -> isGone(rows, row, cutoff), most);
      case TASK_RUNS -> runs(rows, cutoff, most);
      case UPGRADE_STEPS -> steps(rows, cutoff, most);
      case SNAPSHOTS -> snapshots(rows.snapshots, cutoff, most);
      case DELIVERIES -> deliveries(rows, cutoff, most);
      case CONVERSATIONS -> conversations(rows.conversations, cutoff, most);
    };
  }

  private static boolean isGone(AgentRows rows, AgentRows.Instance instance, Instant cutoff) {
    InstanceId id = instance.record.id();
    boolean leads = rows.leader.filter(leader -> leader.fence().holder().equals(id)).isPresent();
    boolean onTrial =
        rows.openUpgrade().flatMap(open -> open.candidate).filter(id::equals).isPresent();
    boolean runs =
        rows.runs.open().stream()
            .anyMatch(run -> run.isRunning() && run.claim.fence().holder().equals(id));
    return instance.lastSign().isBefore(cutoff) && !leads && !onTrial && !runs;
  }

  private static int runs(AgentRows rows, Instant cutoff, int most) {
    List<RunRow> gone =
        rows.runs.all().stream().filter(run -> isThrough(rows, run, cutoff)).limit(most).toList();
    rows.runs.removeAll(gone);
    return gone.size() + rows.oneShots.removeEndedBefore(cutoff, most - gone.size());
  }

  private static boolean isThrough(AgentRows rows, RunRow run, Instant cutoff) {
    return run.endedBefore(cutoff)
        && run.claim.due().isBefore(cutoff)
        && rows.runs.of(run.claim.task()).lastKey().isAfter(run.claim.due());
  }

  private static int steps(AgentRows rows, Instant cutoff, int most) {
    int deleted = 0;
    for (UpgradeRow upgrade : rows.upgrades) {
      if (upgrade.endedBefore(cutoff)) {
        deleted += some(upgrade.steps, step -> true, most - deleted);
      }
    }
    return deleted;
  }

  private static int snapshots(List<SnapshotStore.Snapshot> newestFirst, Instant cutoff, int most) {
    List<SnapshotStore.Snapshot> old =
        new ArrayList<>(
            newestFirst.stream()
                .skip(NEWEST_SNAPSHOTS)
                .filter(snapshot -> snapshot.takenAt().isBefore(cutoff))
                .toList());
    Collections.reverse(old);
    List<SnapshotStore.Snapshot> gone = old.stream().limit(most).toList();
    newestFirst.removeAll(gone);
    return gone.size();
  }

  private static int deliveries(AgentRows rows, Instant cutoff, int most) {
    List<InMemoryDeliveryStore.Row> gone =
        rows.deliveries.stream()
            .filter(row -> row.acceptedAt().isBefore(cutoff) && row.request().answer != null)
            .limit(most)
            .toList();
    gone.forEach(row -> rows.requests.remove(row.request()));
    rows.deliveries.removeAll(gone);
    return gone.size();
  }

  private static int conversations(
      Map<String, InMemoryConversationStore.Row> rows, Instant cutoff, int most) {
    int deleted = 0;
    List<Map.Entry<String, InMemoryConversationStore.Row>> old =
        rows.entrySet().stream()
            .filter(entry -> entry.getValue().lastAt().isBefore(cutoff))
            .sorted(Comparator.comparing(entry -> entry.getValue().lastAt()))
            .toList();
    for (Map.Entry<String, InMemoryConversationStore.Row> entry : old) {
      int some = Math.min(entry.getValue().messages().size(), most - deleted);
      entry.setValue(entry.getValue().withoutFirst(some));
      deleted += some;
    }
    List<String> empty =
        old.stream()
            .filter(entry -> entry.getValue().messages().isEmpty())
            .map(Map.Entry::getKey)
            .limit((long) most - deleted)
            .toList();
    empty.forEach(rows::remove);
    return deleted + empty.size();
  }

  private static <T> int some(Collection<T> rows, Predicate<T> old, int most) {
    List<T> gone = rows.stream().filter(old).limit(most).toList();
    rows.removeAll(gone);
    return gone.size();
  }
}
