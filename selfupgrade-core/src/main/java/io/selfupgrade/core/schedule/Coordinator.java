package io.selfupgrade.core.schedule;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.InstanceId;
import io.selfupgrade.schedule.RunClaim;
import io.selfupgrade.schedule.RunRecord;
import io.selfupgrade.schedule.TaskAgenda;
import io.selfupgrade.schedule.TaskDefinition;
import io.selfupgrade.schedule.TaskStore;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The one thread that asks the store, claims what is due and sleeps until the next is. */
final class Coordinator implements Runnable {

  private static final Logger LOG = LoggerFactory.getLogger(Coordinator.class);
  private static final Duration BETWEEN_LOOKS = Duration.ofMillis(100);
  private static final Duration WHILE_RUNNING_ELSEWHERE = Duration.ofMillis(500);
  private static final long FOR_EVER = Duration.ofDays(1).toNanos();
  private static final int HISTORY = 1_000;

  private final AgentName agent;
  private final TaskStore ledger;
  private final TickSettings settings;
  private final Map<String, TaskDefinition> declared = new LinkedHashMap<>();
  private final Admission admission;
  private final Runs runs;
  private final Board board;
  private final StoreClock clock = new StoreClock();
  private final Backoff backoff = new Backoff();

  private Instant servedSince = Instant.MAX;
  private boolean interrupted;
  private long lookedAtNanos;
  private long nextLookNanos;
  private long reclaimedAtNanos;

  Coordinator(
      AgentName agent,
      TaskStore ledger,
      List<TaskDefinition> declared,
      TickSettings settings,
      Admission admission,
      Runs runs) {
    this.agent = agent;
    this.ledger = ledger;
    this.settings = settings;
    this.admission = admission;
    this.runs = runs;
    this.board = new Board(runs);
    declared.forEach(definition -> this.declared.put(definition.name(), definition));
  }

  @Override
  public void run() {
    while (!admission.ended()) {
      Thread.interrupted(); // An inline executor may have run a handler here that was interrupted.
      long version = admission.version();
      long terms = admission.terms();
      try {
        Duration idle = Duration.ofNanos(step());
        settled();
        admission.await(() -> admission.version() != version, idle);
      } catch (RuntimeException e) { // The engine outlives whatever the store throws.
        admission.await(() -> admission.terms() != terms, troubled(e));
      }
    }
    try {
      runs.recordPending();
    } catch (RuntimeException e) { // The same boundary; nobody is left to try again.
      LOG.warn("Runs could not be given back at the end; the next primary reclaims them", e);
    }
  }

  /** Does what is to be done now; returns for how many nanoseconds nothing is. */
  private long step() {
    runs.recordPending();
    Optional<Term> current = admission.term();
    if (current.isEmpty()) {
      return FOR_EVER;
    }
    Term term = current.get();
    if (admission.preparing(term)) {
      prepare(term);
      return 0;
    }
    if (admission.unsure()) {
      interrupted = true;
      return FOR_EVER;
    }
    look(term);
    if (act(term)) {
      return 0;
    }
    long nanos = nanoTime();
    return board.idleNanos(clock, servedSince, nanos, Math.max(0, nextLookNanos - nanos));
  }

  private void prepare(Term term) {
    try {
      ledger.reclaim(term.fence(), term.attestedDead(), settings.silence());
      reclaimedAtNanos = nanoTime();
      TaskAgenda agenda = planned(term, upserted(term, read()));
      servedSince = agenda.now();
      interrupted = false;
      admission.prepared(term);
    } finally {
      admission.notPrepared(term);
    }
  }

  private TaskAgenda upserted(Term term, TaskAgenda agenda) {
    Map<String, TaskDefinition> missing = new LinkedHashMap<>(declared);
    agenda.tasks().forEach(entry -> missing.remove(entry.definition().name(), entry.definition()));
    for (TaskDefinition definition : missing.values()) {
      if (ledger.upsert(term.fence(), definition).isEmpty()) {
        throw new AdapterException(
            "TaskStore",
            "declaring task "
                + definition.name()
                + " under epoch "
                + term.fence().epoch()
                + ": the store says that this instance does not lead; waiting to be told",
            true,
            null);
      }
    }
    return missing.isEmpty() ? agenda : read();
  }

  private TaskAgenda planned(Term term, TaskAgenda agenda) {
    boolean planned = false;
    for (TaskAgenda.Entry entry : agenda.tasks()) {
      if (entry.nextDue().isEmpty()) {
        String task = entry.definition().name();
        Ticks ticks = Ticks.of(entry.definition().schedule(), entry.anchor());
        Optional<Instant> first = ticks.first(entry.anchor());
        if (first.isPresent() && !(ticks instanceof Ticks.Once && recorded(task, first.get()))) {
          planned |= ledger.plan(term.fence(), task, first.get());
        }
      }
    }
    return planned ? read() : agenda;
  }

  private boolean recorded(String task, Instant tick) {
    return ledger.history(agent, task, HISTORY).stream()
        .anyMatch(run -> run.claim().due().equals(tick));
  }

