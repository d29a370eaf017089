package io.selfupgrade.launcher;

import io.selfupgrade.launcher.Situation.Mode;
import io.selfupgrade.launcher.Situation.Starts;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;

/**
 * The supervision loop: looks at the home directory and the children, asks {@link Rules}, acts.
 *
 * <p>One thread runs it; any thread may {@link #end} it.
 */
final class Supervisor {
  private static final int MOST_ROUNDS = 20;
  private static final Duration PAUSE_IN_TROUBLE = Duration.ofMillis(500);

  private final Home home;
  private final Timings timings;
  private final Journal journal;
  private final HomeState state;
  private final Crew crew;
  private final SlotChoice slots;
  private final BackOff currentBackOff;
  private final BackOff candidateBackOff;
  private volatile boolean ending;
  private volatile Thread loop;
  private boolean finished;
  private boolean currentQuit;
  private boolean candidateQuit;
  private boolean candidateFree;
  private boolean inTrouble;
  private String lastTrouble = "";
  private long countedNanos = System.nanoTime();
  private long savedNanos = countedNanos;

  Supervisor(Home home, Timings timings, Journal journal, HomeState state, Crew crew) {
    this.home = home;
    this.timings = timings;
    this.journal = journal;
    this.state = state;
    this.crew = crew;
    this.slots = new SlotChoice(home, journal);
    this.currentBackOff = new BackOff(timings);
    this.candidateBackOff = new BackOff(timings);
    this.candidateFree = lastEndWasForced();
  }

  /** Stops all children and lets {@link #run} return; does not wait. */
  void end() {
    ending = true;
    wake();
  }

  /** Tells whether an instance may still live that cannot be stopped from here. */
  boolean hasAbandoned() {
    return crew.hasAbandoned();
  }

  /** Looks again at once. */
  void wake() {
    LockSupport.unpark(loop);
  }

  /** Supervises until the agent has ended on purpose or {@link #end} was called. */
  void run() {
    loop = Thread.currentThread();
    while (!finished) {
      inTrouble = false;
      tick();
      if (!finished) {
        LockSupport.parkNanos((inTrouble ? PAUSE_IN_TROUBLE : timings.wake()).toNanos());
      }
    }
  }

  /** Looks once, and does what there is to do. */
  void tick() {
    crew.killOverdue();
    attempt(this::countRunTime);
    attempt(crew::attestLate);
    // Before the dead are reaped: what they asked for last still counts.
    work(Rules::trial);
    for (Crew.Death death : crew.reap()) {
      attempt(() -> buried(death));
    }
    work(Rules::trial);
    work(Rules::service);
  }

  private void work(Function<Situation, List<Action>> rules) {
    attempt(
        () -> {
          for (int round = 0; round < MOST_ROUNDS && !finished; round++) {
            List<Action> actions = rules.apply(situation());
            if (actions.isEmpty()) {
              return;
            }
            for (Action action : actions) {
              perform(action);
            }
          }
        });
  }

  private Situation situation() {
    long now = System.nanoTime();
    Mode mode = ending ? Mode.ENDING : frozen() ? Mode.FROZEN : Mode.WORKING;
    Starts starts =
        new Starts(
            currentBackOff.due(now),
            currentQuit,
            candidateBackOff.due(now),
            candidateQuit,
            candidateFree);
    return new Situation(
        state.pointer(),
        state.candidate(),
        state.obeyed(),
        crew.living(),
        crew.requests(),
        starts,
        mode);
  }

  /** A flag that cannot be read counts as set. */
  private boolean frozen() {
    return !Files.notExists(home.frozen());
  }

  private void perform(Action action) throws IOException {
    if (action instanceof Action.Decide decide) {
      state.decide(decide.request());
    } else if (action instanceof Action.Save save) {
      save(save);
    } else if (action instanceof Action.PointTo point) {
      state.pointTo(point.candidate());
      currentBackOff.reset();
    } else if (action instanceof Action.Assign assign) {
      crew.assign(assign.instance(), assign.role());
    } else if (action instanceof Action.EndTrial end) {
      state.endTrial(end.candidate());
      freshCandidate();
      // Whoever ended on purpose did so while another one ran: going back ends with a service.
      currentQuit = false;
    } else if (action instanceof Action.Start start) {
      start(start);
    } else if (action instanceof Action.Drain drain) {
      crew.drain(drain.instance(), drain.why());
    } else if (action instanceof Action.Stop stop) {
      crew.stop(stop.instance(), stop.killAfter(), stop.why());
    } else if (action instanceof Action.Finish finish) {
      journal.note(JournalEvent.LAUNCHER_ENDED, state.pointer(), finish.why());
      finished = true;
    } else {
      throw new IllegalStateException("An action that nobody performs: " + action);
    }
  }

