package io.selfupgrade;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selfupgrade.agent.ConfigurationException;
import io.selfupgrade.agent.Version;
import io.selfupgrade.core.local.DirectoryReleases;
import io.selfupgrade.core.release.ReleaseRecipe;
import io.selfupgrade.core.release.ReleaseTool;
import io.selfupgrade.core.release.SigningKeyFiles;
import io.selfupgrade.failover.Drain;
import io.selfupgrade.failover.Primary;
import io.selfupgrade.failover.PrimaryWork;
import io.selfupgrade.failover.Role;
import io.selfupgrade.schedule.Schedule;
import io.selfupgrade.testkit.Eventually;
import io.selfupgrade.testkit.FaultyStore;
import io.selfupgrade.testkit.InMemoryStore;
import io.selfupgrade.upgrade.CheckResult;
import io.selfupgrade.upgrade.Keys;
import io.selfupgrade.upgrade.Proof;
import io.selfupgrade.upgrade.ReasonCode;
import io.selfupgrade.upgrade.StepResult;
import io.selfupgrade.upgrade.Trigger;
import io.selfupgrade.upgrade.Trust;
import io.selfupgrade.upgrade.UpgradeOutcome;
import io.selfupgrade.upgrade.Upgrades;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One agent in this JVM, without a launcher, on the in-memory store. */
class SelfUpgradeTest {

  private static final Duration SOON = Duration.ofSeconds(20);

  @TempDir Path directory;

  private final InMemoryStore memory = new InMemoryStore(Clock.systemUTC());
  private final FaultyStore store = FaultyStore.around(memory);
  private final ReleaseTool tool = new ReleaseTool(Clock.systemUTC());
  private SigningKeyFiles key;
  private SelfUpgrade agent;

  @BeforeEach
  void makeKey() throws IOException {
    key = tool.keygen(directory, "release");
    Files.createDirectories(directory.resolve("releases"));
  }

  @AfterEach
  void close() {
    store.comeBack();
    if (agent != null) {
      agent.close();
    }
  }

  @Test
  void withoutAReleaseItIsUpToDate() throws Exception {
    start();

    assertThat(agent.upgrade()).isEqualTo(new UpgradeOutcome.UpToDate(agent.version()));
    assertThat(agent.checkForUpdates()).isEmpty();
  }

  @Test
  void withoutALauncherAllWorksButApply() throws Exception {
    start();
    publish("1.1.0");
    Upgrades upgrades = agent.upgrades();

    Proof.Available available = upgrades.trigger(Trigger.MANUAL).proof();
    Proof.Staged staged = upgrades.pull(available).proof();
    Proof.Validated validated = upgrades.validate(staged).proof();
    Proof.Prepared prepared = upgrades.backup(validated).proof();
    StepResult<Proof.Applied> applied = upgrades.deploy(prepared);

    assertThat(applied).isInstanceOf(StepResult.Ended.class);
    UpgradeOutcome outcome = ((StepResult.Ended<Proof.Applied>) applied).outcome();
    assertThat(((UpgradeOutcome.Refused) outcome).reason().code())
        .isEqualTo(ReasonCode.NO_INSTALLER);
    assertThat(upgrades.history(1).get(0).outcome()).contains(outcome);
  }

  @Test
  void aProofIsGoodForOneStepOnce() throws Exception {
    start();
    publish("1.1.0");
    Proof.Available available = agent.upgrades().trigger(Trigger.MANUAL).proof();
    agent.upgrades().pull(available).proof();

    assertThatThrownBy(() -> agent.upgrades().pull(available))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("STAGED");
  }

  @Test
  void aSecondTriggerDoesNotOpenASecondUpgrade() throws Exception {
    start();
    publish("1.1.0");
    agent.upgrades().trigger(Trigger.MANUAL).proof();

    assertThatThrownBy(() -> agent.upgrades().trigger(Trigger.MANUAL))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("join it");
  }

  @Test
  void aFrozenAgentAbortsAndSaysHowToEndIt() throws Exception {
    start();
    publish("1.1.0");

    agent.freeze("the weekend");

    CheckResult found = agent.upgrades().check();
    assertThat(((CheckResult.NotAcceptable) found).reason().code()).isEqualTo(ReasonCode.FROZEN);
    assertThat(agent.upgrade()).isInstanceOf(UpgradeOutcome.Aborted.class);
    agent.unfreeze();
    assertThat(agent.checkForUpdates()).isPresent();
  }

  @Test
  void whatIsNotConfiguredNamesTheBuilderCall() {
    agent = SelfUpgrade.builder("bare").store(store).build();

    assertThatThrownBy(agent::upgrade)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("upgrades(u -> u.from(...)");
  }

  @Test
  void wrongSettingsAreNamedAllAtOnce() {
    assertThatThrownBy(
            () ->
                SelfUpgrade.builder("no spaces please")
                    .leaseTime(Duration.ofMillis(1))
                    .upgrades(u -> {})
                    .task("t", Schedule.cron("61 * * * *", ZoneOffset.UTC), run -> {})
                    .build())
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("no spaces please")
        .hasMessageContaining("call store(")
        .hasMessageContaining("u.from(")
        .hasMessageContaining("u.trust(")
        .hasMessageContaining("leaseTime")
        .hasMessageContaining("minute");
  }

