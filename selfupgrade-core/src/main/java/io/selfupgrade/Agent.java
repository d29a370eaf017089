package io.selfupgrade;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.agent.ConfigurationException;
import io.selfupgrade.agent.InstanceId;
import io.selfupgrade.agent.Version;
import io.selfupgrade.config.Config;
import io.selfupgrade.core.failover.ElectionSettings;
import io.selfupgrade.core.failover.Elector;
import io.selfupgrade.core.local.LauncherLink;
import io.selfupgrade.core.memory.MemoryEngine;
import io.selfupgrade.core.schedule.DeclaredTask;
import io.selfupgrade.core.schedule.TickEngine;
import io.selfupgrade.core.schedule.TickSettings;
import io.selfupgrade.core.upgrade.UpgradeEngine;
import io.selfupgrade.failover.InstanceRecord;
import io.selfupgrade.failover.Role;
import io.selfupgrade.memory.Memories;
import io.selfupgrade.observe.AgentMetrics;
import io.selfupgrade.observe.HealthReport;
import io.selfupgrade.observe.LogLevel;
import io.selfupgrade.store.AgentStore;
import io.selfupgrade.upgrade.CheckResult;
import io.selfupgrade.upgrade.Reason;
import io.selfupgrade.upgrade.ReasonCode;
import io.selfupgrade.upgrade.RestorePlan;
import io.selfupgrade.upgrade.RestoreResult;
import io.selfupgrade.upgrade.Snapshots;
import io.selfupgrade.upgrade.Trigger;
import io.selfupgrade.upgrade.UpdateAvailable;
import io.selfupgrade.upgrade.UpgradeOutcome;
import io.selfupgrade.upgrade.UpgradeTimes;
import io.selfupgrade.upgrade.Upgrades;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The capabilities of one process, put together. */
final class Agent implements SelfUpgrade {

  private static final Logger LOG = LoggerFactory.getLogger(SelfUpgrade.class);
  private static final Duration FOR_CALLERS = Duration.ofSeconds(2);
  private static final Duration FOR_MAIN = Duration.ofSeconds(2);

  private final Blueprint blueprint;
  private final InstanceRecord self;
  private final StoreDoor door;
  private final Config config;
  private final Observation observation;
  private final SnapshotsDoor snapshots;
  private final Optional<MemoryEngine> memory;
  private final Duties duties;
  private final TickEngine ticks;
  private final Optional<UpgradeEngine> upgrades;
  private final Elector elector;
  private final AtomicBoolean started = new AtomicBoolean();
  private final AtomicBoolean stopping = new AtomicBoolean();
  private final CountDownLatch stopped = new CountDownLatch(1);
  private final CountDownLatch closed = new CountDownLatch(1);
  private final Thread hook;
  private volatile boolean connected;
  private volatile boolean awaited;

  Agent(Blueprint blueprint) {
    this.blueprint = blueprint;
    this.self = blueprint.self();
    this.door =
        new StoreDoor(
            blueprint.store(),
            local() || self.trial().isPresent()
                ? AgentStore.SchemaMode.VERIFY
                : AgentStore.SchemaMode.APPLY);
    this.config = new ConfigDoor(blueprint.agent(), door);
    this.observation = new Observation(blueprint, () -> connected);
    this.duties = new Duties(blueprint);
    this.snapshots = new SnapshotsDoor(blueprint.agent(), door, duties::fence, duties::planAnew);
    this.memory =
        blueprint
            .capabilities()
            .memory()
            .map(
                how ->
                    new MemoryEngine(
                        self, () -> door.opened().memories(), duties::fence, how.lives()));
    Duration ttl = blueprint.primary().ttl();
    this.upgrades =
        blueprint
            .upgrades()
            .map(
                how ->
                    new UpgradeEngine(
                        blueprint.store(),
                        self,
                        how.build(ttl, blueprint.observe().probes(), observation),
                        blueprint.identity().link(),
                        duties,
                        blueprint.clock()));
    this.ticks =
        new TickEngine(blueprint.agent(), blueprint.store().tasks(), tasks(), settings(ttl));
    this.elector =
        new Elector(
            observation.engine().measured(blueprint.store()),
            new ElectionSettings(self, ttl, this::attestedDead),
            observation.counting(duties),
            this::connect,
            System::nanoTime);
    duties.join(elector, ticks, upgrades);
    observation.join(elector, ticks, duties);
    this.hook = new Thread(this::stopOnSignal, "selfupgrade-" + blueprint.agent() + "-hook");
  }

