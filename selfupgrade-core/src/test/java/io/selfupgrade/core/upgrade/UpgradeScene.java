package io.selfupgrade.core.upgrade;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.InstanceId;
import io.selfupgrade.agent.Version;
import io.selfupgrade.core.local.DirectoryReleases;
import io.selfupgrade.core.local.LauncherLink;
import io.selfupgrade.core.release.PullLimits;
import io.selfupgrade.core.release.ReleaseRecipe;
import io.selfupgrade.core.release.ReleaseTool;
import io.selfupgrade.core.release.SigningKeyFiles;
import io.selfupgrade.core.release.Staging;
import io.selfupgrade.failover.Acquisition;
import io.selfupgrade.failover.InstanceRecord;
import io.selfupgrade.failover.TakeOver;
import io.selfupgrade.launcher.Home;
import io.selfupgrade.testkit.InMemoryStore;
import io.selfupgrade.testkit.ManualClock;
import io.selfupgrade.upgrade.Install;
import io.selfupgrade.upgrade.Keys;
import io.selfupgrade.upgrade.Proof;
import io.selfupgrade.upgrade.Reason;
import io.selfupgrade.upgrade.Release;
import io.selfupgrade.upgrade.ReleaseCheck;
import io.selfupgrade.upgrade.StateVersions;
import io.selfupgrade.upgrade.StepResult;
import io.selfupgrade.upgrade.Trigger;
import io.selfupgrade.upgrade.Trust;
import io.selfupgrade.upgrade.UpgradeListener;
import io.selfupgrade.upgrade.UpgradeOutcome;
import io.selfupgrade.upgrade.UpgradePhase;
import io.selfupgrade.upgrade.UpgradeRecord;
import io.selfupgrade.upgrade.UpgradeTimes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.UnaryOperator;

/** An agent of version 1.0.0 that leads, in its slot, on a store in memory; and its releases. */
final class UpgradeScene {

  static final AgentName AGENT = new AgentName("bot");
  static final Instant START = Instant.parse("2026-03-01T12:00:00Z");
  static final Duration TTL = Duration.ofSeconds(10);
  static final long GIB = 1L << 30;

  final ManualClock clock = ManualClock.at(START);
  final InMemoryStore store = new InMemoryStore(clock);
  final Path root;
  final Path home;
  final LauncherLink link;
  final InstanceRecord self;
  final Side side = new Side();
  final ReleaseTool tool = new ReleaseTool(clock);
  final SigningKeyFiles key;

  UpgradeScene(Path root) throws Exception {
    this.root = root;
    this.home = root.resolve("home");
    this.key = tool.keygen(root, "release");
    memory(16 * GIB);
    tool.install(home, make("1.0.0"), trust());
    InstanceId instance = InstanceId.random();
    this.link = linkOf("1.0.0", instance);
    this.self =
        new InstanceRecord(
            instance,
            AGENT,
            Version.parse("1.0.0"),
            link.version().build(),
            Optional.empty(),
            true,
            "here");
    store.instances().register(self);
    side.fence = lead(self);
  }

  /** What the launcher tells the process of an installed version. */
  LauncherLink linkOf(String version) {
    return linkOf(version, self.id());
  }

  private LauncherLink linkOf(String version, InstanceId instance) {
    return LauncherLink.from(
            Map.of(
                "SELFUPGRADE_HOME", home.toString(),
                "SELFUPGRADE_SLOT", home.resolve("versions").resolve(version).toString(),
                "SELFUPGRADE_INSTANCE", instance.toString()))
        .orElseThrow();
  }

  Trust trust() throws IOException {
    return Trust.keys(Keys.file(key.publicKey()));
  }

  Fence lead(InstanceRecord instance) {
    Acquisition acquired =
        store.leadership().acquire(instance, new TakeOver.Expired(), Duration.ofDays(1000));
    assertThat(acquired).isInstanceOf(Acquisition.Acquired.class);
    return ((Acquisition.Acquired) acquired).fence();
  }

  /** Lets another instance take over from one that is dead for certain. */
  Fence takeOver(InstanceRecord instance, Fence lost) {
    store.instances().register(instance);
    Acquisition acquired =
        store
            .leadership()
            .acquire(
                instance,
                new TakeOver.Attested(lost.holder(), lost.epoch()),
                Duration.ofDays(1000));
    assertThat(acquired).isInstanceOf(Acquisition.Acquired.class);
    return ((Acquisition.Acquired) acquired).fence();
  }