  @Test
  void workAndTasksFollowTheLead() throws Exception {
    BlockingQueue<String> heard = new LinkedBlockingQueue<>();
    CountDownLatch ticked = new CountDownLatch(2);
    agent =
        SelfUpgrade.builder("worker")
            .store(store)
            .leaseTime(Duration.ofMillis(900))
            .whilePrimary(recording(heard))
            .task("tick", Schedule.every(Duration.ofMillis(20)), run -> ticked.countDown())
            .build();
    agent.start();

    assertThat(heard.poll(20, TimeUnit.SECONDS)).isEqualTo("start 1");
    assertThat(ticked.await(20, TimeUnit.SECONDS)).isTrue();
    store.goAway();
    assertThat(heard.poll(20, TimeUnit.SECONDS)).isEqualTo("stop LEASE_LOST");
    store.comeBack();
    assertThat(heard.poll(20, TimeUnit.SECONDS)).startsWith("start ");
    agent.close();
    assertThat(heard.poll(20, TimeUnit.SECONDS)).isEqualTo("stop STOPPING");
  }

  @Test
  void workThatCannotStartHerePassesToAStandby() throws Exception {
    AtomicInteger tries = new AtomicInteger();
    PrimaryWork broken =
        new PrimaryWork() {
          @Override
          public void start(Primary primary) {
            tries.incrementAndGet();
            throw new IllegalStateException("the port is taken on this host");
          }

          @Override
          public void stop(Drain drain) {}
        };
    BlockingQueue<String> heard = new LinkedBlockingQueue<>();
    agent = passing(broken);
    agent.start();
    Eventually.holds("its start has failed", SOON, () -> tries.get() > 0);
    try (SelfUpgrade standby = passing(recording(heard))) {
      standby.start();

      assertThat(heard.poll(20, TimeUnit.SECONDS)).isEqualTo("start 2");
      Eventually.holds("the first follows", SOON, () -> agent.role() == Role.STANDBY);
    }
  }

  private SelfUpgrade passing(PrimaryWork work) {
    return SelfUpgrade.builder("passing")
        .version("1.0.0")
        .store(InMemoryStore.sharing(memory))
        .whilePrimary(work)
        .build();
  }

  @Test
  void nothingRunsBeforeTheStartAndNothingAfterTheClose() throws Exception {
    List<String> before = threads();
    agent = builder().build();
    assertThat(threads()).isEqualTo(before);
    agent.start();
    Eventually.holds("it leads", SOON, () -> agent.role() == Role.PRIMARY);

    agent.close();

    Eventually.holds("its threads are gone", SOON, () -> threads().equals(before));
  }

  @Test
  void aStoreThatIsAwayAtTheStartIsTriedAgain() {
    agent = builder().build();
    store.goAway();
    agent.start();
    assertThat(agent.role()).isEqualTo(Role.STANDBY);

    store.comeBack();

    Eventually.holds("it leads", SOON, () -> agent.role() == Role.PRIMARY);
  }

  @Test
  void awaitStopReturnsAfterStop() throws Exception {
    start();
    CountDownLatch returned = new CountDownLatch(1);
    Thread main =
        new Thread(
            () -> {
              try {
                agent.awaitStop();
                returned.countDown();
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            });
    main.start();

    agent.stop();

    assertThat(returned.await(20, TimeUnit.SECONDS)).isTrue();
  }

  private void start() {
    agent = builder().build();
    agent.start();
    Eventually.holds("it leads", SOON, () -> agent.role() == Role.PRIMARY);
    Eventually.holds(
        "it is ready",
        SOON,
        () -> store.instances().find(agent.instance()).orElseThrow().epoch() > 0);
  }

  private SelfUpgradeBuilder builder() {
    return SelfUpgrade.builder("tested")
        .version("1.0.0")
        .store(store)
        .upgrades(
            u ->
                u.from(DirectoryReleases.in(directory.resolve("releases")))
                    .trust(Trust.keys(Keys.file(key.publicKey()))));
  }

  private void publish(String version) throws Exception {
    Path jar = Files.writeString(directory.resolve("agent.jar"), "not a jar");
    Path release =
        tool.make(
            directory.resolve("releases"),
            ReleaseRecipe.of("tested", Version.parse(version)).jar(jar));
    tool.sign(release, List.of(key.privateKey()));
    tool.publish(release, "stable", List.of(key.privateKey()));
  }

  private static List<String> threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .map(Thread::getName)
        .filter(name -> name.startsWith("selfupgrade"))
        .sorted()
        .toList();
  }

  private static PrimaryWork recording(BlockingQueue<String> heard) {
    return new PrimaryWork() {
      @Override
      public void start(Primary primary) {
        heard.add("start " + primary.epoch());
      }

      @Override
      public void stop(Drain drain) {
        heard.add("stop " + drain.reason());
      }
    };
  }
}
