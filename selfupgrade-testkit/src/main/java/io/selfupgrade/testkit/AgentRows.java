package io.selfupgrade.testkit;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.InstanceId;
import io.selfupgrade.agent.Version;
import io.selfupgrade.change.ChangeRecord;
import io.selfupgrade.config.Setting;
import io.selfupgrade.control.JobStore;
import io.selfupgrade.failover.InstanceRecord;
import io.selfupgrade.failover.InstanceStatus;
import io.selfupgrade.failover.Lease;
import io.selfupgrade.observe.LogEvent;
import io.selfupgrade.schedule.Runner;
import io.selfupgrade.schedule.TaskConfig;
import io.selfupgrade.schedule.TaskStore;
import io.selfupgrade.upgrade.DeploymentStore;
import io.selfupgrade.upgrade.FailedVersion;
import io.selfupgrade.upgrade.PolicyStore;
import io.selfupgrade.upgrade.SignedDocument;
import io.selfupgrade.upgrade.SnapshotStore;
import io.selfupgrade.upgrade.Trigger;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The rows of one agent in an in-memory store; guarded by the state's lock. */
final class AgentRows {

  final AgentName agent;
  final Map<InstanceId, Instance> instances = new LinkedHashMap<>();
  final List<UpgradeRow> upgrades = new ArrayList<>();
  final List<Request> requests = new ArrayList<>();
  final List<FailedVersion> failed = new ArrayList<>();
  final List<SnapshotStore.Snapshot> snapshots = new ArrayList<>();
  final Map<UUID, InMemorySnapshotStore.Copy> copies = new LinkedHashMap<>();
  final List<DeploymentStore.Entry> deployments = new ArrayList<>();
  final List<ChangeRecord> changes = new ArrayList<>();
  final List<InMemoryDeliveryStore.Row> deliveries = new ArrayList<>();
  final Map<String, Task> tasks = new TreeMap<>();
  final Map<String, Setting> settings = new TreeMap<>();
  final MemoryRows memories = new MemoryRows();
  final NavigableMap<String, InMemoryConversationStore.Row> conversations =
      new TreeMap<>(InMemoryConversationStore.BY_CODE_POINTS);
  final InMemoryRuns runs = new InMemoryRuns();
  final InMemoryOneShots oneShots = new InMemoryOneShots();
  final Map<UUID, LogEvent> logs = new LinkedHashMap<>();
  final List<InMemoryOutbox.Row> notifications = new ArrayList<>();
  final List<InMemoryCommandStore.Row> commands = new ArrayList<>();
  final Map<String, InMemoryCommandStore.Key> controlKeys = new HashMap<>();
  Optional<JobStore.Watch> watch = Optional.empty();
  Optional<Leader> leader = Optional.empty();
  Optional<Long> declaredAt = Optional.empty();
  Optional<Version> confirmed = Optional.empty();
  final Map<UUID, PolicyStore.WantedRollback> rollbacks = new LinkedHashMap<>();
  final Map<String, String> revokedKeys = new HashMap<>();
  final Map<ByteBuffer, SignedDocument> keyChanges = new LinkedHashMap<>();
  final Map<String, PolicyStore.SeenIndex> indexes = new HashMap<>();
  Optional<Version> floor = Optional.empty();
  Optional<Freeze> frozen = Optional.empty();

  AgentRows(AgentName agent) {
    this.agent = agent;
  }

  boolean holds(Fence fence) {
    return leader.map(Leader::fence).equals(Optional.of(fence));
  }

  /** Gives the lead to an instance, at the next epoch. */
  Fence passLead(InstanceId holder, Instant expiresAt) {
    long epoch = leader.map(before -> before.fence().epoch()).orElse(0L) + 1;
    Fence fence = new Fence(agent, holder, epoch);
    leader = Optional.of(new Leader(fence, expiresAt, false));
    return fence;
  }

  Optional<UpgradeRow> upgrade(UUID id) {
    return upgrades.stream().filter(row -> row.id.equals(id)).findFirst();
  }

  Optional<UpgradeRow> openUpgrade() {
    return upgrades.stream().filter(row -> !row.phase.isFinal()).findFirst();
  }

  /** Tells whether a run was claimed by the leader that there is now. */
  boolean isOfPresentEpoch(RunRow run) {
    return leader.filter(now -> now.fence().epoch() == run.claim.fence().epoch()).isPresent();
  }

