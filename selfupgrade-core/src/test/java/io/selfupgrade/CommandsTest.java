package io.selfupgrade;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.InstanceId;
import io.selfupgrade.agent.Version;
import io.selfupgrade.control.Command;
import io.selfupgrade.control.CommandStore.Entry;
import io.selfupgrade.control.CommandStore.State;
import io.selfupgrade.failover.Acquisition;
import io.selfupgrade.failover.Drain;
import io.selfupgrade.failover.InstanceRecord;
import io.selfupgrade.failover.Primary;
import io.selfupgrade.failover.PrimaryWork;
import io.selfupgrade.failover.Role;
import io.selfupgrade.failover.TakeOver;
import io.selfupgrade.store.AgentStore;
import io.selfupgrade.supabase.PostgresStore;
import io.selfupgrade.testkit.Eventually;
import io.selfupgrade.testkit.FaultyStore;
import io.selfupgrade.testkit.InMemoryPlatform;
import io.selfupgrade.testkit.InMemoryPlatform.Mood;
import io.selfupgrade.testkit.InMemoryStore;
import io.selfupgrade.upgrade.DeployTarget;
import io.selfupgrade.upgrade.Deployment;
import io.selfupgrade.upgrade.DeploymentStore;
import io.selfupgrade.upgrade.Install;
import io.selfupgrade.upgrade.KeptUntil;
import io.selfupgrade.upgrade.Trigger;
import io.selfupgrade.upgrade.UpgradeJournal;
import io.selfupgrade.upgrade.UpgradePhase;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Commands from beside the agent, carried out by its primary. */
class CommandsTest {

  private static final Duration SOON = Duration.ofSeconds(20);
  private static final AgentName NAME = new AgentName("commanded");

  private final AheadClock clock = new AheadClock();
  private final InMemoryStore rows = new InMemoryStore(clock);
  private final FaultyStore store = FaultyStore.around(rows);
  private final InMemoryPlatform platform = new InMemoryPlatform(KeptUntil.CONFIRMED, false);
  private final AtomicBoolean working = new AtomicBoolean();
  private final List<Agent> agents = new ArrayList<>();
  private final Counting counting = new Counting();
  private final SelfUpgrade agent =
      SelfUpgrade.builder(NAME.value()).version("1.4.0").store(store).deployTo(counting).build();

  @AfterEach
  void close() {
    agent.close();
  }

  @Test
  void aDeploymentIsCarriedOutOnceUnderTheCommandsId() {
    lead(agent);

    UUID command = file(Command.Wish.deploy("key-1"));

    Entry end = settled(command);
    assertThat(end.state()).as(end.note()).isEqualTo(State.DONE);
    assertThat(end.note()).contains("memory was asked to run 1.4.0");
    assertThat(platform.accepted())
        .singleElement()
        .satisfies(deployment -> assertThat(deployment.id()).isEqualTo(command));
  }

  @Test
  void anEndThatWasNotRecordedIsNoSecondDeployment() {
    lead(agent);
    store.failNext("settle", FaultyStore.Moment.BEFORE);

    UUID command = file(Command.Wish.deploy("key-1"));
    Eventually.holds("the platform has it", SOON, () -> !platform.accepted().isEmpty());

    assertThat(settled(command).state()).isEqualTo(State.DONE);
    assertThat(platform.accepted()).hasSize(1);
  }

  @Test
  void anotherVersionThanTheConfirmedOneIsRefused() {
    lead(agent);

    UUID command =
        file(
            new Command.Wish("key-1", Command.DEPLOY, Optional.of("1.3.0"), Duration.ofMinutes(5)));

    Entry end = settled(command);
    assertThat(end.state()).isEqualTo(State.REFUSED);
    assertThat(end.note()).contains("1.3.0 is wanted", "1.4.0 is the confirmed one");
    assertThat(platform.accepted()).isEmpty();
  }

  @Test
  void aFrozenAgentRefusesToDeploy() {
    lead(agent);
    agent.freeze("an audit");

    Entry end = settled(file(Command.Wish.deploy("key-1")));

    assertThat(end.state()).isEqualTo(State.REFUSED);
    assertThat(end.note()).contains("an audit");
  }

