package io.selfupgrade;

import io.selfupgrade.agent.InstanceId;
import io.selfupgrade.agent.Version;
import io.selfupgrade.change.Changes;
import io.selfupgrade.config.Config;
import io.selfupgrade.conversation.Conversations;
import io.selfupgrade.core.conversation.ConversationEngine;
import io.selfupgrade.core.failover.ElectionSettings;
import io.selfupgrade.core.failover.Elector;
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
import io.selfupgrade.schedule.ScheduleResult;
import io.selfupgrade.schedule.TaskConfig;
import io.selfupgrade.schedule.Tasks;
import io.selfupgrade.store.AgentStore;
import io.selfupgrade.upgrade.CheckResult;
import io.selfupgrade.upgrade.DeployResult;
import io.selfupgrade.upgrade.Reason;
import io.selfupgrade.upgrade.ReasonCode;
import io.selfupgrade.upgrade.RestorePlan;
import io.selfupgrade.upgrade.RestoreResult;
import io.selfupgrade.upgrade.Snapshots;
import io.selfupgrade.upgrade.Trigger;
import io.selfupgrade.upgrade.UpdateAvailable;
import io.selfupgrade.upgrade.UpgradeOutcome;
import io.selfupgrade.upgrade.Upgrades;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;

/** The capabilities of one process, put together. */
final class Agent implements SelfUpgrade {

  private final Blueprint blueprint;
  private final InstanceRecord self;
  private final StoreDoor door;
  private final Config config;
  private final TasksDoor tasks;
  private final Observation observation;
  private final SnapshotsDoor snapshots;
  private final Platforms platforms;
  private final CloudDoor cloud;
  private final Optional<CatchUp> catchUp;
  private final Optional<ChangesDoor> changes;
  private final Optional<MemoryDoor> memory;
  private final Conversations conversations;
  private final Duties duties;
  private final TickEngine ticks;
  private final Optional<UpgradeEngine> upgrades;
  private final Elector elector;
  private final Commands commands;
  private final Life life;

  Agent(Blueprint blueprint) {
    this.blueprint = blueprint;
    this.self = blueprint.self();
    this.door =
        new StoreDoor(
            blueprint.store(),
            blueprint.local() || self.trial().isPresent()
                ? AgentStore.SchemaMode.VERIFY
                : AgentStore.SchemaMode.APPLY);
    this.config = new ConfigDoor(blueprint.agent(), door);
    this.observation = new Observation(blueprint, door, this::connected, this::connect);
    this.duties = new Duties(blueprint);
    this.snapshots = new SnapshotsDoor(blueprint.agent(), door, duties::fence, duties::planAnew);
    this.platforms = Platforms.of(blueprint);
    this.cloud = new CloudDoor(blueprint, door, duties::fence, platforms);
    this.catchUp =
        blueprint
            .capabilities()
            .missed()
            .map(missed -> new CatchUp(blueprint, missed, this::logEvent));
    this.changes = ChangesDoor.of(blueprint, door, duties::fence);
    this.memory = MemoryDoor.of(blueprint, door, duties::fence, this::started);
    this.conversations =
        new ConversationEngine(
            self.agent(), self.id(), () -> door.opened().conversations(), duties::fence);
    Duration ttl = blueprint.primary().ttl();
    this.upgrades = blueprint.upgrades().map(this::engine);
    this.ticks =
        new TickEngine(blueprint.agent(), blueprint.store().tasks(), work(), settings(ttl));
    this.tasks =
        new TasksDoor(blueprint.agent(), door, ticks.declared(), new RunIds(blueprint.clock()));
    this.elector =
        new Elector(
            observation.engine().measured(blueprint.store()),
            new ElectionSettings(this::participant, ttl, this::attestedDead),
            observation.counting(duties, this::woken),
            this::connect,
            System::nanoTime);
    duties.join(elector, ticks, upgrades);
    duties.leaving(this::stop);
    observation.join(elector, ticks, duties, this::upgradeEnded);
    this.commands = new Commands(blueprint, duties::fence, new Told());
    this.life =
        new Life(
            blueprint,
            self,
            new Life.Parts(door, observation, duties, ticks, upgrades, elector, commands));
  }

  private UpgradeEngine engine(UpgradesBuilder how) {
    return new UpgradeEngine(
        blueprint.store(),
        self,
        how.build(blueprint.primary().ttl(), blueprint.observe().probes(), observation),
        platforms.host(blueprint),
        duties,
        blueprint.clock());
  }

  @Override
  public void start() {
    life.start();
  }

  @Override
  public void awaitStop() throws InterruptedException {
    life.awaitStop();
  }

  @Override
  public void stop() {
    tasks.close();
    catchUp.ifPresent(CatchUp::close);
    life.stop();
    platforms.close();
  }

