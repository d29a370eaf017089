package io.selfupgrade.core.schedule;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.agent.Json;
import io.selfupgrade.observe.AgentMetrics;
import io.selfupgrade.schedule.RunClaim;
import io.selfupgrade.schedule.RunRecord;
import io.selfupgrade.schedule.TaskHandler;
import io.selfupgrade.schedule.TaskStore;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The runs of this process: starts handlers and records how they ended. Thread-safe. */
final class Runs {

  private static final Logger LOG = LoggerFactory.getLogger(Runs.class);
  private static final int LONGEST_ERROR = 2_000;
  private static final Duration LATE = Duration.ofSeconds(5);

  /** How often a run is tried again whose handler met trouble of the store that may pass. */
  private static final int ATTEMPTS_IN_TROUBLE = 5;

  private final TaskStore ledger;
  private final Map<String, TaskHandler> handlers;
  private final Executor executor;
  private final int atOnce;
  private final Admission admission;
  private final Map<UUID, ActiveRun> active = new ConcurrentHashMap<>();
  private final Queue<Ending> unrecorded = new ConcurrentLinkedQueue<>();
  private final AtomicInteger busy = new AtomicInteger();
  private final AtomicLong recorded = new AtomicLong();
  private final LongAdder started = new LongAdder();
  private final LongAdder succeeded = new LongAdder();
  private final LongAdder failed = new LongAdder();
  private final LongAdder givenBack = new LongAdder();
  private final LongAdder late = new LongAdder();

  /**
   * How a run ended.
   *
   * @param run the run
   * @param error empty if it succeeded
   * @param giveBack whether it is to be claimed again
   */
  private record Ending(ActiveRun run, Optional<String> error, boolean giveBack) {}

  Runs(
      TaskStore ledger,
      Map<String, TaskHandler> handlers,
      Executor executor,
      int atOnce,
      Admission admission) {
    this.ledger = ledger;
    this.handlers = handlers;
    this.executor = executor;
    this.atOnce = atOnce;
    this.admission = admission;
  }

  /** Tells whether no other handler can be started now. */
  boolean full() {
    return busy.get() >= atOnce;
  }

  /** Counts the runs of a task whose end is not recorded. */
  int active(String task) {
    return (int) active.values().stream().filter(run -> run.task().equals(task)).count();
  }

  /** Returns the ids of all runs whose end is not recorded. */
  Set<UUID> ids() {
    return Set.copyOf(active.keySet());
  }

  /** Counts the ends that were recorded so far. */
  long recorded() {
    return recorded.get();
  }

  AgentMetrics.Ticks counts() {
    return new AgentMetrics.Ticks(
        started.sum(), succeeded.sum(), failed.sum(), givenBack.sum(), late.sum());
  }

  /** Takes a claimed tick in; the store's clock tells whether it is late. */
  ActiveRun add(RunClaim claim, Json payload, Instant now) {
    if (claim.due().plus(LATE).isBefore(now)) {
      late.increment();
    }
    ActiveRun run = new ActiveRun(claim, payload, ledger);
    active.put(claim.run(), run);
    return run;
  }

  /** Hands a run to the executor; false if that refused it, and the run is to be given back. */
  boolean start(ActiveRun run) {
    busy.incrementAndGet();
    try {
      executor.execute(() -> execute(run));
      return true;
    } catch (RejectedExecutionException e) {
      busy.decrementAndGet();
      LOG.warn("The executor refused {}; it is given back. Is the pool shut down or full?", run, e);
      giveBack(run);
      return false;
    }
  }

  /** Gives a run up, interrupting its handler; the coordinator records it. */
  void giveBack(ActiveRun run) {
    if (run.abandon()) {
      abandoned(run);
    }
  }

  /** Gives up the runs that no handler has begun; returns how many. */
  int giveBackUnstarted() {
    return abandoned(active.values().stream().filter(ActiveRun::abandonUnstarted).toList());
  }

  /** Gives up all runs but that of the calling handler, interrupting them; returns how many. */
  int giveBackOthers() {
    return abandoned(others().stream().filter(ActiveRun::abandon).toList());
  }

  /** Tells all handlers but the calling one that they should end early. */
  void cancelOthers() {
    others().forEach(ActiveRun::cancel);
  }

  /** Tells whether a handler is calling. */
  boolean calledByHandler() {
    return active.values().stream().anyMatch(ActiveRun::mine);
  }

  /** Waits until the end of every run but that of the calling handler is recorded. */
  boolean awaitOthers(Duration longest) {
    return admission.await(() -> others().isEmpty(), longest);
  }