  /** Asks the store how the tasks stand, if it is time to. */
  private void look(Term term) {
    if (admission.takeNews()) {
      lookAgainAfter(BETWEEN_LOOKS);
    }
    long nanos = nanoTime();
    if (nextLookNanos - nanos > 0 && !interrupted) {
      return;
    }
    if (nanos - reclaimedAtNanos >= settings.poll().toNanos() && !interrupted) {
      ledger.reclaim(term.fence(), Optional.empty(), settings.silence());
      reclaimedAtNanos = nanos;
    }
    lookNow(term);
  }

  private void lookNow(Term term) {
    Set<UUID> mine = runs.ids();
    TaskAgenda agenda = read();
    if (interrupted) {
      servedSince = agenda.now();
      reclaimedAtNanos =
          lookedAtNanos; // This instance's own heartbeat may be as old as the trouble.
      interrupted = false;
    }
    List<String> elsewhere = board.runningElsewhere();
    if (!elsewhere.isEmpty()) {
      lookAgainAfter(WHILE_RUNNING_ELSEWHERE);
    }
    elsewhere.forEach(task -> giveBackUnknown(task, term.fence().holder(), mine));
  }

  /** Gives back what was claimed for this instance by a claim whose answer did not arrive. */
  private void giveBackUnknown(String task, InstanceId self, Set<UUID> known) {
    for (RunRecord run : ledger.history(agent, task, HISTORY)) {
      RunClaim claim = run.claim();
      if (run.state() == RunRecord.State.RUNNING
          && claim.fence().holder().equals(self)
          && !known.contains(claim.run())
          && ledger.giveBack(claim)) {
        LOG.info("Given back, for its claim was not answered: task {}, tick {}", task, claim.due());
        admission.wake();
      }
    }
  }

  private TaskAgenda read() {
    Map<String, Integer> active = new HashMap<>();
    declared.keySet().forEach(task -> active.put(task, runs.active(task)));
    long sent = nanoTime();
    TaskAgenda agenda = ledger.agenda(agent, declared.keySet());
    lookedAtNanos = nanoTime();
    nextLookNanos = lookedAtNanos + settings.poll().toNanos();
    clock.set(agenda.now(), sent, lookedAtNanos);
    board.update(agenda, active);
    return agenda;
  }

  /** Claims and skips what is due; tells whether there may be more. */
  private boolean act(Term term) {
    long nanos = nanoTime();
    boolean more = false;
    for (Board.Action action : board.actions(clock.at(nanos), servedSince, nanos)) {
      try {
        more |= act(term, action);
      } catch (RuntimeException e) { // One task's trouble is no other's: only a look that fails is.
        lookNow(term);
        rest(action.row(), e);
        return true;
      }
    }
    return more;
  }

  private boolean act(Term term, Board.Action action) {
    Board.Row row = action.row();
    if (action.decision() instanceof TickPlan.Claim claim) {
      return claim(
          term,
          row,
          () -> ledger.claim(term.fence(), claim.claiming()),
          () -> row.moved(claim.claiming().nextDue()));
    }
    if (action.decision() instanceof TickPlan.Skip skip) {
      return skip(term, row, skip.claiming());
    }
    return claim(
        term,
        row,
        () -> ledger.claimWaiting(term.fence(), row.definition().name()),
        row::claimedWaiting);
  }

  private boolean claim(
      Term term, Board.Row row, Supplier<Optional<RunClaim>> claiming, Runnable claimed) {
    if (runs.full() || !admission.enter(term)) {
      return false;
    }
    Optional<ActiveRun> run;
    boolean admitted = false;
    try {
      run =
          claiming
              .get()
              .map(claim -> runs.add(claim, row.definition().payload(), clock.at(nanoTime())));
    } finally {
      admitted = admission.leave(term);
    }
    if (run.isEmpty()) {
      refused(row);
      return false;
    }
    claimed.run();
    if (!admitted) {
      runs.giveBack(run.get());
    } else if (!runs.start(run.get())) {
      row.rest(nanoTime());
    }
    return true;
  }

  private boolean skip(Term term, Board.Row row, TaskStore.Claiming claiming) {
    if (!admission.enter(term)) {
      return false;
    }
    boolean skipped;
    try {
      skipped = ledger.skip(term.fence(), claiming);
    } finally {
      admission.leave(term);
    }
    if (skipped) {
      row.moved(claiming.nextDue());
    } else {
      refused(row);
    }
    return skipped;
  }

  /** The store knows better how the task stands, or who leads: asks it again. */
  private void refused(Board.Row row) {
    row.rest(nanoTime());
    lookAgainAfter(BETWEEN_LOOKS);
  }

  private void lookAgainAfter(Duration pause) {
    long sooner = lookedAtNanos + pause.toNanos();
    if (nextLookNanos - sooner > 0) {
      nextLookNanos = sooner;
    }
  }

  private void rest(Board.Row row, RuntimeException e) {
    if (row.rest(nanoTime())) {
      LOG.warn("Task {} cannot be claimed; trying again until it can", row.definition().name(), e);
    }
  }

  private Duration troubled(RuntimeException e) {
    interrupted = true;
    if (backoff.fresh()) {
      LOG.warn("Ticks of {} wait: the store cannot be used; trying again until it can", agent, e);
    }
    return backoff.next();
  }

  private void settled() {
    if (!backoff.fresh()) {
      LOG.info("Ticks of {} go on: the store can be used again", agent);
      backoff.reset();
    }
  }

  private long nanoTime() {
    return settings.nanoTime().getAsLong();
  }
}