  @Test
  void aRefusalOfThePlatformIsTheCommandsEnd() {
    lead(agent);
    platform.be(Mood.REFUSES);

    Entry end = settled(file(Command.Wish.deploy("key-1")));

    assertThat(end.state()).isEqualTo(State.FAILED);
    assertThat(end.note()).contains("the platform refuses");
  }

  @Test
  void withoutAPlatformItIsRefusedWithTheBuilderCall() {
    try (SelfUpgrade nowhere =
        SelfUpgrade.builder(NAME.value()).version("1.4.0").store(store).build()) {
      lead(nowhere);

      Entry end = settled(file(Command.Wish.deploy("key-1")));

      assertThat(end.state()).isEqualTo(State.REFUSED);
      assertThat(end.note()).contains("deployTo(...)");
    }
  }

  @Test
  void withoutALauncherARestartIsRefusedWithWhatToDo() {
    lead(agent);

    Entry end = settled(file(Command.Wish.restart("key-1")));

    assertThat(end.state()).isEqualTo(State.REFUSED);
    assertThat(end.note()).contains("not started by the launcher");
  }

  @Test
  void whoTakesThePlaceOfARestartedProcessSettlesTheRestart() {
    InstanceRecord before = registered();
    Fence first = acquired(before);
    UUID command = file(Command.Wish.restart("key-1"));
    assertThat(rows.commands().take(first)).isPresent();
    rows.leadership().release(first);

    lead(agent);

    Entry end = settled(command);
    assertThat(end.state()).isEqualTo(State.DONE);
    assertThat(end.note()).contains("in the place of " + before.id());
  }

  @Test
  void theDeploymentThatFollowsAnUpgradeWaitsForItsGoodEnd() {
    lead(agent);
    UUID command = rows.commands().fileUpgradeAndDeploy(NAME, "key-1").command();
    Fence fence = rows.leadership().read(NAME).orElseThrow().fence();
    UpgradeJournal journal = rows.journal();
    UUID upgrade = journal.open(fence, Trigger.MANUAL, agent.version()).orElseThrow().id();
    assertThat(journal.answerRequests(fence, upgrade)).isTrue();
    assertThat(state(command)).isEqualTo(State.WAITING);
    assertThat(platform.accepted()).isEmpty();

    assertThat(
            journal.move(
                fence, upgrade, UpgradePhase.OPEN, UpgradePhase.UP_TO_DATE, Optional.empty()))
        .isTrue();

    Entry end = settled(command);
    assertThat(end.state()).as(end.note()).isEqualTo(State.DONE);
    assertThat(rows.deployments().history(NAME, 10))
        .extracting(DeploymentStore.Entry::state)
        .containsExactly(DeploymentStore.State.DISPATCHED);
  }

  @Test
  void aDeploymentThatMeetsAnUpgradeByThePlatformWaitsForItsEnd() {
    try (SelfUpgrade deployed = deployedByItsPlatform()) {
      lead(deployed);
      Eventually.holds("it has seen to what was open before it led", SOON, working::get);
      Fence fence = rows.leadership().read(NAME).orElseThrow().fence();
      UUID upgrade =
          rows.journal().open(fence, Trigger.SCHEDULED, deployed.version()).orElseThrow().id();
      UUID command = file(Command.Wish.deploy("key-1"));
      awaitPutBack(command, "an upgrade is under way");
      UUID restart = file(Command.Wish.restart("key-2"));
      assertThat(settled(restart).state()).as("it blocks nobody").isEqualTo(State.REFUSED);
      assertThat(state(command)).isEqualTo(State.WAITING);
      assertThat(platform.accepted()).isEmpty();
      boolean ended =
          rows.journal()
              .move(fence, upgrade, UpgradePhase.OPEN, UpgradePhase.UP_TO_DATE, Optional.empty());
      assertThat(ended).isTrue();

      clock.goOn(Duration.ofSeconds(15));

      assertThat(settled(command).state()).isEqualTo(State.DONE);
      assertThat(platform.accepted()).hasSize(1);
    }
  }

