package io.selfupgrade.testkit;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.change.ChangeStore;
import io.selfupgrade.config.SettingsStore;
import io.selfupgrade.control.CommandStore;
import io.selfupgrade.control.JobStore;
import io.selfupgrade.conversation.ConversationStore;
import io.selfupgrade.failover.InstanceStore;
import io.selfupgrade.failover.LeadershipStore;
import io.selfupgrade.memory.MemoryStore;
import io.selfupgrade.observe.Budget;
import io.selfupgrade.observe.BudgetStore;
import io.selfupgrade.observe.LogStore;
import io.selfupgrade.observe.Outbox;
import io.selfupgrade.observe.RetentionStore;
import io.selfupgrade.schedule.TaskStore;
import io.selfupgrade.store.AgentStore;
import io.selfupgrade.upgrade.DeliveryStore;
import io.selfupgrade.upgrade.DeploymentStore;
import io.selfupgrade.upgrade.PolicyStore;
import io.selfupgrade.upgrade.SnapshotStore;
import io.selfupgrade.upgrade.SourceStore;
import io.selfupgrade.upgrade.UpgradeJournal;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.stream.Stream;

/**
 * A store that keeps its rows in memory, for tests of agents; passes the same contract as Postgres.
 *
 * <p>Thread-safe. Several handles may share one state, as several processes share a database: see
 * {@link #sharing}. Time is what the given clock says, only waiting sessions wait in real time.
 * Migrations are noted and not run; a file that contains {@link #FAILS_IN_MEMORY} fails.
 *
 * <p>{@link #close} ends the sessions of this handle. Its rows can be read after that, so that a
 * test sees what an agent left behind.
 */
public final class InMemoryStore implements AgentStore {

  /** Text, an SQL comment, that makes a migration fail. */
  public static final String FAILS_IN_MEMORY = "-- fails in memory";

  private static final String MIGRATION_NAME = "\\d+_.+\\.sql";

  private final InMemoryState state;
  private final InMemoryLeadershipStore leadership;
  private final InMemoryInstanceStore instances;
  private final InMemoryUpgradeJournal journal;
  private final InMemoryPolicyStore policies;
  private final InMemorySnapshotStore snapshots;
  private final InMemoryDeploymentStore deployments;
  private final InMemoryChangeStore changes;
  private final InMemoryDeliveryStore deliveries;
  private final InMemorySourceStore sources;
  private final InMemoryTaskStore tasks;
  private final InMemoryMemoryStore memories;
  private final InMemoryConversationStore conversations;
  private final InMemorySettingsStore settings;
  private final InMemoryLogStore logs;
  private final InMemoryOutbox outbox;
  private final InMemoryRetention retention;
  private final InMemoryCommandStore commands;
  private final InMemoryJobStore jobs;
  private final InMemoryBudgetStore budget;

  /**
   * Makes an empty store of its own.
   *
   * @param clock the store's clock, such as a {@link ManualClock}
   */
  public InMemoryStore(Clock clock) {
    this(new InMemoryState(clock));
  }

  private InMemoryStore(InMemoryState state) {
    this.state = state;
    this.leadership = new InMemoryLeadershipStore(state);
    this.instances = new InMemoryInstanceStore(state);
    this.journal = new InMemoryUpgradeJournal(state);
    this.policies = new InMemoryPolicyStore(state);
    this.snapshots = new InMemorySnapshotStore(state);
    this.deployments = new InMemoryDeploymentStore(state);
    this.changes = new InMemoryChangeStore(state);
    this.deliveries = new InMemoryDeliveryStore(state);
    this.sources = new InMemorySourceStore(state);
    this.tasks = new InMemoryTaskStore(state);
    this.memories = new InMemoryMemoryStore(state);
    this.conversations = new InMemoryConversationStore(state);
    this.settings = new InMemorySettingsStore(state);
    this.logs = new InMemoryLogStore(state);
    this.outbox = new InMemoryOutbox(state);
    this.retention = new InMemoryRetention(state);
    this.commands = new InMemoryCommandStore(state);
    this.jobs = new InMemoryJobStore(state);
    this.budget = new InMemoryBudgetStore(state);
  }