  @Override
  public void start() {
    if (!started.compareAndSet(false, true)) {
      throw new IllegalStateException("this agent was started before: build another");
    }
    blueprint.identity().link().ifPresent(LauncherLink::takeLock);
    try {
      connect();
    } catch (AdapterException e) {
      if (!e.retryable()) {
        giveUp();
        throw e;
      }
      LOG.warn("starting without the store, which is tried again: {}", e.getMessage());
    } catch (ConfigurationException e) {
      giveUp();
      throw e;
    }
    Runtime.getRuntime().addShutdownHook(hook);
    observation.start();
    if (!local()) {
      elector.start();
      upgrades.ifPresent(UpgradeEngine::start);
    }
  }

  private void giveUp() {
    stopping.set(true);
    duties.close();
    door.close();
    blueprint.identity().link().ifPresent(LauncherLink::close);
    stopped.countDown();
  }

  @Override
  public void awaitStop() throws InterruptedException {
    if (!started.get()) {
      throw new IllegalStateException("this agent was not started: call start() first");
    }
    awaited = true;
    stopped.await();
  }

  @Override
  public void stop() {
    if (started.get()) {
      blueprint.identity().link().ifPresent(LauncherLink::announceStopping);
      stopOnce();
    }
  }

  @Override
  public void restart() {
    blueprint
        .identity()
        .link()
        .orElseThrow(
            () ->
                new IllegalStateException(
                    "this process was not started by the launcher, so nothing would start it again:"
                        + " start it with launcher.jar run HOME, or restart it from outside"))
        .askForRestart();
  }