  @Test
  void aPlatformThatIsAwayIsAskedForTheSameAgainAfterLongerAndLongerPauses() {
    lead(agent);
    platform.be(Mood.AWAY);
    UUID command = file(Command.Wish.deploy("key-1"));
    awaitPutBack(command, "the platform cannot be reached");
    assertThat(settled(file(Command.Wish.restart("key-2"))).state())
        .as("it blocks nobody")
        .isEqualTo(State.REFUSED);
    UUID deployment = rows.deployments().history(NAME, 1).get(0).deployment().id();
    assertThat(deployment).isEqualTo(command);
    for (long seconds : new long[] {15, 60, 300, 900, 900}) {
      clock.goOn(Duration.ofSeconds(seconds - 1));
      stirred();
      assertThat(state(command)).isEqualTo(State.WAITING);
      int before = counting.asked.get();
      clock.goOn(Duration.ofSeconds(1));
      Eventually.holds(
          "it is tried again after " + seconds + " s",
          SOON,
          () -> stirred() && counting.asked.get() > before && state(command) == State.WAITING);
    }
    platform.be(Mood.TAKES);

    clock.goOn(Duration.ofMinutes(15));

    assertThat(settled(command).state()).isEqualTo(State.DONE);
    assertThat(platform.accepted()).hasSize(1);
  }

