package io.selfupgrade.testkit;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.change.ChangeStore;
import io.selfupgrade.config.SettingsStore;
import io.selfupgrade.control.CommandStore;
import io.selfupgrade.control.JobStore;
import io.selfupgrade.conversation.ConversationStore;
import io.selfupgrade.failover.InstanceStore;
import io.selfupgrade.failover.LeadershipSession;
import io.selfupgrade.failover.LeadershipStore;
import io.selfupgrade.memory.MemoryStore;
import io.selfupgrade.observe.BudgetStore;
import io.selfupgrade.observe.LogStore;
import io.selfupgrade.observe.Outbox;
import io.selfupgrade.observe.RetentionStore;
import io.selfupgrade.schedule.TaskStore;
import io.selfupgrade.store.AgentStore;
import io.selfupgrade.upgrade.DeliveryStore;
import io.selfupgrade.upgrade.DeploymentStore;
import io.selfupgrade.upgrade.PolicyStore;
import io.selfupgrade.upgrade.SnapshotStore;
import io.selfupgrade.upgrade.SourceStore;
import io.selfupgrade.upgrade.UpgradeJournal;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A store that fails on demand, as one does whose database is away or whose connection breaks.
 *
 * <p>Thread-safe. Every failure is a retryable {@link AdapterException} whose message begins with
 * {@code fault:} after the port. A session that meets a failure is broken from then on, as the port
 * asks; those that wait are woken by {@link #goAway}. {@code close} of store and sessions never
 * fails. A call is one of a method of a port; {@code open} and {@code migrate} count, accessors and
 * {@code close} do not.
 */
public final class FaultyStore implements AgentStore {

  private final AgentStore store;
  private final LeadershipStore leadership;
  private final InstanceStore instances;
  private final UpgradeJournal journal;
  private final PolicyStore policies;
  private final SnapshotStore snapshots;
  private final DeploymentStore deployments;
  private final ChangeStore changes;
  private final DeliveryStore deliveries;
  private final SourceStore sources;
  private final TaskStore tasks;
  private final MemoryStore memories;
  private final ConversationStore conversations;
  private final SettingsStore settings;
  private final LogStore logs;
  private final Outbox outbox;
  private final RetentionStore retention;
  private final CommandStore commands;
  private final JobStore jobs;
  private final BudgetStore budget;
  private final List<LeadershipSession> sessions = new ArrayList<>();
  private boolean away;
  private long calls;
  private long failing;
  private Moment failingAt = Moment.BEFORE;
  private String failingMethod = "";

  private FaultyStore(AgentStore store) {
    this.store = store;
    this.leadership = port(LeadershipStore.class, store.leadership());
    this.instances = port(InstanceStore.class, store.instances());
    this.journal = port(UpgradeJournal.class, store.journal());
    this.policies = port(PolicyStore.class, store.policies());
    this.snapshots = port(SnapshotStore.class, store.snapshots());
    this.deployments = port(DeploymentStore.class, store.deployments());
    this.changes = port(ChangeStore.class, store.changes());
    this.deliveries = port(DeliveryStore.class, store.deliveries());
    this.sources = port(SourceStore.class, store.sources());
    this.tasks = port(TaskStore.class, store.tasks());
    this.memories = port(MemoryStore.class, store.memories());
    this.conversations = port(ConversationStore.class, store.conversations());
    this.settings = port(SettingsStore.class, store.settings());
    this.logs = port(LogStore.class, store.logs());
    this.outbox = port(Outbox.class, store.outbox());
    this.retention = port(RetentionStore.class, store.retention());
    this.commands = port(CommandStore.class, store.commands());
    this.jobs = port(JobStore.class, store.jobs());
    this.budget = port(BudgetStore.class, store.budget());
  }

  /** Returns a store that does what the given one does, until it is told to fail. */
  public static FaultyStore around(AgentStore store) {
    return new FaultyStore(Objects.requireNonNull(store, "store"));
  }

  /** Makes every call fail before it reaches the store, and breaks all sessions. */
  public void goAway() {
    List<LeadershipSession> broken;
    synchronized (this) {
      away = true;
      broken = List.copyOf(sessions);
      sessions.clear();
    }
    broken.forEach(LeadershipSession::close);
  }

  /** Ends {@link #goAway}; broken sessions stay broken. */
  public synchronized void comeBack() {
    away = false;
  }

  /**
   * Makes one call of a method fail: the next one.
   *
   * @param method its name, such as {@code confirm}
   * @param moment before the store does it, or after
   */
  public synchronized void failNext(String method, Moment moment) {
    failingMethod = Objects.requireNonNull(method, "method");
    failingAt = Objects.requireNonNull(moment, "moment");
    failing = 0;
  }

  /**
   * Makes one call fail, whatever its method.
   *
   * @param number 1 for the next call, 2 for the one after it, and so on
   * @param moment before the store does it, or after
   */
  public synchronized void failCall(int number, Moment moment) {
    if (number < 1) {
      throw new IllegalArgumentException("number " + number + ": expected 1 or more");
    }
    failing = calls + number;
    failingAt = Objects.requireNonNull(moment, "moment");
    failingMethod = "";
  }

  /** Returns how many calls there were, failed ones too. */
  public synchronized long calls() {
    return calls;
  }

  @Override
  public void open(SchemaMode schema) {
    boolean answerIsLost = count("AgentStore", "open");
    store.open(schema);
    failIf(answerIsLost, "AgentStore", "open");
  }

  @Override
  public List<String> migrate(Path directory) {
    boolean answerIsLost = count("AgentStore", "migrate");
    List<String> applied = store.migrate(directory);
    failIf(answerIsLost, "AgentStore", "migrate");
    return applied;
  }

  @Override
  public LeadershipStore leadership() {
    return leadership;
  }

  @Override
  public InstanceStore instances() {
    return instances;
  }

  @Override
  public UpgradeJournal journal() {
    return journal;
  }

  @Override
  public PolicyStore policies() {
    return policies;
  }

  @Override
  public SnapshotStore snapshots() {
    return snapshots;
  }

  @Override
  public DeploymentStore deployments() {
    return deployments;
  }

  @Override
  public ChangeStore changes() {
    return changes;
  }

  @Override
  public DeliveryStore deliveries() {
    return deliveries;
  }

  @Override
  public SourceStore sources() {
    return sources;
  }

  @Override
  public TaskStore tasks() {
    return tasks;
  }

  @Override
  public MemoryStore memories() {
    return memories;
  }

  @Override
  public ConversationStore conversations() {
    return conversations;
  }

  @Override
  public SettingsStore settings() {
    return settings;
  }

  @Override
  public LogStore logs() {
    return logs;
  }

  @Override
  public Outbox outbox() {
    return outbox;
  }

  @Override
  public RetentionStore retention() {
    return retention;
  }

  @Override
  public CommandStore commands() {
    return commands;
  }

  @Override
  public JobStore jobs() {
    return jobs;
  }

  @Override
  public BudgetStore budget() {
    return budget;
  }

  @Override
  public String describe() {
    return store.describe();
  }

  @Override
  public void close() {
    store.close();
  }

  private <T> T port(Class<T> port, T delegate) {
    Object proxy =
        Proxy.newProxyInstance(
            FaultyStore.class.getClassLoader(),
            new Class<?>[] {port},
            (self, method, arguments) -> call(port, delegate, method, arguments));
    return port.cast(proxy);
  }

  private @Nullable Object call(
      Class<?> port, Object delegate, Method method, @Nullable Object[] arguments)
      throws Throwable {
    String name = method.getName();
    if (name.equals("close") || method.getDeclaringClass() == Object.class) {
      return invoke(delegate, method, arguments);
    }
    boolean answerIsLost;
    try {
      answerIsLost = count(port.getSimpleName(), name);
    } catch (AdapterException e) {
      breakSession(delegate);
      throw e;
    }
    Object answer = invoke(delegate, method, arguments);
    if (answer instanceof LeadershipSession session) {
      answer = wrapped(session);
    }
    if (answerIsLost) {
      breakSession(delegate);
    }
    failIf(answerIsLost, port.getSimpleName(), name);
    return answer;
  }

  private static @Nullable Object invoke(
      Object delegate, Method method, @Nullable Object[] arguments) throws Throwable {
    try {
      return method.invoke(delegate, arguments);
    } catch (InvocationTargetException e) {
      throw Objects.requireNonNull(e.getCause());
    }
  }

  private synchronized LeadershipSession wrapped(LeadershipSession session) {
    sessions.add(session);
    return port(LeadershipSession.class, session);
  }

  private void breakSession(Object delegate) {
    if (delegate instanceof LeadershipSession session) {
      session.close();
    }
  }

  /** Counts a call, fails it if it has to fail before, and tells whether it has to fail after. */
  private synchronized boolean count(String port, String method) {
    calls++;
    boolean chosen = calls == failing || method.equals(failingMethod);
    if (chosen) {
      failing = 0;
      failingMethod = "";
    }
    failIf(away || (chosen && failingAt == Moment.BEFORE), port, method);
    return chosen && failingAt == Moment.AFTER;
  }

  private static void failIf(boolean failing, String port, String method) {
    if (failing) {
      throw new AdapterException(
          port, "fault: " + method + " failed because the test wants it", true, null);
    }
  }

  /** When a call fails. */
  public enum Moment {
    /** Before the store has done anything. */
    BEFORE,
    /** After the store has done it: the answer is lost, as when a commit's end is unknown. */
    AFTER
  }
}