  /** Returns another handle on the same rows and the same clock. */
  public static InMemoryStore sharing(InMemoryStore other) {
    return new InMemoryStore(other.state);
  }

  /** Limits the connections that {@code policies().freeConnections()} tells of. */
  public void leaveConnections(long free) {
    state.transact(() -> state.freeConnections = OptionalLong.of(free));
  }

  /** Sets what {@code budget().measure()} finds. */
  public void measures(long bytes, Budget.Connections connections, BudgetStore.Plan plan) {
    state.transact(
        () -> {
          state.room.bytes = bytes;
          state.room.connections = Objects.requireNonNull(connections, "connections");
          state.room.plan = Objects.requireNonNull(plan, "plan");
        });
  }

  @Override
  public void open(SchemaMode schema) {
    state.transact(
        () -> {
          if (schema == SchemaMode.APPLY) {
            state.makeSchema();
          } else if (!state.schemaThere()) {
            throw new AdapterException(
                "AgentStore",
                "open of an in-memory store that may not migrate: there is no schema; open it with"
                    + " APPLY first",
                false,
                null);
          }
        });
  }

  @Override
  public List<String> migrate(Path directory) {
    List<Path> files = migrationsIn(directory);
    return state.transact(
        () -> {
          List<String> applied = new ArrayList<>();
          for (Path file : files) {
            String name = file.getFileName().toString();
            if (!state.migrated(name)) {
              requireGood(file);
              state.noteMigration(name);
              applied.add(name);
            }
          }
          return applied;
        });
  }

  @Override
  public LeadershipStore leadership() {
    return leadership;
  }

  @Override
  public InstanceStore instances() {
    return instances;
  }

  @Override
  public UpgradeJournal journal() {
    return journal;
  }

  @Override
  public PolicyStore policies() {
    return policies;
  }

  @Override
  public SnapshotStore snapshots() {
    return snapshots;
  }

  @Override
  public DeploymentStore deployments() {
    return deployments;
  }

  @Override
  public ChangeStore changes() {
    return changes;
  }

  @Override
  public DeliveryStore deliveries() {
    return deliveries;
  }

  @Override
  public SourceStore sources() {
    return sources;
  }

  @Override
  public TaskStore tasks() {
    return tasks;
  }

  @Override
  public MemoryStore memories() {
    return memories;
  }

  @Override
  public ConversationStore conversations() {
    return conversations;
  }

  @Override
  public SettingsStore settings() {
    return settings;
  }

  @Override
  public LogStore logs() {
    return logs;
  }

  @Override
  public Outbox outbox() {
    return outbox;
  }

  @Override
  public RetentionStore retention() {
    return retention;
  }

  @Override
  public CommandStore commands() {
    return commands;
  }

  @Override
  public JobStore jobs() {
    return jobs;
  }

  @Override
  public BudgetStore budget() {
    return budget;
  }

  @Override
  public String describe() {
    return "memory of this process";
  }

  @Override
  public void close() {
    leadership.closeSessions();
  }

  private static List<Path> migrationsIn(Path directory) {
    try (Stream<Path> files = Files.list(directory)) {
      return files
          .filter(file -> file.getFileName().toString().matches(MIGRATION_NAME))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new AdapterException(
          "AgentStore", "migrate: the folder " + directory + " cannot be read", false, e);
    }
  }

  private static void requireGood(Path file) {
    try {
      if (Files.readString(file, StandardCharsets.UTF_8).contains(FAILS_IN_MEMORY)) {
        throw new AdapterException(
            "AgentStore",
            "migrate: " + file.getFileName() + " says that it fails in memory",
            false,
            null);
      }
    } catch (IOException e) {
      throw new AdapterException("AgentStore", "migrate: " + file + " cannot be read", false, e);
    }
  }
}
