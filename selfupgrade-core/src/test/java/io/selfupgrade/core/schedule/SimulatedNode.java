package io.selfupgrade.core.schedule;

import io.selfupgrade.agent.InstanceId;
import io.selfupgrade.agent.Version;
import io.selfupgrade.failover.InstanceRecord;
import io.selfupgrade.schedule.Claimant;
import io.selfupgrade.testkit.FaultyStore;
import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * One process of a simulation: the engine's parts without their threads, and a clock of its own.
 */
final class SimulatedNode implements Bench {

  static final int AT_ONCE = 4;

  final InstanceRecord record;
  final Admission admission = new Admission();
  final Runs runs;
  final FaultyStore store;
  private final Simulation world;
  private final Coordinator coordinator;
  private final Set<ActiveRun> executing = new LinkedHashSet<>();
  private final long bornAt;
  private final long zero;
  private final double rate;
  private boolean alive = true;
  private long pausedUntil;
  private long seenVersion = -1;
  private long nextTurn;
  private boolean resting;

  SimulatedNode(Simulation world, Handlers handlers) {
    this.world = world;
    this.record =
        new InstanceRecord(
            InstanceId.random(),
            Simulation.AGENT,
            Version.parse("1.0.0"),
            "b".repeat(64),
            Optional.empty(),
            true,
            "simulated");
    this.store = FaultyStore.around(world.watched());
    this.bornAt = world.nanos();
    this.zero = world.random().nextLong();
    this.rate = 1 + (world.random().nextDouble() - 0.5) * 1e-4;
    TickSettings settings =
        new TickSettings(null, AT_ONCE, Simulation.POLL, Simulation.SILENCE, this::monotonic);
    this.runs = new Runs(store.tasks(), handlers, admission, this::monotonic);
    this.coordinator =
        new Coordinator(
            Simulation.AGENT,
            store.tasks(),
            world.declared(),
            settings,
            new Coordinator.Tools(admission, runs, this, handlers));
    world.store().instances().register(record);
    this.nextTurn = world.nanos();
  }

  private long monotonic() {
    return zero + Math.round((world.nanos() - bornAt) * rate);
  }

  InstanceId id() {
    return record.id();
  }

  boolean alive() {
    return alive;
  }

  boolean acts() {
    return alive && world.nanos() >= pausedUntil;
  }

  void serve(Claimant by) {
    admission.begin(by, Optional.empty());
  }

  void kill() {
    alive = false;
    executing.clear();
  }

  void pause(Duration time) {
    pausedUntil = world.nanos() + time.toNanos();
  }

  /** Returns the world's time of the next turn. */
  long next() {
    return Math.max(Math.max(nextTurn, pausedUntil), world.nanos());
  }

  /** Tells whether something changed since the last turn that calls for another. */
  boolean stirred() {
    return !resting && admission.version() != seenVersion;
  }

  void turn() {
    seenVersion = admission.version();
    Coordinator.Turn turn = coordinator.turn();
    resting = !turn.well();
    nextTurn = world.nanos() + Math.max(0, Math.round(turn.pause().toNanos() / rate));
    if (turn.pause().isZero()) {
      nextTurn = world.nanos() + 1_000;
    }
  }

  @Override
  public int free() {
    return Math.max(0, AT_ONCE - executing.size());
  }

  @Override
  public Collection<ActiveRun> start(List<ActiveRun> started) {
    for (ActiveRun run : started) {
      executing.add(run);
      if (runs.begin(run)) {
        world.execute(this, run);
      } else {
        executing.remove(run);
      }
    }
    return List.of();
  }

  /** Ends a handler. */
  void ended(ActiveRun run, Optional<Throwable> thrown) {
    if (executing.remove(run)) {
      runs.ended(run, thrown);
    }
  }
}