  @Test
  void aPlatformThatStaysAwayIsTheReasonWhenTheTimeIsOver() {
    lead(agent);
    platform.be(Mood.AWAY);
    UUID command = file(Command.Wish.deploy("key-1"));
    awaitPutBack(command, "the platform cannot be reached");

    clock.goOn(Command.Wish.DEFAULT_TIME);

    Entry end = settled(command);
    assertThat(end.state()).isEqualTo(State.EXPIRED);
    assertThat(end.note()).contains("time to live", "the platform cannot be reached");
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 24})
  void whatWasDispatchedIsDoneWhateverIsInTheWayByNow(long hours) {
    InstanceRecord before = registered();
    Fence first = acquired(before);
    UUID command = file(Command.Wish.deploy("key-1"));
    assertThat(rows.commands().take(first)).isPresent();
    Deployment deployment = new Deployment(command, NAME, agent.version());
    assertThat(rows.deployments().begin(first, deployment, platform.name())).isPresent();
    assertThat(rows.deployments().settle(first, command, DeploymentStore.State.DISPATCHED, "run 7"))
        .isTrue();
    rows.journal().freeze(NAME, "an audit");
    clock.goOn(Duration.ofHours(hours));
    rows.leadership().release(first);

    lead(agent);

    Entry end = settled(command);
    assertThat(end.state()).as(end.note()).isEqualTo(State.DONE);
    assertThat(end.note()).contains("run 7");
    assertThat(platform.accepted()).isEmpty();
  }

  @Test
  void aRestartThatWasCarriedOutIsDoneHoweverLateThatIsSeen() {
    InstanceRecord before = registered();
    Fence first = acquired(before);
    UUID command = file(Command.Wish.restart("key-1"));
    assertThat(rows.commands().take(first)).isPresent();
    clock.goOn(Duration.ofDays(1));
    rows.leadership().release(first);

    lead(agent);

    assertThat(settled(command).state()).isEqualTo(State.DONE);
  }

  @Test
  void whatWasBegunForAVersionThatIsNoMoreTheConfirmedOneIsNotGoneOnWith() {
    InstanceRecord before = registered();
    Fence first = acquired(before);
    UUID command = file(Command.Wish.deploy("key-1"));
    Deployment older = new Deployment(command, NAME, Version.parse("1.3.0"));
    assertThat(rows.deployments().begin(first, older, platform.name())).isPresent();
    rows.leadership().release(first);

    lead(agent);

    Entry end = settled(command);
    assertThat(end.state()).isEqualTo(State.REFUSED);
    assertThat(end.note()).contains("1.3.0 is wanted", "not known whether the platform has heard");
    assertThat(platform.accepted()).isEmpty();
  }

  @Test
  void whatWasTakenInTimeAndNotBegunIsNotBegunLater() {
    Fence first = acquired(registered());
    UUID command = file(Command.Wish.deploy("key-1"));
    assertThat(rows.commands().take(first)).isPresent();
    clock.goOn(Duration.ofDays(1));
    rows.leadership().release(first);

    lead(agent);

    Entry end = settled(command);
    assertThat(end.state()).isEqualTo(State.FAILED);
    assertThat(end.note()).contains("the platform was not asked");
    assertThat(platform.accepted()).isEmpty();
  }

  /** The time of day, and how far a test has gone on from it. */
  private static final class AheadClock extends Clock {
    private volatile Duration ahead = Duration.ZERO;

    void goOn(Duration time) {
      ahead = ahead.plus(time);
    }

    @Override
    public Instant instant() {
      return Clock.systemUTC().instant().plus(ahead);
    }

    @Override
    public ZoneId getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
      throw new UnsupportedOperationException();
    }
  }

  /** Counts how often the platform is asked. */
  private final class Counting implements DeployTarget {
    final AtomicInteger asked = new AtomicInteger();

    @Override
    public String name() {
      return platform.name();
    }

    @Override
    public String deploy(Deployment deployment) {
      asked.incrementAndGet();
      return platform.deploy(deployment);
    }
  }

  private SelfUpgrade deployedByItsPlatform() {
    PrimaryWork work =
        new PrimaryWork() {
          @Override
          public void start(Primary primary) {
            working.set(true);
          }

          @Override
          public void stop(Drain drain) {
            working.set(false);
          }
        };
    return SelfUpgrade.builder(NAME.value())
        .version("1.4.0")
        .store(store)
        .whilePrimary(work)
        .upgrades(u -> WrongSettings.usable(u).installBy(Install.deploying(platform)))
        .build();
  }

  private void awaitPutBack(UUID command, String why) {
    Eventually.holds(
        "it waits again: " + why, SOON, () -> stirred() && entry(command).note().contains(why));
  }

  @Test
  void aCommandThatIsTooOldIsNotCarriedOut() {
    Fence first = acquired(registered());
    UUID command =
        file(new Command.Wish("key-1", Command.DEPLOY, Optional.empty(), Duration.ofMillis(1)));
    rows.leadership().release(first);

    lead(agent);

    assertThat(settled(command).state()).isEqualTo(State.EXPIRED);
    assertThat(platform.accepted()).isEmpty();
  }

  /** The job auto-upgrade-check knows by the task's name that an agent upgrades itself. */
  @Test
  void theJobOfTheDatabaseKnowsTheTaskThatLooksForReleases() throws IOException {
    try (InputStream in =
        PostgresStore.class.getResourceAsStream(
            "/supabase/migrations/20261101000800_control.sql")) {
      assertThat(new String(in.readAllBytes(), StandardCharsets.UTF_8))
          .contains("t.name = '" + new UpgradesBuilder().look("x").name() + "'");
    }
  }

  private InstanceRecord registered() {
    rows.open(AgentStore.SchemaMode.APPLY);
    InstanceRecord record =
        new InstanceRecord(
            InstanceId.random(), NAME, agent.version(), "", Optional.empty(), false, "elsewhere");
    rows.instances().register(record);
    return record;
  }

  private Fence acquired(InstanceRecord record) {
    return ((Acquisition.Acquired)
            rows.leadership().acquire(record, new TakeOver.Expired(), Duration.ofMinutes(1)))
        .fence();
  }

  private UUID file(Command.Wish wish) {
    return rows.commands().file(NAME, wish).command();
  }

  private State state(UUID command) {
    return entry(command).state();
  }

  private Entry entry(UUID command) {
    return newest().stream().filter(one -> one.id().equals(command)).findFirst().orElseThrow();
  }

  private Entry settled(UUID command) {
    Eventually.holds(
        "the command ends",
        SOON,
        () -> {
          stirred();
          return state(command).isFinal();
        });
    return entry(command);
  }

  /** In memory nobody is woken by a row. */
  private boolean stirred() {
    agents.forEach(Agent::woken);
    return true;
  }

  private List<Entry> newest() {
    return rows.commands().newest(NAME, 10);
  }

  private void lead(SelfUpgrade one) {
    one.start();
    agents.add((Agent) one);
    Eventually.holds("it leads", SOON, () -> one.role() == Role.PRIMARY);
  }
}
