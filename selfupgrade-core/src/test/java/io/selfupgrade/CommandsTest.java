package io.selfupgrade;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.agent.Fence;
import io.selfupgrade.control.Command;
import io.selfupgrade.control.CommandStore.Entry;
import io.selfupgrade.control.CommandStore.State;
import io.selfupgrade.failover.InstanceRecord;
import io.selfupgrade.supabase.PostgresStore;
import io.selfupgrade.testkit.Eventually;
import io.selfupgrade.testkit.FaultyStore;
import io.selfupgrade.testkit.InMemoryPlatform.Mood;
import io.selfupgrade.upgrade.DeploymentStore;
import io.selfupgrade.upgrade.Trigger;
import io.selfupgrade.upgrade.UpgradeJournal;
import io.selfupgrade.upgrade.UpgradePhase;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Commands from beside the agent, carried out by its primary. */
class CommandsTest extends CommandScene {

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
  void aCommandThatIsTooOldIsNotCarriedOut() {
    Fence first = acquired(registered());
    UUID command =
        file(new Command.Wish("key-1", Command.DEPLOY, Optional.empty(), Duration.ofMillis(1)));
    clock.goOn(Duration.ofMillis(2));
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
}