  @Override
  public void restart() {
    life.restart(why -> {});
  }

  @Override
  public void close() {
    tasks.close();
    catchUp.ifPresent(CatchUp::close);
    platforms.close();
    life.close();
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
    if (blueprint.local()) {
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
    if (blueprint.local()) {
      return new UpgradeOutcome.Refused(
          new Reason(
              ReasonCode.NOT_PRIMARY,
              "a local instance does not upgrade: call upgrade() on another one, or"
                  + " upgrades().request(), which the primary answers"));
    }
    life.requireStarted();
    return engine.upgrade(Trigger.MANUAL);
  }

  @Override
  public Upgrades upgrades() {
    UpgradeEngine engine = requireUpgrades();
    door.open();
    return engine;
  }

  @Override
  public Memories memory() {
    return memory
        .map(MemoryDoor::memories)
        .orElseThrow(
            () ->
                new IllegalStateException(
                    "memory is not configured: call memory(m -> ...) on the builder"));
  }

  @Override
  public Conversations conversations() {
    return conversations;
  }

  @Override
  public ScheduleResult scheduleTask(TaskConfig task) {
    return tasks.schedule(task);
  }

  @Override
  public boolean removeTask(String task) {
    return tasks.remove(task);
  }

  @Override
  public Tasks tasks() {
    return tasks;
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
  public DeployResult deployToCloud() {
    return cloud.deploy();
  }

  @Override
  public Changes changes() {
    return changes.orElseThrow(
        () ->
            new IllegalStateException(
                "changes are not configured: call changesTo(...) on the builder, such as"
                    + " changesTo(repository.changes(ChangePolicy.allow(...)))"));
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

  /** Sets for how long a platform may take; for tests. */
  void deployLimit(Duration limit) {
    platforms.limit(limit);
  }

  private InstanceRecord participant() {
    return upgrades.map(UpgradeEngine::self).orElse(self);
  }

  private UpgradeEngine requireUpgrades() {
    return upgrades.orElseThrow(
        () ->
            new IllegalStateException(
                "upgrades are not configured: call upgrades(u -> u.from(...).trust(...)) on the"
                    + " builder"));
  }

  private TickEngine.Work work() {
    TickEngine.Work declared = blueprint.tasks().declared();
    List<DeclaredTask> all = new ArrayList<>(declared.tasks());
    if (upgrades.isPresent()) {
      UpgradeEngine engine = upgrades.get();
      all.add(
          new DeclaredTask(
              blueprint.upgrades().orElseThrow().look(blueprint.agent().value()),
              run -> engine.scheduled()));
    }
    memory.ifPresent(remembering -> all.addAll(remembering.tasks()));
    catchUp.ifPresent(asked -> all.add(asked.task()));
    return new TickEngine.Work(all, declared.handlers());
  }

  private TickSettings settings(Duration ttl) {
    TickSettings settings = TickSettings.withSilence(silence(ttl));
    return blueprint.tasks().executor().map(settings::executor).orElse(settings);
  }

  /**
   * Returns how long a claimant may be silent: three leases, but for the usual ones less, so that a
   * stalled run is noticed within 30 s.
   */
  static Duration silence(Duration ttl) {
    Duration three = ttl.multipliedBy(3);
    Duration usual = Duration.ofSeconds(19);
    Duration least = ttl.multipliedBy(19).dividedBy(10);
    Duration most = usual.compareTo(least) > 0 ? usual : least;
    return three.compareTo(most) < 0 ? three : most;
  }

  private void connect() {
    life.connect();
  }

  /** Looks for commands soon, and for missed deliveries when this process first leads. */
  void woken() {
    commands.wake();
    memory.ifPresent(MemoryDoor::woken);
    if (duties.fence().isPresent()) {
      catchUp.ifPresent(CatchUp::leads);
    }
  }

  private void upgradeEnded() {
    memory.ifPresent(MemoryDoor::standingChanged);
  }

  private boolean started() {
    return life.started();
  }

  private boolean connected() {
    return life.connected();
  }

  /** A candidate that died with its host or launcher comes back: the old version lets it. */
  private boolean attestedDead(InstanceId instance) {
    return blueprint
        .identity()
        .link()
        .filter(link -> link.attestsDeath(instance))
        .filter(link -> self.trial().isPresent() || !link.startsAgain(instance))
        .isPresent();
  }

  /** Does what commands tell. */
  private final class Told implements Commands.Effects {
    @Override
    public void restart(Consumer<String> givenUp) {
      life.restart(givenUp);
    }

    @Override
    public DeployResult deploy(UUID id, Optional<String> version) {
      return cloud.deploy(id, version);
    }

    @Override
    public Optional<DeployResult> deployed(UUID id) {
      return cloud.deployed(id);
    }
  }
}
