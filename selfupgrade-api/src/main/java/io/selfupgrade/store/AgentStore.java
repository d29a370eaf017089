package io.selfupgrade.store;

import io.selfupgrade.change.ChangeStore;
import io.selfupgrade.config.SettingsStore;
import io.selfupgrade.control.CommandStore;
import io.selfupgrade.control.JobStore;
import io.selfupgrade.conversation.ConversationStore;
import io.selfupgrade.failover.InstanceStore;
import io.selfupgrade.failover.LeadershipStore;
import io.selfupgrade.memory.MemoryStore;
import io.selfupgrade.observe.BudgetStore;
import io.selfupgrade.observe.LogStore;
import io.selfupgrade.observe.Outbox;
import io.selfupgrade.observe.RetentionStore;
import io.selfupgrade.schedule.TaskStore;
import io.selfupgrade.upgrade.DeliveryStore;
import io.selfupgrade.upgrade.DeploymentStore;
import io.selfupgrade.upgrade.PolicyStore;
import io.selfupgrade.upgrade.SnapshotStore;
import io.selfupgrade.upgrade.SourceStore;
import io.selfupgrade.upgrade.UpgradeJournal;
import java.nio.file.Path;
import java.util.List;

/**
 * Where the state of agents is kept, by accessor for each capability.
 *
 * <p>Thread-safe. No I/O and no thread before {@link #open}. Every accessor's methods throw {@link
 * io.selfupgrade.agent.AdapterException} when the store cannot be reached, with {@code retryable}
 * set when it may come back.
 *
 * <p><b>Obligations</b>, checked by the contract in testkit:
 *
 * <ol>
 *   <li>{@link #open} may be called more than once and by several processes at once; the schema is
 *       then there, once.
 *   <li>An open that may not migrate fails on a schema that is missing or too old, naming what is
 *       missing, and changes nothing.
 *   <li>{@link #migrate} applies each file once, in the order of names, each whole or not at all.
 *   <li>{@link #close} may be called more than once and ends every connection and thread of the
 *       store that it opened itself.
 * </ol>
 */
public interface AgentStore extends AutoCloseable {

  /**
   * Connects and sees to the schema.
   *
   * @param schema what to do about a schema that is missing or too old
   * @throws io.selfupgrade.agent.AdapterException if the store cannot be reached (retryable), or
   *     the credentials or the schema are wrong (not retryable)
   */
  void open(SchemaMode schema);

  /**
   * Applies the migrations in a folder that have not been applied.
   *
   * @param directory holds files {@code <timestamp>_<name>.sql}; nothing else in it is read
   * @return names of the files that were applied, in their order
   * @throws io.selfupgrade.agent.AdapterException naming the file and what failed in it; the files
   *     before it stay applied, it and those after it do not
   */
  List<String> migrate(Path directory);

  /** Returns who leads. */
  LeadershipStore leadership();

  /** Returns the instances. */
  InstanceStore instances();

  /** Returns the journal of upgrades. */
  UpgradeJournal journal();

  /** Returns what the policies of upgrades remember. */
  PolicyStore policies();

  /** Returns the snapshots. */
  SnapshotStore snapshots();

  /** Returns the journal of deployments. */
  DeploymentStore deployments();

  /** Returns the journal of changes to the source. */
  ChangeStore changes();

  /** Returns the deliveries of webhooks. */
  DeliveryStore deliveries();

  /** Returns what release sources keep between reads. */
  SourceStore sources();

  /** Returns tasks and ticks. */
  TaskStore tasks();

  /** Returns the memories. */
  MemoryStore memories();

  /** Returns the conversations. */
  ConversationStore conversations();

  /** Returns the configuration. */
  SettingsStore settings();

  /** Returns the agents' logs. */
  LogStore logs();

  /** Returns the notifications on their way. */
  Outbox outbox();

  /** Returns what deletes rows that were kept long enough. */
  RetentionStore retention();

  /** Returns the commands from beside the agents. */
  CommandStore commands();

  /** Returns the jobs that keep watch. */
  JobStore jobs();

  /** Returns what measures how much room the store has left. */
  BudgetStore budget();

  /**
   * Returns what the store is and how it is reached, without secrets; no I/O: what the last {@link
   * #open} has seen, and what has shown since.
   */
  String describe();

  /** Ends what the store opened. */
  @Override
  void close();

  /** What an open does about the schema. */
  enum SchemaMode {
    /** Applies what is missing. */
    APPLY,
    /** Only checks; candidates, smoke checks and local instances never migrate. */
    VERIFY
  }
}
