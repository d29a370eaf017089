package io.selfupgrade;

import io.selfupgrade.agent.InstanceId;
import io.selfupgrade.agent.Version;
import io.selfupgrade.change.Changes;
import io.selfupgrade.config.Config;
import io.selfupgrade.conversation.Conversations;
import io.selfupgrade.failover.Role;
import io.selfupgrade.memory.Memories;
import io.selfupgrade.observe.AgentMetrics;
import io.selfupgrade.observe.HealthReport;
import io.selfupgrade.observe.LogLevel;
import io.selfupgrade.schedule.ScheduleResult;
import io.selfupgrade.schedule.TaskConfig;
import io.selfupgrade.schedule.Tasks;
import io.selfupgrade.upgrade.DeployResult;
import io.selfupgrade.upgrade.RestorePlan;
import io.selfupgrade.upgrade.RestoreResult;
import io.selfupgrade.upgrade.Snapshots;
import io.selfupgrade.upgrade.UpdateAvailable;
import io.selfupgrade.upgrade.UpgradeOutcome;
import io.selfupgrade.upgrade.Upgrades;
import java.util.Map;
import java.util.Optional;

/**
 * One running process of an agent that takes care of its own life.
 *
 * <p>Thread-safe. Nothing runs before {@link #start} or the first use of a door; {@link #close}
 * ends every thread and connection that the library opened. Capabilities that were not configured
 * are absent: their methods throw {@link IllegalStateException} naming the builder call.
 */
public interface SelfUpgrade extends AutoCloseable {

  /**
   * Begins to describe an agent.
   *
   * @param agentName name of the logical program, the same for all its processes and versions: 1 to
   *     63 characters of {@code a-z A-Z 0-9 . _ -}
   */
  static SelfUpgradeBuilder builder(String agentName) {
    return new SelfUpgradeBuilder(
        agentName,
        StackWalker.getInstance(StackWalker.Option.RETAIN_CLASS_REFERENCE).getCallerClass());
  }

  /**
   * Starts: connects, registers, and takes part in the election. Returns soon.
   *
   * <p>A store that cannot be reached is tried again in the background.
   *
   * @throws io.selfupgrade.agent.AdapterException if the store refuses for good: wrong password,
   *     wrong schema
   * @throws IllegalStateException if it was started before
   */
  void start();

  /** Blocks until this instance has stopped: by a signal, by {@link #stop} or by {@link #close}. */
  void awaitStop() throws InterruptedException;

  /**
   * Stops on purpose: drains, lays the lead down, and tells the launcher not to start it again.
   *
   * <p>Blocks until it has stopped; {@link #close} is still to be called. Idempotent.
   */
  void stop();

  /**
   * Starts this version anew: the launcher starts a second process of the same slot, to which the
   * primary hands over once it is up, as in an upgrade; then this process gets SIGTERM.
   *
   * <p>Returns at once. If the new process does not come up within the time that an upgrade gives a
   * candidate, this one goes on as before; log and event log say why. A standby, a primary while a
   * version is on trial, and an agent whose host has no room for two ({@link
   * io.selfupgrade.upgrade.Switch#RESTART}) end first and are started again after: nobody acts
   * meanwhile, unless a standby takes the lead. Never frozen.
   *
   * @throws IllegalStateException if this process was not started by the launcher
   */
  void restart();

  /**
   * Drains, lays the lead down and ends all threads and connections. Idempotent.
   *
   * <p>Under the launcher the program is started again, unless {@link #stop} was called: an agent
   * whose main method ends by accident comes back.
   */
  @Override
  void close();

  /** Returns this process's version. */
  Version version();

  /** Returns this process's identity. */
  InstanceId instance();

  /** Returns what this process does at the moment. */
  Role role();

  /**
   * Looks for a newer release and changes nothing.
   *
   * <p>{@link Upgrades#check} gives the reason when there is none.
   *
   * @return a newer release that is trusted and acceptable
   * @throws IllegalStateException if {@code upgrades} was not configured
   */
  Optional<UpdateAvailable> checkForUpdates();

  /**
   * Upgrades: all seven steps, and the way back if the new version fails.
   *
   * <p>Blocks, in the old process, until the outcome is decided; that process is stopped only
   * after. On a standby it asks the primary and waits. Joins an upgrade that is under way. Do not
   * call it from a task handler or a {@code PrimaryWork} callback, which it would wait for: use
   * {@link Upgrades#request}.
   *
   * @throws InterruptedException if this process stops or the thread is interrupted meanwhile; the
   *     upgrade itself goes on and its outcome is in {@link Upgrades#history}
   * @throws IllegalStateException if {@code upgrades} was not configured
   */
  UpgradeOutcome upgrade() throws InterruptedException;

