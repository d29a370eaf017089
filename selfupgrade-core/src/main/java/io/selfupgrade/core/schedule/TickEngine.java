package io.selfupgrade.core.schedule;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.InstanceId;
import io.selfupgrade.observe.AgentMetrics;
import io.selfupgrade.schedule.Claimant;
import io.selfupgrade.schedule.RunClaim;
import io.selfupgrade.schedule.Schedule;
import io.selfupgrade.schedule.TaskConfig;
import io.selfupgrade.schedule.TaskStore;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs the tasks and one-shots of an agent: all while its instance is the primary, those for all
 * instances while it serves beside one.
 *
 * <p>Each tick is claimed in the store's ledger before its handler is called and finished there
 * after: started at least once, recorded exactly once. What is due is judged by the store's clock
 * alone. Trouble with the store pauses claiming and is tried again; a handler that throws ends its
 * own tick only.
 *
 * <p>Thread-safe. Before the first {@link #promoted} there is no thread, after {@link #close} none
 * is left; between them one coordinator, and the threads of the handlers.
 */
public final class TickEngine implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(TickEngine.class);
  private static final Duration LONGEST_CLAIM = Duration.ofSeconds(2);
  private static final Duration LONGEST_PREPARATION = Duration.ofSeconds(5);
  private static final Duration LONGEST_GRACE = Duration.ofSeconds(5);
  private static final Duration LONGEST_GIVING_BACK = Duration.ofMillis(500);
  private static final Duration LONGEST_END = Duration.ofSeconds(2);

  private final AgentName agent;
  private final TaskStore ledger;
  private final List<DeclaredTask> declared;
  private final Handlers handlers;
  private final TickSettings settings;
  private final Admission admission = new Admission();
  private final @Nullable ThreadPoolExecutor pool;
  private final Runs runs;
  private final Thread coordinator;
  private final TickWatch watch;
  private volatile Optional<InstanceId> member = Optional.empty();

  /**
   * What a drain did.
   *
   * @param finished runs that ended and are recorded
   * @param givenBack runs that wait in the ledger for the next primary
   * @param left runs of which neither could be recorded in time; the next primary reclaims them
   */
  public record Drained(int finished, int givenBack, int left) {}

  /**
   * What an engine runs.
   *
   * @param tasks valid by {@link #validate}
   * @param handlers code for tasks and one-shots beside that of the tasks
   */
  public record Work(List<DeclaredTask> tasks, List<DeclaredHandler> handlers) {
    /** Copies. */
    public Work {
      tasks = List.copyOf(tasks);
      handlers = List.copyOf(handlers);
    }
  }

  /**
   * Describes an engine of declared tasks only; starts nothing.
   *
   * @param tasks what to run; valid by {@link #validate}
   */
  public TickEngine(
      AgentName agent, TaskStore ledger, Collection<DeclaredTask> tasks, TickSettings settings) {
    this(agent, ledger, new Work(List.copyOf(tasks), List.of()), settings);
  }

  /** Describes an engine; starts nothing. */
  public TickEngine(AgentName agent, TaskStore ledger, Work work, TickSettings settings) {
    this.agent = Objects.requireNonNull(agent, "agent");
    this.ledger = ledger;
    this.declared = work.tasks();
    this.handlers = new Handlers(work.tasks(), work.handlers());
    this.settings = settings;
    this.pool = settings.executor() == null ? Workers.pool(agent, settings.atOnce()) : null;
    Executor executor = pool != null ? pool : Objects.requireNonNull(settings.executor());
    this.runs = new Runs(ledger, handlers, admission, settings.nanoTime());
    Bench bench = new Workers(executor, settings.atOnce(), runs::execute, admission);
    List<TaskConfig> definitions = declared.stream().map(DeclaredTask::definition).toList();
    Coordinator.Tools tools = new Coordinator.Tools(admission, runs, bench, handlers);
    Coordinator decisions = new Coordinator(agent, ledger, definitions, settings, tools);
    this.coordinator = new Thread(decisions, "selfupgrade " + agent + " ticks");
    this.watch = new TickWatch(agent, ledger, runs, settings, decisions);
  }

  /**
   * Returns what is wrong with tasks, a sentence each; empty if nothing is.
   *
   * <p>Finds cron expressions that are wrong or never due, names declared twice, and times that no
   * ledger holds.
   */
  public static List<String> validate(Collection<TaskConfig> definitions) {
    return Validation.problems(definitions);
  }

  /** Returns what is wrong with one task; empty if nothing is. */
  public static Optional<String> problem(TaskConfig definition) {
    return Validation.problem(definition);
  }

  /**
   * Returns the next ticks of a schedule.
   *
   * @param after from when on, exclusive; the anchor of a fixed period
   * @param most how many
   * @throws IllegalArgumentException if the schedule is wrong
   */
  public static List<Instant> preview(Schedule schedule, Instant after, int most) {
    Validation.problem(schedule)
        .ifPresent(
            problem -> {
              throw new IllegalArgumentException("schedule: " + problem);
            });
    Ticks ticks = Ticks.of(schedule, after);
    List<Instant> found = new ArrayList<>();
    Optional<Instant> next = ticks.after(after);
    while (next.isPresent() && found.size() < most) {
      found.add(next.get());
      next = ticks.after(next.get());
    }
    return found;
  }

  /**
   * Begins to serve: declares the tasks, takes over lost runs, then claims what is due.
   *
   * <p>May be called any number of times, after {@link #demoted} and after {@link #closeAdmission}.
   * Blocks for at most 5 s.
   *
   * @param fence the new leadership
   * @param attestedDead an instance that is dead for certain, whose runs are lost
   * @return whether ticks are claimed already; false: the store was away, and the engine goes on
   *     trying
   * @throws IllegalStateException if the engine is closed
   * @throws io.selfupgrade.agent.AdapterException if the store is away, of an engine with nothing
   *     to run
   */
  public boolean promoted(Fence fence, Optional<InstanceId> attestedDead) {
    if (!fence.agent().equals(agent)) {
      throw new IllegalArgumentException(
          "fence of agent " + fence.agent() + ": expected one of " + agent);
    }
    Term term = admission.begin(Claimant.primary(fence), attestedDead);
    if (handlers.isEmpty()) {
      ledger.declare(fence, Set.of()); // What code before this one declared is let go of.
      return true;
    }
    startCoordinator();
    return admission.awaitOpen(term, LONGEST_PREPARATION);
  }

  /**
   * Begins to serve beside the primary: claims what is for all instances, and nothing else.
   *
   * <p>Returns at once. Does nothing if no task and no handler is for all. May be called any number
   * of times, after {@link #demoted} and after {@link #closeAdmission}; ended by {@link #promoted}.
   *
   * @param self this instance, registered
   */
  public void serve(InstanceId self) {
    if (servesAll()) {
      member = Optional.of(self);
      admission.begin(Claimant.member(agent, self), Optional.empty());
      startCoordinator();
    }
  }

  /** Makes the engine serve no more beside a primary, from the next {@link #demoted} on. */
  public void retire() {
    member = Optional.empty();
  }

  /** Returns the names of the tasks that are declared. */
  public Set<String> declared() {
    return declared.stream()
        .map(task -> task.definition().name())
        .collect(Collectors.toUnmodifiableSet());
  }

  private boolean servesAll() {
    Claimant anybody = Claimant.member(agent, InstanceId.random());
    return !handlers.served(anybody).isEmpty();
  }

  private void startCoordinator() {
    synchronized (coordinator) {
      if (coordinator.getState() == Thread.State.NEW) {
        coordinator.start();
      }
    }
  }

  /**
   * Promotes an understudy of this engine, whose claims are all refused, and ends it again.
   *
   * <p>For an instance that expects to be promoted: a JVM is slow at everything that it does for
   * the first time. Serves nothing, changes nothing.
   *
   * @param nobody a fence of this agent that cannot hold
   * @throws io.selfupgrade.agent.AdapterException if the store is away
   */
  public void rehearse(Fence nobody) {
    Set<TaskConfig> stored = new HashSet<>();
    ledger.agenda(agent, handlers.names()).tasks().forEach(entry -> stored.add(entry.definition()));
    // The others would have to be declared, which a fence that does not hold cannot.
    List<DeclaredTask> same =
        declared.stream().filter(task -> stored.contains(task.definition())).toList();
    for (DeclaredTask task : declared) {
      rehearse(nobody, task.definition());
    }
    try (TickEngine understudy = new TickEngine(agent, ledger, same, settings)) {
      understudy.promoted(nobody, Optional.empty());
    }
  }

  private void rehearse(Fence nobody, TaskConfig task) {
    String name = task.name();
    Instant then = Instant.EPOCH;
    ledger.upsert(nobody, task);
    ledger.claim(nobody, new TaskStore.Claiming(name, then, then, Optional.empty(), 0));
    ledger.claimWaiting(nobody, name);
    ledger.finish(new RunClaim(UUID.randomUUID(), name, then, 1, nobody), Optional.empty());
  }

  /**
   * Returns what is due and stands still, a sentence each: neither run nor running for two periods
   * of its schedule, and for 30 s at least. Asks the store.
   *
   * @throws io.selfupgrade.agent.AdapterException if the store is away
   */
  public List<String> late() {
    return watch.late();
  }

  /**
   * Looks for the same, tells the log what is new of it, and releases claims that nobody carries
   * out. For a thread of the primary that is none of this engine's: those may be what stands still.
   *
   * @return what it told
   * @throws io.selfupgrade.agent.AdapterException if the store is away
   */
  public Optional<String> watch(Fence fence) {
    return watch.look(fence);
  }

  /** Returns what was counted since the engine was made; no I/O. */
  public AgentMetrics.Ticks counts() {
    return runs.counts();
  }

  /**
   * Stops claiming, at once: after the return no handler is started.
   *
   * <p>A claim that is under way is waited for, 2 s at most; one that succeeds later is given back.
   */
  public void closeAdmission() {
    admission.close(LONGEST_CLAIM);
  }

  /**
   * Closes admission and lets the running handlers end; never waits for the calling one.
   *
   * <p>What no handler has begun is given back at once. Shortly before the time is over the others
   * are told ({@link io.selfupgrade.schedule.TaskRun#cancelled()}), then interrupted and given
   * back.
   *
   * @param remaining after which this returns, whatever happens
   */
  public Drained drain(Duration remaining) {
    long deadline = System.nanoTime() + remaining.toNanos();
    closeAdmission();
    long before = runs.recorded();
    int givenBack = runs.giveBackUnstarted();
    Duration grace = shorter(LONGEST_GRACE, remaining.dividedBy(4));
    Duration givingBack = shorter(LONGEST_GIVING_BACK, remaining.dividedBy(10));
    if (!runs.awaitOthers(until(deadline).minus(grace))) {
      runs.cancelOthers();
      runs.awaitOthers(until(deadline).minus(givingBack));
      givenBack += runs.giveBackOthers();
      runs.awaitOthers(until(deadline));
    }
    int left = runs.countOthers();
    int recorded = (int) (runs.recorded() - before);
    int backInTime = Math.min(givenBack, recorded);
    Drained drained = new Drained(recorded - backInTime, backInTime, left);
    LOG.info(
        "Drained ticks of {}: {} finished, {} given back, {} left to be reclaimed",
        agent,
        drained.finished(),
        drained.givenBack(),
        drained.left());
    return drained;
  }

  /**
   * Stops claiming, because the lead is lost; running handlers are told, not interrupted. Who
   * served before goes on with what is for all instances.
   */
  public void demoted() {
    closeAdmission();
    runs.cancelOthers();
    member.filter(self -> !admission.ended()).ifPresent(this::serve);
  }

  /** Pauses claiming while it is not known who leads; false resumes it. */
  public void unsure(boolean doubt) {
    admission.unsure(doubt);
  }

  /** Tells that the store has news; it is asked soon. */
  public void wake() {
    admission.wake();
  }

  /**
   * Ends the engine for good: interrupts and gives back what still runs, and ends its threads.
   *
   * <p>Waits 2 s at most for each. Idempotent.
   */
  @Override
  public void close() {
    closeAdmission();
    runs.giveBackOthers();
    admission.end();
    boolean ended = join();
    if (pool != null) {
      pool.shutdownNow();
      ended &= runs.countOthers() == 0 && awaitPool(pool);
    }
    if (!ended) {
      LOG.warn("A thread of the ticks of {} is still busy: a handler or the store hangs", agent);
    }
  }

  private boolean join() {
    if (Thread.currentThread().equals(coordinator)) {
      return true;
    }
    try {
      coordinator.join(LONGEST_END.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return !coordinator.isAlive();
  }

  private boolean awaitPool(ThreadPoolExecutor own) {
    try {
      return runs.calledByHandler()
          || own.awaitTermination(LONGEST_END.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private static Duration until(long deadlineNanos) {
    return Duration.ofNanos(deadlineNanos - System.nanoTime());
  }

  private static Duration shorter(Duration one, Duration other) {
    return one.compareTo(other) < 0 ? one : other;
  }
}
