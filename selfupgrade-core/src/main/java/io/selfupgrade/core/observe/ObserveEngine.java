package io.selfupgrade.core.observe;

import io.selfupgrade.agent.Fence;
import io.selfupgrade.failover.InstanceRecord;
import io.selfupgrade.observe.AgentMetrics;
import io.selfupgrade.observe.HealthReport;
import io.selfupgrade.observe.LogEvent;
import io.selfupgrade.observe.LogLevel;
import io.selfupgrade.observe.Notifier;
import io.selfupgrade.observe.Retention;
import io.selfupgrade.store.AgentStore;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;

/**
 * What one instance lets others see: health, metrics, log, notifications; and the primary's
 * cleaning up.
 *
 * <p>Two threads from {@link #start} to {@link #close}: one writes the log, the other sees news,
 * delivers them and deletes old rows while the instance leads. Thread-safe.
 */
public final class ObserveEngine implements AutoCloseable {

  private static final int EVENTS_IN_MEMORY = 10_000;
  private static final long CHARS_IN_MEMORY = 8 << 20;
  private static final long BYTES_IN_SPOOL = 64L << 20;

  private final InstanceRecord self;
  private final Surroundings agent;
  private final Clock clock;
  private final Counters counters = new Counters();
  private final StoreMeter meter = new StoreMeter();
  private final LogQueue queue = new LogQueue(EVENTS_IN_MEMORY, CHARS_IN_MEMORY);
  private final Optional<Spool> spool;
  private final LogWriter writer;
  private final Questions questions;
  private final BudgetDesk budget;
  private final HealthDesk health;
  private final Care care;

  /**
   * Prepares the engine; starts nothing and reads nothing.
   *
   * @param store the agent's store
   * @param self this instance
   * @param settings what is seen, and how
   * @param agent the rest of the agent
   * @param clock the wall clock
   */
  public ObserveEngine(
      AgentStore store,
      InstanceRecord self,
      ObserveSettings settings,
      Surroundings agent,
      Clock clock) {
    this.self = self;
    this.agent = agent;
    this.clock = clock;
    String thread = "selfupgrade-" + self.agent();
    Self whole = new Self(self, agent, clock);
    this.spool =
        settings
            .spool()
            .map(path -> new Spool(path, self.id(), Spool.thisProcess(), BYTES_IN_SPOOL));
    this.questions = new Questions(thread + "-question");
    Duration keptFor = settings.room().retention().of(Retention.Kept.LOGS);
    this.writer =
        new LogWriter(
            store.logs(),
            agent,
            queue,
            spool,
            counters,
            new LogWriter.Shape(keptFor, clock, thread + "-log"));
    List<String> notifiers = settings.notifiers().stream().map(Notifier::name).toList();
    LocalFindings local = new LocalFindings(agent, writer, queue, spool, counters, notifiers);
    this.budget =
        new BudgetDesk(
            store.budget(),
            settings.room().databaseBytes(),
            line -> logEvent(LogLevel.WARN, line, Map.of()));
    this.health = new HealthDesk(store, whole, settings, questions, local, budget);
    this.care =
        new Care(
            whole,
            settings,
            health,
            new Care.Chores(
                new News(store, whole, notifiers, counters),
                new Dispatch(
                    store.outbox(),
                    settings.notifiers(),
                    questions,
                    counters,
                    settings.pace().giveUpAfter()),
                new JobWatch(store.jobs(), settings, notifiers),
                new Housekeeping(store.retention(), settings.room().retention()),
                budget));
  }

  /** Returns the same store, measured at what the election asks of it. */
  public AgentStore measured(AgentStore store) {
    return meter.around(store);
  }

  /** Starts the two threads; called once. */
  public void start() {
    startWriting();
    care.start();
  }

  /** Starts the log's thread only, for an instance that never leads; called once. */
  public void startWriting() {
    writer.start();
  }

  /** Looks for news soon. */
  public void wake() {
    care.wake();
  }

  /** Counts that this instance became the primary. */
  public void promoted() {
    counters.promotions.increment();
    care.measureSoon();
  }

  /** Counts that this instance lost the lead. */
  public void demoted() {
    counters.demotions.increment();
    budget.mayBeOld();
    care.measureSoon();
  }

  /** Counts how an upgrade ended. */
  public void upgradeEnded(String outcome) {
    counters.upgradeEnded(outcome);
    care.wake();
  }

  /** Finds out how well the agent is; blocks for about 5 s at most. */
  public HealthReport healthCheck() throws InterruptedException {
    return health.check();
  }

  /** Takes an event in, and returns at once. */
  public void logEvent(LogLevel level, String message, Map<String, ?> context) {
    Objects.requireNonNull(level, "level");
    Objects.requireNonNull(message, "message");
    Objects.requireNonNull(context, "context");
    long epoch = agent.fence().map(Fence::epoch).orElse(0L);
    LogEvent event =
        new LogEvent(
            UUID.randomUUID(),
            self.agent(),
            new LogEvent.Stamp(self.id(), epoch),
            clock.instant(),
            level,
            LogText.message(message),
            LogText.context(context));
    counters.logged.increment();
    counters.dropped.add(queue.add(event));
  }

  /** Returns what was counted; no I/O. */
  public AgentMetrics metrics() {
    return new AgentMetrics(
        agent.uptime().orElse(Duration.ZERO),
        counters.upgrades(),
        agent.ticks(),
        new AgentMetrics.Lead(
            agent.fence().map(Fence::epoch).orElse(0L),
            counters.promotions.sum(),
            counters.demotions.sum()),
        new AgentMetrics.Logs(
            counters.logged.sum(),
            counters.written.sum(),
            counters.spooled.sum(),
            queue.size(),
            spool.map(Spool::bytes).orElse(0L),
            counters.dropped.sum()),
        new AgentMetrics.Notifications(
            counters.filed.sum(),
            counters.delivered.sum(),
            counters.retried.sum(),
            counters.givenUp.sum()),
        meter.sums(budget.last()));
  }

  /** Writes what is in memory, to the store or the spool, and ends the threads. Idempotent. */
  @Override
  public void close() {
    care.close();
    writer.close();
    questions.close();
  }
}
