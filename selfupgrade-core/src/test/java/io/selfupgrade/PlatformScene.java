package io.selfupgrade;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.InstanceId;
import io.selfupgrade.agent.Version;
import io.selfupgrade.core.local.DirectoryReleases;
import io.selfupgrade.core.release.ReleaseRecipe;
import io.selfupgrade.core.release.ReleaseTool;
import io.selfupgrade.core.release.SigningKeyFiles;
import io.selfupgrade.failover.PrimaryWork;
import io.selfupgrade.failover.Role;
import io.selfupgrade.schedule.Schedule;
import io.selfupgrade.testkit.Eventually;
import io.selfupgrade.testkit.FaultyStore;
import io.selfupgrade.testkit.InMemoryPlatform;
import io.selfupgrade.testkit.InMemoryStore;
import io.selfupgrade.upgrade.DeployTarget;
import io.selfupgrade.upgrade.Deployment;
import io.selfupgrade.upgrade.DeploymentStore;
import io.selfupgrade.upgrade.Install;
import io.selfupgrade.upgrade.KeptUntil;
import io.selfupgrade.upgrade.Keys;
import io.selfupgrade.upgrade.Reason;
import io.selfupgrade.upgrade.StepRecord;
import io.selfupgrade.upgrade.Trust;
import io.selfupgrade.upgrade.UpgradeOutcome;
import io.selfupgrade.upgrade.UpgradePhase;
import io.selfupgrade.upgrade.UpgradeRecord;
import io.selfupgrade.upgrade.UpgradeTimes;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/** Agents of one name on one store in memory, and a platform that starts them when it is asked. */
final class PlatformScene implements AutoCloseable {

  static final Duration SOON = Duration.ofSeconds(30);
  static final AgentName NAME = new AgentName("hosted");
  static final String OLD = "1.0.0";
  static final String NEW = "1.1.0";

  final InMemoryStore store = new InMemoryStore(Clock.systemUTC());
  final InMemoryPlatform platform = new InMemoryPlatform(KeptUntil.CONFIRMED, false);
  final List<Running> running = new CopyOnWriteArrayList<>();

  /** Versions whose critical path fails. */
  final Set<String> bad = ConcurrentHashMap.newKeySet();

  private final Map<String, Runnable> asked = new ConcurrentHashMap<>();
  private final Path releases;
  private final ReleaseTool tool = new ReleaseTool(Clock.systemUTC());
  private final SigningKeyFiles key;
  private Duration probation = Duration.ofMillis(300);
  private Duration within = Duration.ofSeconds(30);
  private Duration limit = Duration.ofSeconds(30);
  private UnaryOperator<Install.Deploying> install = how -> how;
  private DeployTarget target = platform;
  private Consumer<UpgradesBuilder> more = builder -> {};

  PlatformScene(Path root) throws Exception {
    this.releases = root.resolve("releases");
    this.key = tool.keygen(root, "release");
    platform.run(this::start);
  }

  /** An agent of the scene. */
  record Running(String version, FaultyStore store, SelfUpgrade agent, AtomicInteger working) {

    /** Cuts it off, as a kill or a frozen process is for all others. */
    void kill() {
      store.goAway();
    }

    boolean leads() {
      return agent.role() == Role.PRIMARY;
    }
  }

  PlatformScene probation(Duration time) {
    probation = time;
    return this;
  }

  /** Sets what happens whenever the critical path of a version is asked. */
  void whenItIsAsked(String version, Runnable what) {
    asked.put(version, what);
  }

  PlatformScene limit(Duration time) {
    limit = time;
    return this;
  }

  PlatformScene within(Duration time) {
    within = time;
    return this;
  }

  PlatformScene install(DeployTarget other, UnaryOperator<Install.Deploying> how) {
    target = other;
    install = how;
    return this;
  }

  PlatformScene upgrades(Consumer<UpgradesBuilder> how) {
    more = how;
    return this;
  }

  /** Starts an agent of a version, as the platform does. */
  Running start(String version) {
    FaultyStore own = FaultyStore.around(InMemoryStore.sharing(store));
    AtomicInteger working = new AtomicInteger();
    SelfUpgrade agent =
        SelfUpgrade.builder(NAME.value())
            .version(version)
            .store(own)
            .leaseTime(Duration.ofMillis(1200))
            .upgrades(
                u -> {
                  u.from(DirectoryReleases.in(releases))
                      .trust(Trust.keys(Keys.file(key.publicKey())))
                      .installBy(install.apply(Install.deploying(target).within(within)))
                      .lookAt(Schedule.every(Duration.ofDays(1)))
                      .times(times())
                      .criticalPath("answers", () -> answer(version));
                  more.accept(u);
                })
            .whilePrimary(PrimaryWork.of(working::incrementAndGet, working::decrementAndGet))
            .build();
    Running started = new Running(version, own, agent, working);
    running.add(started);
    agent.start();
    return started;
  }

