package io.selfupgrade.core.schedule;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Fence;
import io.selfupgrade.schedule.Claimant;
import io.selfupgrade.schedule.TaskAgenda;
import io.selfupgrade.schedule.TaskConfig;
import io.selfupgrade.schedule.TaskStore;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one thread that asks the store, claims what is due and sleeps until the next is.
 *
 * <p>{@link #turn} does what is to be done and tells for how long nothing is: it can be driven
 * without a thread, by a clock that is set.
 */
final class Coordinator implements Runnable {

  private static final Logger LOG = LoggerFactory.getLogger(Coordinator.class);
  private static final Duration BETWEEN_LOOKS = Duration.ofMillis(100);
  private static final Duration WHILE_RUNNING_ELSEWHERE = Duration.ofMillis(500);
  private static final Duration WHILE_TRANSACTIONS_ARE_OPEN = Duration.ofSeconds(1);
  private static final long FOR_EVER = Duration.ofDays(1).toNanos();
  private static final Duration SHOTS_REST = Duration.ofSeconds(30);

  private final AgentName agent;
  private final TaskStore ledger;
  private final TickSettings settings;
  private final Declarations declarations;
  private final Handlers handlers;
  private final Admission admission;
  private final Runs runs;
  private final Board board;
  private final Claims claims;
  private final Shots shots;
  private final Map<String, Instant> planned = new HashMap<>();
  private final StoreClock clock = new StoreClock();
  private final Backoff backoff = new Backoff();

  private Instant servedSince = Instant.MAX;
  private volatile long turnedAtNanos;
  private volatile Optional<String> failure = Optional.empty();
  private boolean interrupted;
  private boolean claimInDoubt;
  private int elsewhereLooks;
  private long lookedAtNanos;
  private long nextLookNanos;
  private long reclaimedAtNanos;
  private boolean shotsRest;
  private long shotsRestUntilNanos;

  /** What the coordinator works with. */
  record Tools(Admission admission, Runs runs, Bench bench, Handlers handlers) {}

  Coordinator(
      AgentName agent,
      TaskStore ledger,
      List<TaskConfig> declared,
      TickSettings settings,
      Tools tools) {
    this.agent = agent;
    this.ledger = ledger;
    this.declarations = new Declarations(agent, ledger, declared);
    this.settings = settings;
    this.handlers = tools.handlers();
    this.admission = tools.admission();
    this.runs = tools.runs();
    this.board = new Board(agent, runs, tools.bench());
    this.claims = new Claims(ledger, admission, runs, tools.bench());
    this.shots = new Shots(ledger, settings, tools);
  }

  @Override
  public void run() {
    try {
      turnUntilTheEnd();
    } catch (Throwable e) { // Of the waiting itself: nobody would know that nothing is claimed.
      failure = Optional.of("the ticks have ended by " + e + "; expected is a restart");
      LOG.error("The ticks of {} have ended; expected is a restart of this process", agent, e);
      return;
    }
    try {
      runs.recordPending();
    } catch (RuntimeException e) { // The same boundary; nobody is left to try again.
      LOG.warn("Runs could not be given back at the end; the next primary reclaims them", e);
    }
  }

  private void turnUntilTheEnd() {
    while (!admission.ended()) {
      Thread.interrupted(); // An inline executor may have run a handler here that was interrupted.
      long version = admission.version();
      long terms = admission.terms();
      Turn turn = turn();
      admission.await(
          () -> turn.well() ? admission.version() != version : admission.terms() != terms,
          turn.pause());
    }
  }

  /**
   * What a turn came to.
   *
   * @param well whether the store could be used
   * @param pause until the next turn, unless something changes; after trouble only a new term does
   */
  record Turn(boolean well, Duration pause) {}

  /** Does what is to be done now. */
  Turn turn() {
    turnedAtNanos = nanoTime();
    try {
      Duration idle = Duration.ofNanos(step());
      settled();
      return new Turn(true, idle);
    } catch (Throwable e) { // The engine outlives whatever the store or an executor throws.
      return new Turn(false, troubled(e));
    }
  }

  /** Returns why tasks are not run whose rows cannot be read. From any thread. */
  Map<String, String> unreadable() {
    return admission.term().isPresent() ? board.unreadable() : Map.of();
  }

  /** Returns by what it was stopped that is not the store's. From any thread. */
  Optional<String> failure() {
    return failure;
  }

  /** Returns how long ago its last turn began. */
  Duration since() {
    return Duration.ofNanos(nanoTime() - turnedAtNanos);
  }

  /** Does what is to be done now; returns for how many nanoseconds nothing is. */
  private long step() {
    long deadline = runs.expire();
    runs.recordPending();
    if (runs.holdsEnds()) {
      deadline = Math.min(deadline, WHILE_TRANSACTIONS_ARE_OPEN.toNanos());
    }
    Optional<Term> current = admission.term();
    if (current.isEmpty()) {
      return Math.min(FOR_EVER, deadline);
    }
    Term term = current.get();
    if (admission.preparing(term)) {
      prepare(term);
      return 0;
    }
    if (admission.unsure()) {
      interrupted = true;
      return Math.min(FOR_EVER, deadline);
    }
    look(term);
    boolean more = act(term);
    long nanos = nanoTime();
    more |= actOnShots(term, nanos);
    if (more) {
      return 0;
    }
    shots.giveBackWaiting();
    return idle(term, deadline);
  }

  /** A store that refuses one-shots for good must not cost the tasks their ticks. */
  private boolean actOnShots(Term term, long nanos) {
    if (shotsRest(nanos)) {
      return false;
    }
    try {
      return shots.claim(term, clock);
    } catch (RuntimeException e) {
      if (Recorder.mayPass(e)) {
        throw e;
      }
      claimInDoubt = true; // What it claimed, if it did, goes back at the next look.
      lookAgainAfter(BETWEEN_LOOKS);
      LOG.error("One-shots of {} cannot be claimed; trying again in {}", agent, SHOTS_REST, e);
      shotsRest = true;
      shotsRestUntilNanos = nanos + SHOTS_REST.toNanos();
      return false;
    }
  }

  private boolean shotsRest(long nanos) {
    shotsRest = shotsRest && shotsRestUntilNanos - nanos > 0;
    return shotsRest;
  }

  private long idle(Term term, long deadline) {
    long nanos = nanoTime();
    long idle = Math.min(deadline, Math.max(0, nextLookNanos - nanos));
    if (term.by().fence().isPresent()) {
      idle = Math.min(idle, Math.max(0, reclaimedAtNanos + reclaimEvery() - nanos));
    }
    idle = board.idleNanos(clock, servedSince, nanos, idle);
    return shotsRest(nanos)
        ? Math.min(idle, shotsRestUntilNanos - nanos)
        : shots.idleNanos(clock.at(nanos), nanos, idle);
  }

  private void prepare(Term term) {
    try {
      Optional<Fence> fence = term.by().fence();
      if (fence.isPresent()) {
        ledger.reclaim(fence.get(), term.attestedDead(), settings.silence());
        reclaimedAtNanos = nanoTime();
        declarations.declare(fence.get(), read(term.by()));
      }
      planned.clear();
      TaskAgenda agenda = plan(term, read(term.by()));
      servedSince = agenda.now();
      shots.serve(handlers.served(term.by()));
      interrupted = false;
      admission.prepared(term);
    } finally {
      admission.notPrepared(term);
    }
  }

  /** Sets the first tick of tasks that have none; looked at once for each grid. */
  private TaskAgenda plan(Term term, TaskAgenda agenda) {
    boolean any = false;
    for (TaskAgenda.Entry entry : agenda.tasks()) {
      String task = entry.definition().name();
      boolean ours = term.by().serves(entry.definition().policy().scope());
      if (entry.nextDue().isEmpty() && ours && !entry.anchor().equals(planned.get(task))) {
        any |= declarations.plan(term.by(), entry);
        planned.put(task, entry.anchor());
      }
    }
    return any ? read(term.by()) : agenda;
  }

  /** Asks the store how the tasks stand, if it is time to. */
  private void look(Term term) {
    if (admission.takeNews()) {
      lookAgainAfter(BETWEEN_LOOKS);
      shots.news();
    }
    long nanos = nanoTime();
    Optional<Fence> fence = term.by().fence();
    if (fence.isPresent() && nanos - reclaimedAtNanos >= reclaimEvery() && !interrupted) {
      reclaimedAtNanos = nanos;
      declarations.sayAgain(fence.get());
      if (ledger.reclaim(fence.get(), Optional.empty(), settings.silence()) > 0) {
        lookAgainAfter(Duration.ZERO);
        shots.news();
      }
    }
    if (nextLookNanos - nanos <= 0 || interrupted) {
      lookNow(term);
    }
  }

  private long reclaimEvery() {
    return settings.poll().toNanos() * 2 / 5;
  }

  private void lookNow(Term term) {
    boolean doubt = runs.takeDisowned() || interrupted || claimInDoubt;
    Set<UUID> mine = runs.ids();
    TaskAgenda agenda = plan(term, read(term.by()));
    shots.news();
    if (interrupted) {
      servedSince = agenda.now();
      reclaimedAtNanos =
          lookedAtNanos; // This instance's own heartbeat may be as old as the trouble.
      interrupted = false;
    }
    if (board.runningElsewhere().isEmpty()) {
      elsewhereLooks = 0;
    } else {
      doubt |= elsewhereLooks == 0;
      // Nothing tells of an end elsewhere: looked for less and less often, the longer it takes.
      lookAgainAfter(WHILE_RUNNING_ELSEWHERE.multipliedBy(1L << Math.min(elsewhereLooks, 10)));
      elsewhereLooks++;
    }
    if (doubt && ledger.disown(term.by(), mine) > 0) {
      LOG.info("Given back what was claimed by {}, whose answers were lost", agent);
      admission.wake();
    }
    claimInDoubt = false;
  }

  private TaskAgenda read(Claimant by) {
    Map<String, Integer> active = runs.activeTicks();
    long sent = nanoTime();
    TaskAgenda agenda = ledger.agenda(agent, handlers.names());
    lookedAtNanos = nanoTime();
    nextLookNanos = lookedAtNanos + settings.poll().toNanos();
    clock.set(agenda.now(), sent, lookedAtNanos);
    board.update(by, agenda, active);
    return agenda;
  }

  /** Claims and skips what is due; tells whether there may be more. */
  private boolean act(Term term) {
    long nanos = nanoTime();
    List<Board.Action> actions = board.actions(clock.at(nanos), servedSince, nanos);
    if (actions.isEmpty()) {
      return false;
    }
    try {
      return settled(claims.carryOut(term, actions, clock.at(nanos)));
    } catch (RuntimeException e) {
      claimInDoubt = true;
      lookNow(term);
      return actSingly(term, actions, e);
    }
  }

  /** One task's trouble is no other's: only a look that fails is. */
  private boolean actSingly(Term term, List<Board.Action> actions, RuntimeException why) {
    if (actions.size() == 1) {
      rest(actions.get(0).row(), why);
      return true;
    }
    for (Board.Action action : actions) {
      try {
        settled(claims.carryOut(term, List.of(action), clock.at(nanoTime())));
      } catch (RuntimeException e) {
        claimInDoubt = true;
        lookNow(term);
        rest(action.row(), e);
      }
    }
    return true;
  }

  private boolean settled(Claims.Round round) {
    round.refused().forEach(this::refused);
    return round.moved() > 0;
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

  private Duration troubled(Throwable e) {
    interrupted = true;
    if (e instanceof Error && failure.isEmpty()) {
      failure = Optional.of("the ticks wait, for the last turn met " + e);
      LOG.error("Ticks of {} wait: this process is not well; trying again until it is", agent, e);
    } else if (backoff.fresh()) {
      LOG.warn("Ticks of {} wait: the store cannot be used; trying again until it can", agent, e);
    }
    return backoff.next();
  }

  private void settled() {
    failure = Optional.empty();
    if (!backoff.fresh()) {
      LOG.info("Ticks of {} go on: the store can be used again", agent);
      backoff.reset();
    }
  }

  private long nanoTime() {
    return settings.nanoTime().getAsLong();
  }
}