  /** Counts the runs, but for that of the calling handler, whose end is not recorded. */
  int countOthers() {
    return others().size();
  }

  /**
   * Records ends that could not be recorded when they happened.
   *
   * @throws AdapterException if the store is still away
   */
  void recordPending() {
    for (Ending ending = unrecorded.peek(); ending != null; ending = unrecorded.peek()) {
      try {
        record(ending);
      } catch (RuntimeException e) { // Also of a faulty store: it must not hold the others up.
        if (mayPass(e)) {
          throw e;
        }
        dropped(ending, e);
      }
      unrecorded.poll();
    }
  }

  private void execute(ActiveRun run) {
    try {
      if (run.begin()) {
        started.increment();
        ended(run, call(run));
      }
    } finally {
      busy.decrementAndGet();
      admission.stir();
    }
  }

  private Optional<Throwable> call(ActiveRun run) {
    TaskHandler handler = handlers.get(run.task());
    try {
      if (handler == null) {
        throw new IllegalStateException("no handler for " + run);
      }
      handler.run(run);
      return Optional.empty();
    } catch (Throwable e) { // The task runner's boundary: what a handler throws ends its tick only.
      return Optional.of(e);
    }
  }

  private void ended(ActiveRun run, Optional<Throwable> thrown) {
    boolean ours = run.end();
    boolean interrupted = Thread.interrupted();
    try {
      if (run.hasCommitted()) {
        thrown.ifPresent(e -> LOG.warn("Failed after its commit, which stands: {}", run, e));
        succeeded.increment();
        through(run);
      } else if (ours) {
        recordNow(ending(run, thrown));
      }
    } finally {
      if (interrupted && ours) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private static Ending ending(ActiveRun run, Optional<Throwable> thrown) {
    if (thrown.isEmpty()) {
      return new Ending(run, Optional.empty(), false);
    }
    Throwable e = thrown.get();
    if (run.cancelled() || (mayPass(e) && run.attempt() < ATTEMPTS_IN_TROUBLE)) {
      LOG.info("Given back, to be run again: {} ({})", run, e.toString());
      return new Ending(run, Optional.empty(), true);
    }
    LOG.warn("Failed: {}", run, e);
    return new Ending(run, Optional.of(text(e)), false);
  }

  /** Returns what the ledger can hold: Postgres refuses the NUL character in a text. */
  private static String text(Throwable e) {
    String all = e.toString().replace('\0', '?');
    return all.length() <= LONGEST_ERROR ? all : all.substring(0, LONGEST_ERROR);
  }

  private void recordNow(Ending ending) {
    try {
      record(ending);
    } catch (RuntimeException e) { // Also of a faulty store: the handler's thread goes on.
      if (mayPass(e)) {
        unrecorded.add(ending);
        admission.stir();
      } else {
        dropped(ending, e);
      }
    }
  }

  private void record(Ending ending) {
    RunClaim claim = ending.run().claim();
    boolean done =
        ending.giveBack() ? ledger.giveBack(claim) : ledger.finish(claim, ending.error());
    if (!done && lost(claim)) {
      LOG.info(
          "Another attempt has this tick by now; how this one ended is not recorded: {}",
          ending.run());
    }
    if (done) {
      LongAdder ended = ending.error().isPresent() ? failed : succeeded;
      (ending.giveBack() ? givenBack : ended).increment();
    }
    through(ending.run());
    if (ending.giveBack()) {
      admission.wake();
    }
  }

  /** Tells a lost claim from an end that is recorded already, by an answer that did not arrive. */
  private boolean lost(RunClaim claim) {
    Optional<RunRecord> seen = ledger.find(claim);
    return seen.isEmpty()
        || seen.get().claim().attempt() != claim.attempt()
        || seen.get().state() == RunRecord.State.RUNNING;
  }

  private static boolean mayPass(Throwable e) {
    return e instanceof AdapterException trouble && trouble.retryable();
  }

  private void dropped(Ending ending, RuntimeException e) {
    LOG.error(
        "The store refuses to record how this ended; the run will be given out again: {}",
        ending.run(),
        e);
    active.remove(ending.run().claim().run(), ending.run());
    admission.wake();
  }

  private void through(ActiveRun run) {
    active.remove(run.claim().run(), run);
    recorded.incrementAndGet();
    admission.stir();
  }

  private int abandoned(List<ActiveRun> runs) {
    runs.forEach(this::abandoned);
    return runs.size();
  }

  private void abandoned(ActiveRun run) {
    unrecorded.add(new Ending(run, Optional.empty(), true));
    admission.stir();
  }

  private Collection<ActiveRun> others() {
    return active.values().stream().filter(run -> !run.mine()).toList();
  }
}