  @Override
  public void close() {
    if (started.get()) {
      stopOnce();
    } else {
      duties.close();
      observation.engine().close();
      door.close();
    }
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      LOG.debug("the JVM is shutting down: its hook waits for this close", e);
    }
    closed.countDown();
  }

  @Override
  public Version version() {
    return self.version();
  }

  @Override
  public InstanceId instance() {
    return self.id();
  }

  @Override
  public Role role() {
    if (local()) {
      return Role.LOCAL;
    }
    return elector.fence().isPresent() ? Role.PRIMARY : Role.STANDBY;
  }

  @Override
  public Optional<UpdateAvailable> checkForUpdates() {
    return upgrades().check() instanceof CheckResult.Available available
        ? Optional.of(available.update())
        : Optional.empty();
  }

  @Override
  public UpgradeOutcome upgrade() throws InterruptedException {
    UpgradeEngine engine = requireUpgrades();
    if (local()) {
      return new UpgradeOutcome.Refused(
          new Reason(
              ReasonCode.NOT_PRIMARY,
              "a local instance does not upgrade: call upgrade() on another one, or"
                  + " upgrades().request(), which the primary answers"));
    }
    if (!started.get()) {
      throw new IllegalStateException("this agent was not started: call start() first");
    }
    return engine.upgrade(Trigger.MANUAL);
  }

  @Override
  public Upgrades upgrades() {
    UpgradeEngine engine = requireUpgrades();
    if (!started.get()) {
      door.open();
    }
    return engine;
  }

  @Override
  public Memories memory() {
    return memory.orElseThrow(
        () ->
            new IllegalStateException(
                "memory is not configured: call memory(m -> ...) on the builder"));
  }

  @Override
  public Config config() {
    return config;
  }

  @Override
  public HealthReport healthCheck() {
    return observation.health();
  }

  @Override
  public void logEvent(LogLevel level, String message, Map<String, ?> context) {
    observation.engine().logEvent(level, message, context);
  }

  @Override
  public AgentMetrics getMetrics() {
    return observation.engine().metrics();
  }

  @Override
  public Snapshots snapshots() {
    return snapshots;
  }

  @Override
  public RestorePlan recoverFromBackup() {
    return snapshots.planNewest();
  }

  @Override
  public RestoreResult recoverFromBackup(RestorePlan plan) {
    return snapshots.apply(plan);
  }

  @Override
  public void freeze(String why) {
    Objects.requireNonNull(why, "why");
    blueprint.identity().link().ifPresent(link -> link.freeze(true, why));
    door.opened().journal().freeze(blueprint.agent(), why);
    observation.engine().wake();
  }

  @Override
  public void unfreeze() {
    door.opened().journal().unfreeze(blueprint.agent());
    blueprint.identity().link().ifPresent(link -> link.freeze(false, ""));
    observation.engine().wake();
  }

  private UpgradeEngine requireUpgrades() {
    return upgrades.orElseThrow(
        () ->
            new IllegalStateException(
                "upgrades are not configured: call upgrades(u -> u.from(...).trust(...)) on the"
                    + " builder"));
  }

  private List<DeclaredTask> tasks() {
    List<DeclaredTask> all = new ArrayList<>(blueprint.tasks().declared());
    if (upgrades.isPresent()) {
      UpgradeEngine engine = upgrades.get();
      all.add(
          new DeclaredTask(
              blueprint.upgrades().orElseThrow().look(blueprint.agent().value()),
              run -> engine.scheduled()));
    }
    memory.ifPresent(
        engine ->
            all.add(
                new DeclaredTask(
                    MemoryBuilder.removal(), run -> engine.removeExpired(run::cancelled))));
    return all;
  }

  private TickSettings settings(Duration ttl) {
    TickSettings settings = TickSettings.withSilence(ttl.multipliedBy(3));
    return blueprint.tasks().executor().map(settings::executor).orElse(settings);
  }

  /** Opens the store and registers this instance; repeated until it succeeds once. */
  private void connect() {
    if (connected) {
      return;
    }
    AgentStore store = blueprint.store();
    door.open();
    if (local()) {
      connected = true;
      return;
    }
    store.instances().register(self);
    if (self.trial().isPresent()) {
      elector.prepare();
      new Rehearsal(store, self, List.of(duties::rehearse, ticks::rehearse)).walk();
    }
    blueprint.identity().link().ifPresent(link -> link.announceReady(self.trial(), drainTime()));
    connected = true;
  }

  private boolean local() {
    return blueprint.primary().local();
  }

  private boolean attestedDead(InstanceId instance) {
    return blueprint.identity().link().map(link -> link.attestsDeath(instance)).orElse(false);
  }

  private Duration drainTime() {
    return blueprint.upgrades().map(UpgradesBuilder::times).orElse(UpgradeTimes.DEFAULT).drain();
  }

  private void stopOnSignal() {
    stopOnce();
    if (awaited) {
      try {
        closed.await(FOR_MAIN.toMillis(), TimeUnit.MILLISECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private void stopOnce() {
    if (!stopping.compareAndSet(false, true)) {
      awaitStopped();
      return;
    }
    try {
      letCallersGo();
      upgrades.ifPresent(UpgradeEngine::close);
      if (!local()) {
        duties.stop(drainTime());
        elector.close();
        ticks.close();
        signOff();
      }
      duties.close();
      observation.engine().close();
      door.close();
      blueprint.identity().link().ifPresent(LauncherLink::close);
    } finally {
      stopped.countDown();
    }
  }

  /** Gives those who wait for an outcome the time to get it: it may be in the journal already. */
  private void letCallersGo() {
    long end = System.nanoTime() + FOR_CALLERS.toNanos();
    while (upgrades.isPresent()
        && upgrades.get().hasWaitingCallers()
        && System.nanoTime() - end < 0) {
      LockSupport.parkNanos(Duration.ofMillis(10).toNanos());
    }
  }

  private void signOff() {
    if (!connected) {
      return;
    }
    try {
      blueprint.store().instances().stopped(self.id());
    } catch (AdapterException e) {
      LOG.debug("the store is away at the stop: this instance's heartbeat ends by itself", e);
    }
  }

  private void awaitStopped() {
    try {
      stopped.await(drainTime().plusSeconds(10).toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