  private void save(Action.Save save) throws IOException {
    state.save(save.candidate());
    journal.note(save.event(), save.candidate(), save.detail());
  }

  private void freshCandidate() {
    candidateBackOff.reset();
    candidateQuit = false;
    candidateFree = false;
  }

  private void start(Action.Start start) throws IOException {
    boolean candidate = start.role() == Role.CANDIDATE;
    BackOff backOff = candidate ? candidateBackOff : currentBackOff;
    try {
      if (candidate) {
        startCandidate(state.candidate().orElseThrow());
      } else {
        startConfirmed(start.role(), start.instance().orElseGet(UUID::randomUUID));
      }
    } catch (SlotDamagedException e) {
      backOff.ended(Duration.ZERO, System.nanoTime());
      slots.say(state.pointer(), e);
    } catch (IOException e) {
      backOff.ended(Duration.ZERO, System.nanoTime());
      throw e;
    }
  }

  private void startConfirmed(Role role, UUID instance) throws IOException {
    Slot slot = slots.forService(state);
    ChildRecord record = crew.next(role, slot.launch().version(), "");
    crew.start(crew.prepare(instance, record), record, slot);
  }

  /**
   * The start is counted before it happens; one that the candidate did not cause is not, unless
   * nobody else serves meanwhile.
   */
  private void startCandidate(Candidate candidate) throws IOException {
    Slot slot;
    try {
      slot = Slot.verified(home.slot(candidate.version()), candidate.version());
    } catch (SlotDamagedException e) {
      slots.say(candidate.version(), e);
      Candidate exhausted = candidate.ended(TrialState.EXHAUSTED, e.getMessage());
      save(new Action.Save(exhausted, JournalEvent.EXHAUSTED, e.getMessage()));
      return;
    }
    UUID instance =
        candidate
            .trial()
            .alone()
            .filter(promised -> candidate.starts() == 0)
            .filter(promised -> !Files.exists(home.run(promised).path()))
            .orElseGet(UUID::randomUUID);
    ChildRecord record =
        crew.next(Role.CANDIDATE, candidate.version(), candidate.upgrade().toString());
    RunDirectory run = crew.prepare(instance, record);
    boolean counted = candidate.alone() || (!candidate.handedOver() && !candidateFree);
    state.save(candidate.started(instance, candidate.starts() + (counted ? 1 : 0)));
    candidateFree = true;
    crew.start(run, record, slot);
  }

  private void buried(Crew.Death death) throws IOException {
    Child child = death.child();
    boolean asked = child.leaving();
    boolean quit = !asked && RequestInbox.stopsOnPurpose(child.run());
    if (child.record().role() == Role.CURRENT) {
      currentQuit = quit;
      ended(currentBackOff, child, asked);
    } else if (state.candidate().filter(one -> one.isInstance(child.instance())).isPresent()) {
      candidateQuit = quit;
      candidateFree = !death.reaped().ownDoing();
      ended(candidateBackOff, child, asked);
      state.save(state.candidate().get());
    }
  }

  private static void ended(BackOff backOff, Child child, boolean asked) {
    if (asked) {
      backOff.reset();
    } else {
      backOff.ended(child.ran(), System.nanoTime());
    }
  }

  /** After a launcher's death: whether the candidate's last end was its own doing. */
  private boolean lastEndWasForced() {
    Optional<UUID> instance = state.candidate().flatMap(Candidate::latestInstance);
    try {
      return instance.isPresent()
          && Reaped.read(home.run(instance.get())).filter(end -> !end.ownDoing()).isPresent();
    } catch (IOException e) {
      return false;
    }
  }

  private void countRunTime() throws IOException {
    long now = System.nanoTime();
    Duration passed = Duration.ofNanos(now - countedNanos);
    countedNanos = now;
    Optional<Candidate> candidate = state.candidate();
    boolean runs =
        candidate.isPresent()
            && candidate.get().handedOver()
            && candidate.get().state() == TrialState.RUNNING
            && crew.works(candidate.get());
    if (!runs) {
      return;
    }
    state.ran(candidate.get().ran(passed));
    if (now - savedNanos >= timings.saveRunTime().toNanos()) {
      savedNanos = now;
      state.save(state.candidate().orElseThrow());
    }
  }

  /** Something that may fail without ending the supervision. */
  private interface Step {
    void run() throws IOException;
  }

  /** The boundary that keeps the agent running whatever goes wrong around it. */
  private void attempt(Step step) {
    try {
      step.run();
    } catch (IOException | RuntimeException e) {
      inTrouble = true;
      if (!e.toString().equals(lastTrouble)) {
        lastTrouble = e.toString();
        journal.note(JournalEvent.TROUBLE, state.pointer(), lastTrouble);
      }
    }
  }
}
