package io.selfupgrade.schedule;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.InstanceId;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * Task definitions and the ledger of their ticks.
 *
 * <p><b>Obligations</b>, checked by the contract in testkit:
 *
 * <ol>
 *   <li>{@link #upsert} keeps the anchor of an unchanged task; a changed schedule gets a new
 *       anchor.
 *   <li>{@link #claim} writes the tick and moves the task's next tick in one transaction, only if
 *       the fence holds and the task's next tick is the expected one; a tick is in the ledger once.
 *   <li>{@link #claimWaiting} gives the oldest waiting tick of a task out again, with attempt + 1.
 *   <li>{@link #finish}, {@link #giveBack} and an adapter's commit change a run only while this
 *       claim is the running attempt; a lost claim's end changes nothing and returns false.
 *   <li>{@link #reclaim} makes running ticks wait again whose claimant is attested dead, has
 *       stopped, or gave no sign of life for that time.
 *   <li>Writes that take a {@link Fence} change nothing when it does not hold.
 * </ol>
 */
public interface TaskStore {

  /** Declares a task; empty if the fence does not hold. */
  Optional<Change> upsert(Fence fence, TaskDefinition definition);

  /**
   * Sets the first tick of a task that has none yet; false if the fence does not hold or it has.
   */
  boolean plan(Fence fence, String task, Instant firstDue);

  /** Returns the named tasks of an agent as they stand. */
  TaskAgenda agenda(AgentName agent, Collection<String> tasks);

  /** Claims a due tick; empty if the fence or the expectation does not hold. */
  Optional<RunClaim> claim(Fence fence, Claiming claiming);

  /** Records a due tick as skipped; false if the fence or the expectation does not hold. */
  boolean skip(Fence fence, Claiming claiming);

  /** Claims the oldest waiting tick of a task. */
  Optional<RunClaim> claimWaiting(Fence fence, String task);

  /**
   * Ends a run.
   *
   * @param error empty if it succeeded
   * @return whether this claim was the running attempt
   */
  boolean finish(RunClaim claim, Optional<String> error);

  /** Gives a run back, to be claimed again at once. */
  boolean giveBack(RunClaim claim);

  /** Reads a run; for a commit whose end is unknown. */
  Optional<RunRecord> find(RunClaim claim);

  /**
   * Makes lost runs of the agent wait again.
   *
   * @param fence of the primary
   * @param attestedDead an instance that is dead for certain
   * @param silence greatest age of a claimant's heartbeat
   * @return how many
   */
  int reclaim(Fence fence, Optional<InstanceId> attestedDead, Duration silence);

  /** Returns runs of a task, newest tick first. */
  List<RunRecord> history(AgentName agent, String task, int limit);

  /** Returns the runs that were claimed at an epoch, oldest tick first. */
  List<RunRecord> runsOfEpoch(AgentName agent, long epoch, int limit);

  /**
   * Returns the tasks that have been due for longer than that and stand still: no tick is running,
   * and none that was claimed at the present epoch has ended within that time. A task that works
   * off what was missed before is not one of them.
   */
  List<String> overdue(AgentName agent, Duration grace);

  /** What an upsert did. */
  enum Change {
    /** The task is new. */
    CREATED,
    /** It changed. */
    UPDATED,
    /** It is as it was. */
    UNCHANGED
  }

  /**
   * A tick to claim or to skip.
   *
   * @param task the task's name
   * @param expectedNext the task's next tick as it was read
   * @param tick the tick to write: {@code expectedNext} or a later one
   * @param nextDue the task's next tick after; empty when there is none to come
   * @param passedOver how many ticks from {@code expectedNext} to before {@code tick} are not run,
   *     by policy; recorded with the tick
   */
  record Claiming(
      String task, Instant expectedNext, Instant tick, Optional<Instant> nextDue, int passedOver) {
    /** Validates the parts. */
    public Claiming {
      Objects.requireNonNull(task, "task");
      Objects.requireNonNull(expectedNext, "expectedNext");
      Objects.requireNonNull(tick, "tick");
      Objects.requireNonNull(nextDue, "nextDue");
    }
  }
}