  /**
   * Returns the door to upgrades.
   *
   * @throws io.selfupgrade.agent.AdapterException if the store is not open yet and cannot be
   *     reached
   * @throws IllegalStateException if {@code upgrades} was not configured
   */
  Upgrades upgrades();

  /**
   * Returns the door to what the agent remembers; usable before {@link #start}.
   *
   * @throws IllegalStateException if {@code memory} was not configured
   */
  Memories memory();

  /** Returns the door to the agent's conversations; usable before {@link #start}. */
  Conversations conversations();

  /** Returns the door to snapshots of the agent's data; usable before {@link #start}. */
  Snapshots snapshots();

  /**
   * Plans to take the agent's data back to its newest snapshot, and changes nothing.
   *
   * <p>Snapshots that were taken to undo a restore do not count here; {@link Snapshots#plan} takes
   * any.
   *
   * @throws IllegalStateException if there is no snapshot
   */
  RestorePlan recoverFromBackup();

  /**
   * Takes the agent's data back as planned: a person's decision, who has read {@link
   * RestorePlan#losses}.
   *
   * @return how it ended; unless it is {@code Restored}, nothing was changed
   */
  RestoreResult recoverFromBackup(RestorePlan plan);

  /**
   * Asks the configured platform to run the confirmed version, and returns when it has accepted.
   *
   * <p>Runs no pipeline and waits for no end: the version that comes up registers itself.
   * Journalled before the platform is asked, so that a call after a crash or a lost answer goes on
   * with the same deployment. Blocks for as long as the platform takes to answer, 60 s at most.
   *
   * @return what the platform said, or why it was not asked: not the primary, frozen, no version
   * @throws IllegalStateException if {@code deployTo} was not called on the builder
   */
  DeployResult deployToCloud();

  /**
   * Returns the door to changes that the agent proposes to its own source.
   *
   * @throws IllegalStateException if {@code changesTo} was not called on the builder
   */
  Changes changes();

  /**
   * Creates a task or changes it, from whichever instance.
   *
   * <p>Its handler is declared by {@code handler(...)} on the builder of the instances that shall
   * run it. Tasks of {@code task(...)} are declared there, not here.
   *
   * @return what became of it; deferred if the store is away
   * @throws IllegalArgumentException if a field is wrong, naming it
   */
  ScheduleResult scheduleTask(TaskConfig task);

  /**
   * Removes a task; false if there is none. What was run of it stays in the ledger.
   *
   * @throws IllegalArgumentException if the builder declares it
   */
  boolean removeTask(String task);

  /** Returns the door to tasks, their runs, and work to be done once; usable before start. */
  Tasks tasks();

  /** Returns the door to the agent's configuration; usable before {@link #start}. */
  Config config();

  /**
   * Finds out how well this instance is, and what to do about what is not well.
   *
   * <p>Blocks for about 5 s at most: each part has a time of its own, and one that hangs is
   * reported as such and keeps nobody waiting. Probes are the host's; the source of releases is
   * asked at most once a minute. With the database away it answers from what this instance knows.
   *
   * @throws IllegalStateException if the thread is interrupted meanwhile
   */
  HealthReport healthCheck();

  /**
   * Logs an event for people and for later: into the table {@code agent_logs}.
   *
   * <p>Never waits and never throws for trouble of the store. Written by a thread of the library
   * from {@link #start} on; while the store is away, events are kept in the spool, else in memory.
   * Where there is no room, the oldest debug and info events go first; what goes is counted.
   *
   * @param message a sentence; cut after 10,000 characters
   * @param context what belongs to it: texts, numbers, booleans, maps and lists of them; others are
   *     written as their text. No secrets
   */
  void logEvent(LogLevel level, String message, Map<String, ?> context);

  /** Logs an event without context. */
  default void logEvent(LogLevel level, String message) {
    logEvent(level, message, Map.of());
  }

  /** Returns what this instance has counted; cheap, no I/O. */
  AgentMetrics getMetrics();

  /**
   * Stops every forward effect of upgrades, for all instances, until {@link #unfreeze}.
   *
   * <p>Going back, recovery and restart are never frozen.
   *
   * @param why a sentence for those who wonder
   */
  void freeze(String why);

  /** Ends a freeze. Idempotent. */
  void unfreeze();
}
