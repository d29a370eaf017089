package io.selfupgrade.core.schedule;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.schedule.RunClaim;
import io.selfupgrade.schedule.RunEnd;
import io.selfupgrade.schedule.RunRecord;
import io.selfupgrade.schedule.TaskStore;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Records how runs ended, all that ended meanwhile in one statement.
 *
 * <p>Thread-safe. Whoever ends a run while nobody records does it, for itself and for those that
 * end until it is through; the others go on at once. What the store does not take stays here, until
 * {@link #recordAll}; so does the end of a run whose handler's own transaction is open, as it holds
 * the run's row, and who asked for it would wait, and with it all others.
 */
final class Recorder {

  private static final int GROUP = 1_000;

  private final TaskStore ledger;
  private final Outcome outcome;
  private final Deque<Ending> unrecorded = new ConcurrentLinkedDeque<>();
  private final Queue<Ending> held = new ConcurrentLinkedQueue<>();
  private final ReentrantLock recording = new ReentrantLock();
  private volatile boolean postponed;

  /**
   * How a run ended.
   *
   * @param run the run
   * @param end what is to be recorded
   */
  record Ending(ActiveRun run, RunEnd end) {}

  /** Is told what became of ends. */
  interface Outcome {
    /** They are recorded. */
    void recorded(List<Ending> ends);

    /** The claim was lost, or its end was recorded before: nothing was changed. */
    void late(Ending end, boolean lost);

    /** The store refuses to record it. */
    void refused(Ending end, RuntimeException why);

    /** The store is away; they are tried again. */
    void postponed();
  }

  Recorder(TaskStore ledger, Outcome outcome) {
    this.ledger = ledger;
    this.outcome = outcome;
  }

  /** Records an end, or leaves that to who is recording or to {@link #recordAll}. */
  void record(Ending ending) {
    unrecorded.add(ending);
    while (!unrecorded.isEmpty() && recording.tryLock()) {
      boolean through = false;
      try {
        recordGroup();
        through = true;
      } catch (RuntimeException e) { // The handler's thread goes on, whatever the store throws.
        return;
      } finally {
        if (!through) {
          postponed = true;
          outcome.postponed();
        }
        recording.unlock();
      }
    }
  }

  /** Leaves an end to {@link #recordAll}. */
  void postpone(Ending ending) {
    unrecorded.add(ending);
    postponed = true;
    outcome.postponed();
  }

  /**
   * Records what was postponed; what others are recording is left to them.
   *
   * @throws AdapterException if the store is still away
   */
  void recordAll() {
    takeBackHeld();
    if (!postponed) {
      return;
    }
    postponed = false;
    boolean through = false;
    try {
      while (!unrecorded.isEmpty()) {
        recording.lock();
        try {
          recordGroup();
        } finally {
          recording.unlock();
        }
      }
      through = true;
    } finally {
      if (!through) {
        postponed = true;
      }
    }
  }

  /** Tells whether ends wait for the transactions of handlers. */
  boolean holds() {
    return !held.isEmpty();
  }

  private void takeBackHeld() {
    for (Ending ending : List.copyOf(held)) {
      if (!ending.run().inTransaction() && held.remove(ending)) {
        unrecorded.add(ending);
        postponed = true;
      }
    }
  }

  private void recordGroup() {
    List<Ending> group = new ArrayList<>();
    for (Ending next = unrecorded.poll(); next != null; next = unrecorded.poll()) {
      if (next.run().inTransaction()) {
        held.add(next);
        continue;
      }
      group.add(next);
      if (group.size() == GROUP) {
        break;
      }
    }
    if (!group.isEmpty()) {
      boolean through = false;
      try {
        attempt(group);
        through = true;
      } finally {
        // Of what the store did not take nothing is lost, whatever was thrown.
        for (int last = group.size() - 1; !through && last >= 0; last--) {
          unrecorded.addFirst(group.get(last));
        }
      }
    }
  }

  /** Records ends, and takes out of the list each that is through. */
  private void attempt(List<Ending> group) {
    Set<UUID> done;
    try {
      done = ledger.finish(group.stream().map(Ending::end).toList());
    } catch (RuntimeException e) {
      if (mayPass(e)) {
        throw e;
      }
      refused(group, e);
      return;
    }
    List<Ending> recorded = new ArrayList<>(group.size());
    group.removeIf(ending -> done.contains(ending.run().claim().run()) && recorded.add(ending));
    outcome.recorded(recorded);
    while (!group.isEmpty()) {
      Ending ending = group.get(0);
      boolean lost = lost(ending.run().claim());
      group.remove(0);
      outcome.late(ending, lost);
    }
  }

  /** One end that is refused must not cost the others theirs. */
  private void refused(List<Ending> group, RuntimeException why) {
    if (group.size() == 1) {
      outcome.refused(group.remove(0), why);
      return;
    }
    while (!group.isEmpty()) {
      List<Ending> one = new ArrayList<>(group.subList(0, 1));
      attempt(one);
      group.remove(0);
    }
  }

  /** Tells a lost claim from an end that is recorded already, by an answer that did not arrive. */
  private boolean lost(RunClaim claim) {
    Optional<RunRecord> seen = ledger.find(claim);
    return seen.isEmpty()
        || seen.get().claim().attempt() != claim.attempt()
        || seen.get().state() == RunRecord.State.RUNNING;
  }

  static boolean mayPass(Throwable e) {
    return e instanceof AdapterException trouble && trouble.retryable();
  }
}