  /** Makes this host have that much free memory. */
  void memory(long bytes) throws IOException {
    Files.createDirectories(root.resolve("proc"));
    Files.writeString(
        root.resolve("proc/meminfo"), "MemAvailable:   " + bytes / 1024 + " kB\nMemFree: 1 kB\n");
  }

  Path make(String version) throws Exception {
    return make(version, recipe -> recipe);
  }

  Path make(String version, UnaryOperator<ReleaseRecipe> more) throws Exception {
    Path jar = Files.createDirectories(root.resolve("input")).resolve("bot-" + version + ".jar");
    Files.writeString(jar, "jar of " + version);
    ReleaseRecipe recipe =
        ReleaseRecipe.of(AGENT.value(), Version.parse(version))
            .jar(jar)
            .heapMb(64)
            .state(StateVersions.FIRST);
    Path release = tool.make(root.resolve("releases"), more.apply(recipe));
    tool.sign(release, List.of(key.privateKey()));
    return release;
  }

  void publish(String version) throws Exception {
    publish(version, recipe -> recipe);
  }

  void publish(String version, UnaryOperator<ReleaseRecipe> more) throws Exception {
    tool.publish(make(version, more), "stable", List.of(key.privateKey()));
  }

  void publish(Path release, String channel) throws Exception {
    tool.publish(release, channel, List.of(key.privateKey()));
  }

  void index(Path release, Duration valid) throws Exception {
    tool.publish(
        release, "stable", Optional.of(clock.instant().plus(valid)), List.of(key.privateKey()));
  }

  Parts parts() throws Exception {
    return parts(Policy.DEFAULT);
  }

  /** The parts of an engine of this process, as they are after a start. */
  Parts parts(Policy policy) throws Exception {
    UpgradeSettings settings = settings(policy, List.of());
    StepLog log = new StepLog(store.journal(), self.id(), List.of());
    Situation situation =
        new Situation(store, self, settings, Host.launched(Optional.of(link)), side, log, clock);
    Seen seen = new Seen(AGENT, store.policies(), Optional.of(home.resolve("seen")), clock);
    KeysInForce keys =
        new KeysInForce(AGENT, store.policies(), settings.trust(), Optional.of(link));
    ReleaseFinder finder = new ReleaseFinder(AGENT, settings, keys, seen);
    HostMemory memory = new HostMemory(root.resolve("proc"), root.resolve("cgroup"));
    Staging staging = new Staging(link.home(), PullLimits.DEFAULT);
    return new Parts(situation, finder, keys, new Pipeline(situation, finder, staging, memory));
  }

  /** The same, of a process of 1.0.0 that a platform runs. */
  Parts deployedParts(Install.Deploying platform, List<ReleaseCheck> checks) throws Exception {
    UpgradeSettings given = settings(Policy.DEFAULT, List.of());
    UpgradeSettings settings =
        new UpgradeSettings(
            given.source(),
            given.trust(),
            given.policy(),
            given.times(),
            given.ttl(),
            new Checks(Map.of(), Map.of(), checks),
            List.of());
    StepLog log = new StepLog(store.journal(), self.id(), List.of());
    Situation situation =
        new Situation(
            store,
            deployed(self.id(), "1.0.0"),
            settings,
            Host.deployed(platform),
            side,
            log,
            clock);
    Seen seen = new Seen(AGENT, store.policies(), Optional.empty(), clock);
    KeysInForce keys = new KeysInForce(AGENT, store.policies(), settings.trust(), Optional.empty());
    ReleaseFinder finder = new ReleaseFinder(AGENT, settings, keys, seen);
    Staging staging = new Staging(Home.at(root.resolve("own")), PullLimits.DEFAULT);
    HostMemory memory = new HostMemory(root.resolve("none"), root.resolve("none"));
    return new Parts(situation, finder, keys, new Pipeline(situation, finder, staging, memory));
  }

  /** Describes an instance of a version that a platform runs. */
  static InstanceRecord deployed(InstanceId id, String version) {
    return new InstanceRecord(
        id, AGENT, Version.parse(version), "", Optional.empty(), false, "platform");
  }

  /** The engine of this process, as if it ran an installed version; not started. */
  UpgradeEngine engine(String version, List<UpgradeListener> listeners) throws IOException {
    InstanceRecord running =
        new InstanceRecord(
            self.id(),
            AGENT,
            Version.parse(version),
            linkOf(version).version().build(),
            Optional.empty(),
            true,
            "here");
    return new UpgradeEngine(
        store,
        running,
        settings(Policy.DEFAULT, listeners),
        Host.launched(Optional.of(linkOf(version))),
        side,
        clock);
  }

