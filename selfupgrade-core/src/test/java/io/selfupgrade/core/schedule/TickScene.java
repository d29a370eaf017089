package io.selfupgrade.core.schedule;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.InstanceId;
import io.selfupgrade.agent.Json;
import io.selfupgrade.agent.Version;
import io.selfupgrade.failover.Acquisition;
import io.selfupgrade.failover.InstanceRecord;
import io.selfupgrade.failover.Lease;
import io.selfupgrade.failover.TakeOver;
import io.selfupgrade.schedule.RunRecord;
import io.selfupgrade.schedule.Schedule;
import io.selfupgrade.schedule.TaskConfig;
import io.selfupgrade.schedule.TaskHandler;
import io.selfupgrade.schedule.TaskPolicy;
import io.selfupgrade.schedule.TaskStore;
import io.selfupgrade.store.AgentStore;
import io.selfupgrade.testkit.Eventually;
import io.selfupgrade.testkit.FaultyStore;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Predicate;

/** An agent in a store, its engines, and short ways to a situation. */
final class TickScene implements AutoCloseable {

  static final Duration SOON = Duration.ofSeconds(20);
  private static final Duration LONG = Duration.ofHours(10);

  final AgentName agent = new AgentName("ticks-" + UUID.randomUUID());

  /** What the engines see; the ledger of this scene is never at fault. */
  final FaultyStore faulty;

  private final AgentStore store;
  private final List<TickEngine> engines = new ArrayList<>();

  TickScene(AgentStore store) {
    this.store = store;
    this.faulty = FaultyStore.around(store);
  }

  /** Makes a new instance the primary. */
  Fence lead() {
    InstanceRecord instance =
        new InstanceRecord(
            InstanceId.random(),
            agent,
            Version.parse("1.0.0"),
            "b".repeat(64),
            Optional.empty(),
            true,
            "host, pid 1");
    store.instances().register(instance);
    return lead(instance);
  }

  /** Takes the lead from whoever has it. */
  Fence lead(InstanceRecord instance) {
    Optional<Lease> lease = store.leadership().read(agent);
    TakeOver way =
        lease.isPresent()
            ? new TakeOver.Attested(lease.get().fence().holder(), lease.get().fence().epoch())
            : new TakeOver.Expired();
    return ((Acquisition.Acquired) store.leadership().acquire(instance, way, LONG)).fence();
  }

  static TaskConfig task(String name, Schedule schedule, TaskPolicy policy) {
    return new TaskConfig(name, schedule, policy, Json.of("{\"to\":\"all\"}"));
  }

  static DeclaredTask task(String name, Duration period, TaskPolicy policy, TaskHandler handler) {
    return new DeclaredTask(task(name, Schedule.every(period), policy), handler);
  }

  TickSettings settings() {
    return TickSettings.withSilence(LONG).poll(Duration.ofMillis(500));
  }

  TickEngine engine(DeclaredTask... tasks) {
    return engine(settings(), tasks);
  }

  TickEngine engine(TickSettings settings, DeclaredTask... tasks) {
    return engine(faulty.tasks(), settings, tasks);
  }

  TickEngine engine(TaskStore ledger, TickSettings settings, DeclaredTask... tasks) {
    TickEngine engine = new TickEngine(agent, ledger, List.of(tasks), settings);
    engines.add(engine);
    return engine;
  }

  /** Sees to it that an engine is closed with the scene. */
  void closeLater(TickEngine engine) {
    engines.add(engine);
  }

  TaskStore ledger() {
    return store.tasks();
  }

  /** Returns the runs of a task, oldest tick first. */
  List<RunRecord> runs(String task) {
    List<RunRecord> runs = new ArrayList<>(ledger().history(agent, task, 100_000));
    Collections.reverse(runs);
    return runs;
  }

  List<RunRecord> runs(String task, RunRecord.State state) {
    return runs(task).stream().filter(run -> run.state() == state).toList();
  }

  /** Waits until the runs of a task are as wanted, and returns them. */
  List<RunRecord> awaitRuns(String task, Predicate<List<RunRecord>> wanted) {
    Eventually.holds("the runs of " + task, SOON, () -> wanted.test(runs(task)));
    return runs(task);
  }

  List<RunRecord> awaitSucceeded(String task, int atLeast) {
    Eventually.holds(
        atLeast + " runs of " + task,
        SOON,
        () -> runs(task, RunRecord.State.SUCCEEDED).size() >= atLeast);
    return runs(task);
  }

  static List<Instant> due(List<RunRecord> runs) {
    return runs.stream().map(run -> run.claim().due()).toList();
  }

  @Override
  public void close() {
    engines.forEach(TickEngine::close);
  }
}