  /** Why and since when forward effects are stopped. */
  record Freeze(String why, Instant at) {}

  /**
   * The leadership row.
   *
   * @param fence holder and epoch
   * @param expiresAt end of the lease
   * @param lockHeld whether the holder's session holds the lock of the epoch
   */
  record Leader(Fence fence, Instant expiresAt, boolean lockHeld) {
    Lease lease(Instant now) {
      return new Lease(fence, Duration.between(now, expiresAt), lockHeld);
    }
  }

  /** A registered instance. */
  static final class Instance {
    final InstanceRecord record;
    final Instant startedAt;
    Instant heartbeatAt;
    long epoch;
    boolean stopped;

    Instance(InstanceRecord record, Instant now) {
      this.record = record;
      this.startedAt = now;
      this.heartbeatAt = now;
    }

    InstanceStatus status(Instant now) {
      return new InstanceStatus(
          record, epoch, Duration.between(heartbeatAt, now), stopped, startedAt);
    }

    /** Returns when it stopped, or gave its last sign of life. */
    Instant lastSign() {
      return heartbeatAt;
    }

    boolean silentFor(Duration time, Instant now) {
      return stopped || Duration.between(heartbeatAt, now).compareTo(time) > 0;
    }
  }

  /** A request for an upgrade. */
  static final class Request {
    final UUID id = UUID.randomUUID();
    final Trigger trigger;
    @Nullable UUID answer;

    Request(Trigger trigger) {
      this.trigger = trigger;
    }
  }

  /**
   * A task as it stands.
   *
   * @param definition what it is
   * @param anchor origin of its grid
   * @param nextDue its next tick
   * @param paused whether its ticks wait
   * @param declaredAt the epoch at which code declared it last; empty if it was only scheduled
   * @param retired why it is run no more
   */
  record Task(
      TaskConfig definition,
      Instant anchor,
      Optional<Instant> nextDue,
      boolean paused,
      Optional<Long> declaredAt,
      Optional<String> retired) {
    Task(TaskConfig definition, Instant anchor) {
      this(definition, anchor, Optional.empty(), false, Optional.empty(), Optional.empty());
    }

    Task defined(TaskConfig other) {
      return new Task(other, anchor, nextDue, paused, declaredAt, Optional.empty());
    }

    Task due(Optional<Instant> next) {
      return new Task(definition, anchor, next, paused, declaredAt, retired);
    }

    Task paused(boolean pause) {
      return new Task(definition, anchor, nextDue, pause, declaredAt, retired);
    }

    Task declaredAt(Optional<Long> epoch) {
      return new Task(definition, anchor, nextDue, paused, epoch, retired);
    }

    Task retired(String why) {
      return new Task(definition, anchor, nextDue, paused, declaredAt, Optional.of(why));
    }

    /** Tells whether its ticks may be claimed. */
    boolean enabled() {
      return !paused && retired.isEmpty();
    }
  }

  /** Tells whether code declared a task, and the code that leads has said that it does not. */
  boolean leftOut(Task task) {
    return leader.map(Leader::fence).map(Fence::epoch).equals(declaredAt)
        && task.declaredAt().filter(epoch -> epoch < declaredAt.orElseThrow()).isPresent();
  }

  /** Takes a task in as it is declared; one whose schedule is the same keeps its grid. */
  TaskStore.Change declare(TaskConfig definition, Instant now) {
    if (definition.runner() == Runner.DATABASE) {
      throw new AdapterException(
          "TaskStore",
          "scheduling task "
              + definition.name()
              + " failed: there is no pg_cron in memory; let agents run it, by Runner.AGENT",
          false,
          null);
    }
    Task before = tasks.get(definition.name());
    if (before == null) {
      tasks.put(definition.name(), new Task(definition, now));
      return TaskStore.Change.CREATED;
    }
    if (before.definition().equals(definition) && before.retired().isEmpty()) {
      return TaskStore.Change.UNCHANGED;
    }
    Task same = before.defined(definition);
    boolean sameGrid = before.definition().schedule().equals(definition.schedule());
    tasks.put(
        definition.name(),
        sameGrid
            ? same
            : new Task(definition, now).paused(same.paused()).declaredAt(same.declaredAt()));
    return TaskStore.Change.UPDATED;
  }
}