  private UpgradeSettings settings(Policy policy, List<UpgradeListener> listeners)
      throws IOException {
    return new UpgradeSettings(
        DirectoryReleases.in(root.resolve("releases")),
        trust(),
        policy,
        UpgradeTimes.DEFAULT,
        TTL,
        new Checks(Map.of(), Map.of(), List.of()),
        listeners);
  }

  /** Lets an upgrade to a build be confirmed; this process goes on under its fence. */
  void confirm(UpgradeRecord.Target target) {
    side.fence = handOver(target);
    UUID upgrade = store.journal().openUpgrade(AGENT).orElseThrow().id();
    store.journal().look(upgrade, self.version(), Optional.empty());
    assertThat(store.journal().confirm(side.fence, upgrade, TTL)).isTrue();
  }

  /** Hands over to a candidate of that build; returns its fence. */
  Fence handOver(UpgradeRecord.Target target) {
    var journal = store.journal();
    UUID upgrade = journal.open(side.fence, Trigger.MANUAL, self.version()).orElseThrow().id();
    journal.target(side.fence, upgrade, target);
    journal.move(side.fence, upgrade, UpgradePhase.OPEN, UpgradePhase.STAGED);
    journal.move(side.fence, upgrade, UpgradePhase.STAGED, UpgradePhase.TRIAL);
    InstanceId candidate = InstanceId.random();
    store
        .instances()
        .register(
            new InstanceRecord(
                candidate,
                AGENT,
                target.version(),
                target.manifestSha256(),
                Optional.of(upgrade),
                true,
                "here"));
    return journal
        .handOver(side.fence, upgrade, candidate, Duration.ofDays(9), Duration.ofHours(1))
        .orElseThrow();
  }

  /** Installs a version beside the running one, as an upgrade would have. */
  UpgradeRecord.Target install(String version) throws Exception {
    return install(version, recipe -> recipe);
  }

  UpgradeRecord.Target install(String version, UnaryOperator<ReleaseRecipe> more) throws Exception {
    Path other = root.resolve("other-" + version);
    tool.install(other, make(version, more), trust());
    Files.move(
        other.resolve("versions").resolve(version), home.resolve("versions").resolve(version));
    Release installed = SlotInstaller.read(home.resolve("versions").resolve(version));
    return new UpgradeRecord.Target(installed.version(), installed.id().manifestSha256());
  }

  static Reason reasonOf(StepResult<?> result) {
    assertThat(result).isInstanceOf(StepResult.Ended.class);
    return reasonOf(((StepResult.Ended<?>) result).outcome());
  }

  static Reason reasonOf(UpgradeOutcome outcome) {
    if (outcome instanceof UpgradeOutcome.Aborted aborted) {
      return aborted.reason();
    }
    if (outcome instanceof UpgradeOutcome.RolledBack back) {
      return back.reason();
    }
    assertThat(outcome).isInstanceOf(UpgradeOutcome.Refused.class);
    return ((UpgradeOutcome.Refused) outcome).reason();
  }

  static <T> T proof(StepResult<T> result) {
    assertThat(result).isInstanceOf(StepResult.Passed.class);
    return ((StepResult.Passed<T>) result).proof();
  }

  /** Parts of an engine. */
  record Parts(Situation situation, ReleaseFinder finder, KeysInForce keys, Pipeline pipeline) {

    StepResult<Proof.Available> check() {
      return pipeline.trigger(Trigger.MANUAL);
    }

    UpgradeRecord newest() {
      return situation.journal().history(AGENT, 1).get(0);
    }
  }

  /** The rest of an agent, which only counts what it is told. */
  static final class Side implements PrimarySide {

    Fence fence;
    int drained;
    boolean drainedInTrouble;
    int resumed;
    int left;
    Optional<Fence> given = Optional.empty();
    final ReentrantLock turn = new ReentrantLock();

    @Override
    public Lock turn() {
      return turn;
    }

    @Override
    public Optional<Fence> fence() {
      return given.isPresent() ? Optional.empty() : Optional.of(fence);
    }

    @Override
    public void closeAdmission() {
      // Nothing runs here.
    }

    @Override
    public void drain(Duration longest) {
      drained++;
      drainedInTrouble |= Thread.currentThread().isInterrupted();
    }

    @Override
    public void given(Fence handed) {
      given = Optional.of(handed);
    }

    @Override
    public void resume() {
      resumed++;
    }

    @Override
    public void taken(Fence taken) {
      fence = taken;
      given = Optional.empty();
    }

    @Override
    public boolean attestedDead(InstanceId instance) {
      return false;
    }

    @Override
    public void leave() {
      left++;
    }
  }
}
