package io.selfupgrade.core.schedule;

import io.selfupgrade.observe.AgentMetrics;
import io.selfupgrade.schedule.ClaimedRun;
import io.selfupgrade.schedule.RunEnd;
import io.selfupgrade.schedule.TaskHandler;
import io.selfupgrade.schedule.TaskPolicy;
import io.selfupgrade.schedule.TaskStore;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The runs of this process: calls handlers and sees to it that their ends are recorded. */
final class Runs implements Recorder.Outcome {

  private static final Logger LOG = LoggerFactory.getLogger(Runs.class);
  private static final Duration LATE = Duration.ofSeconds(5);

  private final TaskStore ledger;
  private final Handlers handlers;
  private final Admission admission;
  private final LongSupplier nanoTime;
  private final Recorder recorder;
  private final Map<UUID, ActiveRun> active = new ConcurrentHashMap<>();
  private final Map<UUID, ActiveRun> limited = new ConcurrentHashMap<>();
  private final Map<String, Integer> ticks = new ConcurrentHashMap<>();
  private final Map<String, Integer> oneShots = new ConcurrentHashMap<>();
  private final Map<String, Long> shotsGivenBack = new ConcurrentHashMap<>();
  private final AtomicBoolean disowned = new AtomicBoolean();
  private final AtomicLong recorded = new AtomicLong();
  private final LongAdder started = new LongAdder();
  private final LongAdder succeeded = new LongAdder();
  private final LongAdder failed = new LongAdder();
  private final LongAdder givenBack = new LongAdder();
  private final LongAdder late = new LongAdder();

  Runs(TaskStore ledger, Handlers handlers, Admission admission, LongSupplier nanoTime) {
    this.ledger = ledger;
    this.handlers = handlers;
    this.admission = admission;
    this.nanoTime = nanoTime;
    this.recorder = new Recorder(ledger, this);
  }

  /** Counts the ticks of a task whose end is not recorded. */
  int active(String task) {
    return ticks.getOrDefault(task, 0);
  }

  /** Returns the ticks of each task whose end is not recorded. */
  Map<String, Integer> activeTicks() {
    return Map.copyOf(ticks);
  }

  /** Counts the one-shots of a handler whose end is not recorded. */
  int activeOneShots(String handler) {
    return oneShots.getOrDefault(handler, 0);
  }

  /** Counts the one-shots of a handler that were given back: they did not end. */
  long givenBackOneShots(String handler) {
    return shotsGivenBack.getOrDefault(handler, 0L);
  }

  /** Returns the ids of all runs whose end is not recorded. */
  Set<UUID> ids() {
    return Set.copyOf(active.keySet());
  }

  /** Tells whether a run was given up since the last call that the store takes for running. */
  boolean takeDisowned() {
    return disowned.getAndSet(false);
  }

  /** Counts the ends that were recorded so far. */
  long recorded() {
    return recorded.get();
  }

  AgentMetrics.Ticks counts() {
    return new AgentMetrics.Ticks(
        started.sum(), succeeded.sum(), failed.sum(), givenBack.sum(), late.sum());
  }

  /**
   * Takes a claimed run in.
   *
   * @param handler what runs it
   * @param policy by which its failures are judged
   * @param now the store's clock, which tells whether it is late
   */
  ActiveRun add(ClaimedRun claimed, String handler, TaskPolicy policy, Instant now) {
    if (claimed.claim().due().plus(LATE).isBefore(now)) {
      late.increment();
    }
    ActiveRun run = new ActiveRun(claimed, handler, policy, ledger, nanoTime.getAsLong());
    ActiveRun lost = active.put(run.claim().run(), run);
    if (lost == null) {
      counters(run).merge(run.task(), 1, Integer::sum);
    } else {
      lost.abandon(); // Its claim is lost: else the store would not have given it out again.
    }
    if (policy.deadline().isPresent()) {
      limited.put(run.claim().run(), run);
    }
    return run;
  }

  /** Calls a run's handler in this thread, unless the run was given up. */
  void execute(ActiveRun run) {
    if (begin(run)) {
      ended(run, call(run));
    }
  }

  /** Takes a run for its handler; false if it was given up before. */
  boolean begin(ActiveRun run) {
    boolean begun = run.begin(nanoTime.getAsLong());
    if (begun) {
      started.increment();
    }
    return begun;
  }