  /** Starts an agent of a version that takes no part in upgrades. */
  Running startMute(String version) {
    FaultyStore own = FaultyStore.around(InMemoryStore.sharing(store));
    SelfUpgrade agent =
        SelfUpgrade.builder(NAME.value())
            .version(version)
            .store(own)
            .leaseTime(Duration.ofMillis(1200))
            .build();
    Running started = new Running(version, own, agent, new AtomicInteger());
    running.add(started);
    agent.start();
    return started;
  }

  private void start(Deployment deployment) {
    start(deployment.version().toString());
  }

  private UpgradeTimes times() {
    Duration second = Duration.ofSeconds(1);
    return new UpgradeTimes(second, second, second, probation, limit);
  }

  private void answer(String version) {
    asked.getOrDefault(version, () -> {}).run();
    if (bad.contains(version)) {
      throw new IllegalStateException("no answer");
    }
  }

  /** Starts the old version and waits until it leads. */
  Running lead() {
    Running old = start(OLD);
    Eventually.holds("1.0.0 works", SOON, () -> old.leads() && old.working().get() == 1);
    Eventually.holds(
        "it is confirmed", SOON, () -> store.journal().confirmedVersion(NAME).isPresent());
    return old;
  }

  void publish(String version) throws Exception {
    publish(version, recipe -> recipe);
  }

  void publish(String version, UnaryOperator<ReleaseRecipe> how) throws Exception {
    Path jar = Files.createDirectories(releases.resolveSibling("in")).resolve(version + ".jar");
    Files.writeString(jar, "jar of " + version);
    Path release =
        tool.make(
            releases, how.apply(ReleaseRecipe.of(NAME.value(), Version.parse(version)).jar(jar)));
    tool.sign(release, List.of(key.privateKey()));
    tool.publish(release, "stable", List.of(key.privateKey()));
  }

  /** Publishes the new version and has the old one go to it. */
  void upgrade(Running old) throws Exception {
    publish(NEW);
    old.agent().upgrades().request();
  }

  UpgradeRecord upgrade() {
    return store.journal().history(NAME, 1).get(0);
  }

  void awaitPhase(UpgradePhase phase) {
    Eventually.holds(
        "the upgrade is " + phase,
        SOON,
        () -> !store.journal().history(NAME, 1).isEmpty() && upgrade().phase() == phase);
  }

  UpgradeOutcome outcome() {
    Eventually.holds(
        "the upgrade is over",
        SOON,
        () -> store.journal().history(NAME, 1).stream().anyMatch(row -> row.phase().isFinal()));
    return upgrade().outcome().orElseThrow();
  }

  Running newest() {
    return running.get(running.size() - 1);
  }

  List<String> accepted() {
    return platform.accepted().stream().map(one -> one.version().toString()).toList();
  }

  List<DeploymentStore.State> deployments() {
    return store.deployments().history(NAME, 10).stream()
        .map(DeploymentStore.Entry::state)
        .toList();
  }

  List<String> steps(StepRecord.Event event) {
    return store.journal().steps(upgrade().id()).stream()
        .filter(step -> step.event() == event)
        .map(StepRecord::detail)
        .toList();
  }

  boolean living(Running one) {
    InstanceId id = one.agent().instance();
    return store.instances().living(NAME).stream()
        .anyMatch(status -> status.record().id().equals(id));
  }

  /** Waits until an agent has left by itself: nothing of it is connected any more. */
  void awaitLeft(Running one) {
    Eventually.holds(one.version() + " has left", SOON, () -> !living(one) && !one.leads());
  }

  void awaitLeads(Running one) {
    Eventually.holds(
        one.version() + " leads and works", SOON, () -> one.leads() && one.working().get() == 1);
  }

  static Reason reasonOf(UpgradeOutcome outcome) {
    if (outcome instanceof UpgradeOutcome.Aborted aborted) {
      return aborted.reason();
    }
    if (outcome instanceof UpgradeOutcome.RolledBack back) {
      return back.reason();
    }
    assertThat(outcome).isInstanceOf(UpgradeOutcome.RollbackFailed.class);
    return ((UpgradeOutcome.RollbackFailed) outcome).reason();
  }

  @Override
  public void close() {
    List<Running> all = new ArrayList<>(running);
    all.forEach(one -> one.agent().close());
  }
}
