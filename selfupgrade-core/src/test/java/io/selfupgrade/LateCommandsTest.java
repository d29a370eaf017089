package io.selfupgrade;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.Version;
import io.selfupgrade.control.Command;
import io.selfupgrade.control.CommandStore.Entry;
import io.selfupgrade.control.CommandStore.State;
import io.selfupgrade.failover.InstanceRecord;
import io.selfupgrade.testkit.Eventually;
import io.selfupgrade.testkit.InMemoryPlatform.Mood;
import io.selfupgrade.upgrade.Deployment;
import io.selfupgrade.upgrade.DeploymentStore;
import io.selfupgrade.upgrade.Trigger;
import io.selfupgrade.upgrade.UpgradePhase;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Commands that something is in the way of, or that are seen to late. */
class LateCommandsTest extends CommandScene {

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
}