  /** Sees to it that the end of a handler is recorded. */
  void ended(ActiveRun run, Optional<Throwable> thrown) {
    boolean ours = run.end();
    boolean interrupted = Thread.interrupted();
    try {
      if (run.hasCommitted()) {
        thrown.ifPresent(e -> LOG.warn("Failed after its commit, which stands: {}", run, e));
        succeeded.increment();
        through(run);
        admission.stir();
      } else if (ours) {
        recorder.record(new Recorder.Ending(run, Verdicts.of(run, thrown)));
      } else {
        admission.stir(); // Its end may have waited for its transaction.
      }
    } finally {
      if (interrupted && ours) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private Optional<Throwable> call(ActiveRun run) {
    try {
      TaskHandler handler =
          handlers
              .code(run.handler())
              .orElseThrow(() -> new IllegalStateException("no handler for " + run));
      handler.run(run);
      return Optional.empty();
    } catch (Throwable e) { // The task runner's boundary: what a handler throws ends its tick only.
      return Optional.of(e);
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

  /**
   * Gives up the one-shots that have waited that long for a thread; true if others wait still.
   *
   * @param handlers takes those whose one-shots it gave up
   */
  boolean giveBackWaiting(Duration time, Set<String> handlers) {
    if (oneShots.isEmpty()) {
      return false;
    }
    long nanos = nanoTime.getAsLong();
    List<ActiveRun> back = new ArrayList<>();
    boolean others = false;
    for (ActiveRun run : active.values()) {
      if (run.isOneShot() && run.waitsFor(nanos, time) && run.abandonUnstarted()) {
        back.add(run);
      } else {
        others |= run.isOneShot() && run.waitsFor(nanos, Duration.ZERO);
      }
    }
    abandoned(back);
    back.forEach(run -> handlers.add(run.handler()));
    return others;
  }

  /**
   * Gives up the runs that no handler has begun for that long, and records it; returns how many.
   */
  int releaseUnbegun(Duration time) {
    long nanos = nanoTime.getAsLong();
    int released =
        abandoned(
            active.values().stream()
                .filter(run -> run.waitsFor(nanos, time))
                .filter(ActiveRun::abandonUnstarted)
                .toList());
    recordPending();
    return released;
  }

  /** Gives up all runs but that of the calling handler, interrupting them; returns how many. */
  int giveBackOthers() {
    return abandoned(others().stream().filter(ActiveRun::abandon).toList());
  }

  /**
   * Gives up the runs whose deadline has passed, interrupting them: they have failed.
   *
   * @return how many nanoseconds are left to the next deadline; {@link Long#MAX_VALUE} if none is
   */
  long expire() {
    long nanos = nanoTime.getAsLong();
    long next = Long.MAX_VALUE;
    for (ActiveRun run : limited.values()) {
      Optional<Duration> left = run.left(nanos);
      if (left.isPresent() && left.get().compareTo(Duration.ZERO) > 0) {
        next = Math.min(next, left.get().toNanos());
      } else if (left.isPresent() && run.abandon()) {
        recorder.postpone(new Recorder.Ending(run, Verdicts.overdue(run)));
      }
    }
    return next;
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
   * @throws io.selfupgrade.agent.AdapterException if the store is still away
   */
  void recordPending() {
    recorder.recordAll();
  }

  /** Tells whether ends wait for the transactions of their handlers. */
  boolean holdsEnds() {
    return recorder.holds();
  }

  @Override
  public void recorded(List<Recorder.Ending> ends) {
    boolean again = false;
    for (Recorder.Ending ending : ends) {
      count(ending);
      through(ending.run());
      again |= ending.end().how().again();
    }
    settled(again);
  }

  @Override
  public void late(Recorder.Ending ending, boolean lost) {
    if (lost) {
      LOG.info(
          "Another attempt has this tick by now; how this one ended is not recorded: {}",
          ending.run());
    }
    through(ending.run());
    settled(ending.end().how().again());
  }

  @Override
  public void refused(Recorder.Ending ending, RuntimeException why) {
    LOG.error(
        "The store refuses to record how this ended; the run will be given out again: {}",
        ending.run(),
        why);
    forget(ending.run());
    disowned.set(true);
    admission.wake();
  }

  @Override
  public void postponed() {
    admission.stir();
  }

  private void count(Recorder.Ending ending) {
    switch (ending.end().how()) {
      case SUCCEEDED -> succeeded.increment();
      case GIVEN_BACK -> {
        givenBack.increment();
        if (ending.run().isOneShot()) {
          shotsGivenBack.merge(ending.run().handler(), 1L, Long::sum);
        }
      }
      default -> failed.increment();
    }
  }

  private void settled(boolean again) {
    if (again) {
      admission.wake();
    } else {
      admission.stir();
    }
  }

  private void through(ActiveRun run) {
    forget(run);
    recorded.incrementAndGet();
  }

  private void forget(ActiveRun run) {
    UUID id = run.claim().run();
    limited.remove(id, run);
    if (active.remove(id, run)) {
      counters(run).computeIfPresent(run.task(), (task, count) -> count > 1 ? count - 1 : null);
    }
  }

  private Map<String, Integer> counters(ActiveRun run) {
    return run.isOneShot() ? oneShots : ticks;
  }

  private int abandoned(List<ActiveRun> runs) {
    runs.forEach(this::abandoned);
    return runs.size();
  }

  private void abandoned(ActiveRun run) {
    recorder.postpone(new Recorder.Ending(run, RunEnd.givenBack(run.claim())));
  }

  private Collection<ActiveRun> others() {
    return active.values().stream().filter(run -> !run.mine()).toList();
  }
}
