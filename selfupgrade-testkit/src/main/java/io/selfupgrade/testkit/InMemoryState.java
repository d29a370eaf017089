package io.selfupgrade.testkit;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.InstanceId;
import io.selfupgrade.upgrade.UpgradePhase;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** What the handles of an in-memory store share: all rows, under one lock, and one clock. */
final class InMemoryState {

  private final Clock clock;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Map<AgentName, AgentRows> agents = new HashMap<>();
  private final List<InMemoryLeadershipSession> sessions = new ArrayList<>();
  private final Set<String> migrations = new TreeSet<>();
  final Map<String, InMemorySourceStore.Row> sources = new HashMap<>();
  final Map<String, String> pins = new HashMap<>();
  final Map<String, InMemoryJobStore.Row> jobs = new TreeMap<>();
  final InMemoryBudgetStore.Room room = new InMemoryBudgetStore.Room();
  final Map<AgentName, MemoryRows> sharedMemories = new HashMap<>();
  OptionalLong freeConnections = OptionalLong.empty();
  OptionalInt dimension = OptionalInt.empty();
  private boolean schemaThere;
  private int lastBackend;
  private long lastVersion;

  InMemoryState(Clock clock) {
    this.clock = clock;
  }

  /** Does the work as one transaction: no other thread sees or changes a row meanwhile. */
  <T> T transact(Supplier<T> work) {
    lock.lock();
    try {
      return work.get();
    } finally {
      lock.unlock();
    }
  }

  /** Does the work as one transaction. */
  void transact(Runnable work) {
    transact(
        () -> {
          work.run();
          return true;
        });
  }

  /**
   * Waits in real time, inside a transaction, until a condition holds that others bring about.
   *
   * @return whether it holds; false when the time is over
   */
  boolean await(Duration longest, BooleanSupplier condition) throws InterruptedException {
    long left = longest.toNanos();
    while (!condition.getAsBoolean()) {
      if (left <= 0) {
        return false;
      }
      left = changed.awaitNanos(left);
    }
    return true;
  }

  /** Makes all that wait look again at their conditions. */
  void wake() {
    changed.signalAll();
  }

  Instant now() {
    return clock.instant();
  }

  /** Returns the rows of an agent, empty ones for one that is new. */
  AgentRows rows(AgentName agent) {
    return agents.computeIfAbsent(agent, AgentRows::new);
  }

  /** Returns the rows of the fence's agent if the fence holds. */
  Optional<AgentRows> fenced(Fence fence) {
    return Optional.of(rows(fence.agent())).filter(rows -> rows.holds(fence));
  }

  /** Returns an upgrade of the fence's agent if the fence holds. */
  Optional<UpgradeRow> fenced(Fence fence, UUID upgrade) {
    return fenced(fence).flatMap(rows -> rows.upgrade(upgrade));
  }

  /** Returns an upgrade of the fence's agent if the fence holds and it is in that phase. */
  Optional<UpgradeRow> fenced(Fence fence, UUID upgrade, UpgradePhase phase) {
    return fenced(fence, upgrade).filter(row -> row.phase == phase);
  }

  /** Finds a row and changes it, in one transaction; false if it is not found. */
  <T> boolean change(Supplier<Optional<T>> find, Consumer<T> change) {
    return transact(
        () -> {
          Optional<T> row = find.get();
          row.ifPresent(change);
          return row.isPresent();
        });
  }

  Optional<AgentRows.Instance> instance(InstanceId id) {
    return agents.values().stream()
        .flatMap(rows -> Optional.ofNullable(rows.instances.get(id)).stream())
        .findFirst();
  }

  Optional<UpgradeRow> upgrade(UUID id) {
    return agents.values().stream().flatMap(rows -> rows.upgrade(id).stream()).findFirst();
  }

  /** Returns all agents' rows, for a search by something else than the agent. */
  List<AgentRows> all() {
    return List.copyOf(agents.values());
  }

  List<InMemoryLeadershipSession> sessions() {
    return sessions;
  }

  int nextBackend() {
    return ++lastBackend;
  }

  long nextVersion() {
    return ++lastVersion;
  }

  boolean schemaThere() {
    return schemaThere;
  }

  void makeSchema() {
    schemaThere = true;
  }

  /** Notes a migration; false if it was noted before. */
  boolean noteMigration(String file) {
    return migrations.add(file);
  }

  boolean migrated(String file) {
    return migrations.contains(file);
  }
}
