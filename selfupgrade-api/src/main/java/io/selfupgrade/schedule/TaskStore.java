package io.selfupgrade.schedule;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.InstanceId;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * Task definitions, one-shots that wait, and the ledger of what was run.
 *
 * <p><b>Obligations</b>, checked by the contract in testkit:
 *
 * <ol>
 *   <li>{@link #upsert} and {@link #schedule} keep the anchor of an unchanged task; a changed
 *       schedule gets a new anchor.
 *   <li>{@link #claim} writes the tick and moves the task's next tick in one transaction, only if
 *       the claimant may, the task's next tick is the expected one, and the tick is due by the
 *       store's clock; it is in the ledger once. What one of a batch meets is nothing to the
 *       others.
 *   <li>{@link #claimWaiting} gives the oldest waiting tick of a task out again, with attempt + 1,
 *       not before its pause is over.
 *   <li>{@link #claimOneShots} gives each one-shot out once at a time, never before it is due by
 *       the store's clock, those that are due longest first.
 *   <li>{@link #finish} and an adapter's commit change a run only while this claim is the running
 *       attempt; a lost claim's end changes nothing and is not returned.
 *   <li>{@link #reclaim} makes running ticks and one-shots wait again whose claimant is attested
 *       dead, has stopped, or gave no sign of life for that time, but never those of the primary
 *       that asks, unless it is attested dead.
 *   <li>Writes that take a {@link Fence} change nothing when it does not hold. A {@link Claimant}
 *       without one is given runs of {@link Scope#ALL} only, and nothing once it has stopped.
 *   <li>A batch is one round trip, however much it holds.
 *   <li>A task of {@link Runner#DATABASE} is on no agenda, and none of its ticks is claimed here.
 *       Where the store cannot run it as it says, {@link #upsert} and {@link #schedule} refuse it
 *       with an {@link io.selfupgrade.agent.AdapterException} that is not retryable, and it stays
 *       as it was.
 *   <li>A task that code has declared, and the code that leads has not ({@link #declare}), is on no
 *       agenda and never overdue. It is retired when no upgrade is on trial; declared or scheduled
 *       again it is as it was, its next tick too.
 *   <li>A row that cannot be read hides no other: it is given with a {@link Schedule.Unreadable},
 *       and declaring or scheduling its task writes it anew.
 * </ol>
 */
public interface TaskStore {

  // ------------------------------------------------------------------------------------- tasks

  /** Declares a task; empty if the fence does not hold. A paused one stays paused. */
  Optional<Change> upsert(Fence fence, TaskConfig definition);

  /**
   * Says which tasks the code that leads declares, after each was declared by {@link #upsert}.
   *
   * <p>Idempotent. What code declared at an earlier epoch and is not among them is left alone from
   * now on, and once no upgrade of the agent is on trial it is retired: not enabled, with why; its
   * ledger stays. Tasks that were only scheduled are not touched.
   *
   * @param tasks their names
   * @return empty if the fence does not hold
   */
  Optional<Declared> declare(Fence fence, Set<String> tasks);

  /**
   * Schedules a task from whichever instance, and wakes those that serve. It stays, whatever the
   * code that leads declares.
   */
  Change schedule(AgentName agent, TaskConfig definition);

  /** Removes a task and skips its waiting ticks; false if there is none. */
  boolean remove(AgentName agent, String task);

  /** Pauses a task or ends its pause; false if there is none, or it is so already. */
  boolean pause(AgentName agent, String task, boolean paused);

  /**
   * Makes the next tick of a task due now, unless it is; false if there is none or it is paused.
   */
  boolean runNow(AgentName agent, String task);

  /** Returns all tasks of an agent by name, or the one that is asked for. */
  List<TaskStatus> list(AgentName agent, Optional<String> task);

  /**
   * Sets the first tick of a task that has none yet; false if the fence does not hold or it has.
   */
  default boolean plan(Fence fence, String task, Instant firstDue) {
    return plan(Claimant.primary(fence), task, firstDue);
  }

  /** Does the same for whoever may claim its ticks. */
  boolean plan(Claimant by, String task, Instant firstDue);

  /** Returns the tasks of an agent that those handlers run, as they stand, but for paused ones. */
  TaskAgenda agenda(AgentName agent, Collection<String> handlers);

  // ------------------------------------------------------------------------------------- ticks

  /** Claims due ticks, at most one of each task. */
  List<ClaimedRun> claim(Claimant by, List<Claiming> ticks);

  /** Claims a due tick; empty if the fence or the expectation does not hold. */
  default Optional<RunClaim> claim(Fence fence, Claiming claiming) {
    return claim(Claimant.primary(fence), List.of(claiming)).stream()
        .findFirst()
        .map(ClaimedRun::claim);
  }

  /** Records due ticks as skipped, at most one of each task; returns the tasks that it moved. */
  Set<String> skip(Claimant by, List<Claiming> ticks);

  /** Records a due tick as skipped; false if the fence or the expectation does not hold. */
  default boolean skip(Fence fence, Claiming claiming) {
    return !skip(Claimant.primary(fence), List.of(claiming)).isEmpty();
  }

  /** Claims the oldest waiting tick of each of the tasks that has one whose pause is over. */
  List<ClaimedRun> claimWaiting(Claimant by, Collection<String> tasks);

  /** Claims the oldest waiting tick of a task. */
  default Optional<RunClaim> claimWaiting(Fence fence, String task) {
    return claimWaiting(Claimant.primary(fence), List.of(task)).stream()
        .findFirst()
        .map(ClaimedRun::claim);
  }

  // ------------------------------------------------------------------------------------- one-shots

  /**
   * Keeps work until it is due, and wakes those that serve.
   *
   * @param work each with an id that was never used
   * @return the ids under which it is kept, in its order: of a key that is known, the former one
   */
  List<UUID> submit(AgentName agent, List<Submitted> work);

  /** Takes back work that nobody has begun; false if somebody has, or it is unknown. */
  boolean cancel(AgentName agent, UUID work);

  /**
   * Claims due one-shots.
   *
   * @param by who will run them; which handlers it may run is its own business
   * @param most how many at most of each handler; a handler with 0 is only looked at
   */
  OneShotBatch claimOneShots(Claimant by, Map<String, Integer> most);

  // ------------------------------------------------------------------------------------- ends

  /**
   * Records how attempts ended.
   *
   * @return the runs of which this claim was the running attempt
   */
  Set<UUID> finish(List<RunEnd> ends);

  /**
   * Ends a run.
   *
   * @param error empty if it succeeded
   * @return whether this claim was the running attempt
   */
  default boolean finish(RunClaim claim, Optional<String> error) {
    RunEnd end =
        error.map(why -> RunEnd.failed(claim, why)).orElseGet(() -> RunEnd.succeeded(claim));
    return !finish(List.of(end)).isEmpty();
  }

  /** Gives a run back, to be claimed again at once. */
  default boolean giveBack(RunClaim claim) {
    return !finish(List.of(RunEnd.givenBack(claim))).isEmpty();
  }

  /**
   * Gives back what an instance has claimed and does not know of, by an answer that was lost.
   *
   * @param known the runs that it knows of
   * @return how many
   */
  int disown(Claimant by, Set<UUID> known);

  /**
   * Makes lost runs of the agent wait again.
   *
   * @param fence of the primary
   * @param attestedDead an instance that is dead for certain
   * @param silence greatest age of a claimant's heartbeat
   * @return how many
   */
  int reclaim(Fence fence, Optional<InstanceId> attestedDead, Duration silence);

  // ------------------------------------------------------------------------------------- ledger

  /** Reads a run; for a commit whose end is unknown. */
  Optional<RunRecord> find(RunClaim claim);

  /** Returns runs of a task or one-shots of a handler that were claimed, newest first. */
  List<RunRecord> history(AgentName agent, String task, int limit);

  /** Returns the ticks that were claimed at an epoch, oldest tick first. */
  List<RunRecord> runsOfEpoch(AgentName agent, long epoch, int limit);

  /** Returns the runs that were set aside, newest first. */
  List<RunRecord> quarantined(AgentName agent, int limit);

  /**
   * Makes a run that was set aside wait again, its failures forgotten; false if it is not set
   * aside, or is a tick of a task that is gone, which stays set aside.
   */
  boolean release(AgentName agent, UUID run);

  /**
   * Returns the tasks that have been due for longer than that and stand still: no tick is running,
   * and none that was claimed at the present epoch has ended within that time. A task that works
   * off what was missed before is not one of them, nor one that is paused, or that no agent runs.
   */
  List<String> overdue(AgentName agent, Duration grace);

  /**
   * Returns what has been due for longer than that and stands still: tasks as {@link #overdue}
   * does, those of {@link Runner#DATABASE} too, and handlers of which one-shots lie there, while
   * none is running and none has ended within that time.
   */
  Standstill standstill(AgentName agent, Duration grace);

  /**
   * What stands still although it is due.
   *
   * @param tasks names of tasks
   * @param handlers names of handlers whose one-shots lie there
   */
  record Standstill(List<String> tasks, List<String> handlers) {
    /** Copies. */
    public Standstill {
      tasks = List.copyOf(tasks);
      handlers = List.copyOf(handlers);
    }
  }

  /**
   * What a declaration came to.
   *
   * @param onTrial whether an upgrade is on trial, so that nothing was retired
   * @param retired names of the tasks that it retired
   */
  record Declared(boolean onTrial, List<String> retired) {
    /** Copies. */
    public Declared {
      retired = List.copyOf(retired);
    }
  }

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
   * Work with the id that it is to have.
   *
   * @param id never used before
   * @param work what is to be done
   */
  record Submitted(UUID id, OneShot work) {
    /** Validates the parts. */
    public Submitted {
      Objects.requireNonNull(id, "id");
      Objects.requireNonNull(work, "work");
    }
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
