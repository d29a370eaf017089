package io.selfupgrade.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.agent.Fence;
import io.selfupgrade.control.Command;
import io.selfupgrade.control.CommandStore;
import io.selfupgrade.control.CommandStore.Entry;
import io.selfupgrade.control.CommandStore.Filed;
import io.selfupgrade.control.CommandStore.State;
import io.selfupgrade.upgrade.Trigger;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;

/** Obligations of {@link CommandStore}. */
abstract class CommandStoreContract extends StoreContract {

  @Test
  void oneCommandIsFiledForAKey() {
    scene.lead();
    Filed first = file(Command.Wish.restart("key-1"));

    Filed again = file(Command.Wish.restart("key-1"));

    assertThat(first.fresh()).isTrue();
    assertThat(again).isEqualTo(new Filed(first.command(), false));
    assertThat(newest())
        .singleElement()
        .satisfies(
            entry -> {
              assertThat(entry.id()).isEqualTo(first.command());
              assertThat(entry.kind()).isEqualTo(Command.RESTART);
              assertThat(entry.state()).isEqualTo(State.WAITING);
              assertThat(entry.attempts()).isZero();
              assertThat(entry.note()).isEmpty();
            });
  }

  @Test
  void aKeyStaysThatOfItsCommandWhenThatHasEnded() {
    Fence fence = scene.lead();
    Filed first = file(Command.Wish.restart("key-1"));
    settled(fence, State.DONE, "done");

    assertThat(file(Command.Wish.restart("key-1"))).isEqualTo(new Filed(first.command(), false));
    assertThat(file(Command.Wish.restart("key-2")).fresh()).isTrue();
  }

  @Test
  void wishesThatAreTheSameAreOneCommandWhileItWaits() {
    Fence fence = scene.lead();
    Filed restart = file(Command.Wish.restart("key-1"));
    Filed deploy = file(Command.Wish.deploy("key-2"));
    Filed exactly =
        file(new Command.Wish("key-3", Command.DEPLOY, Optional.of("1.0.0"), Duration.ofHours(1)));

    assertThat(file(Command.Wish.restart("key-4"))).isEqualTo(new Filed(restart.command(), false));

    assertThat(List.of(restart.command(), deploy.command(), exactly.command()))
        .doesNotHaveDuplicates();
    assertThat(store.commands().take(fence)).isPresent();
    assertThat(file(Command.Wish.restart("key-5")).fresh())
        .as("the one that is under way may be too far for this wish")
        .isTrue();
  }

  @Test
  void aKeyThatComesWithAnotherWishIsRefused() {
    scene.lead();
    file(Command.Wish.restart("key-1"));

    assertThatThrownBy(() -> file(Command.Wish.deploy("key-1")))
        .asInstanceOf(InstanceOfAssertFactories.type(AdapterException.class))
        .satisfies(e -> assertThat(e.retryable()).isFalse())
        .satisfies(e -> assertThat(e).hasMessageContaining("key-1 was used for another wish"));
    assertThatThrownBy(() -> store.commands().fileUpgradeAndDeploy(scene.agent, "key-1"))
        .hasMessageContaining("another wish");
    assertThat(newest()).hasSize(1);
    assertThat(store.journal().waitingRequest(scene.agent)).isEmpty();
  }

  @Test
  void anAgentThatNeverWasStartedIsRefused() {
    assertThatThrownBy(() -> file(Command.Wish.restart("key-1")))
        .asInstanceOf(InstanceOfAssertFactories.type(AdapterException.class))
        .satisfies(e -> assertThat(e.retryable()).isFalse())
        .satisfies(e -> assertThat(e).hasMessageContaining("no agent"));
    assertThat(newest()).isEmpty();
  }

  @Test
  void severalThatFileAtOnceFileOne() {
    scene.lead();

    List<Filed> filed = inThreads(index -> file(Command.Wish.restart("key-1")));

    assertThat(filed.stream().map(Filed::command).distinct()).hasSize(1);
    assertThat(filed.stream().filter(Filed::fresh)).hasSize(1);
    assertThat(newest()).hasSize(1);
  }

  @Test
  void theOldestIsTakenAndCounted() {
    Fence fence = scene.lead();
    assertThat(store.commands().take(fence)).isEmpty();
    UUID restart = file(Command.Wish.restart("key-1")).command();
    file(new Command.Wish("key-2", Command.DEPLOY, Optional.of("1.0.0"), Duration.ofHours(1)));

    Command first = store.commands().take(fence).orElseThrow();

    assertThat(first.id()).isEqualTo(restart);
    assertThat(first.kind()).isEqualTo(Command.RESTART);
    assertThat(first.version()).isEmpty();
    assertThat(first.attempt()).isEqualTo(1);
    assertThat(first.takenBefore()).isEmpty();
    assertThat(store.commands().settle(fence, restart, State.DONE, "done")).isTrue();
    Command second = store.commands().take(fence).orElseThrow();
    assertThat(second.kind()).isEqualTo(Command.DEPLOY);
    assertThat(second.version()).contains("1.0.0");
  }

  @Test
  void whatWasTakenAndNotSettledComesAgainToWhoLeadsThen() {
    Fence first = scene.lead();
    UUID command = file(Command.Wish.restart("key-1")).command();
    assertThat(store.commands().take(first)).isPresent();
    Fence next = scene.takeOverFrom(first);

    Command again = store.commands().take(next).orElseThrow();

    assertThat(again.id()).isEqualTo(command);
    assertThat(again.attempt()).isEqualTo(2);
    assertThat(again.takenBefore()).contains(first.holder());
    assertThat(store.commands().settle(first, command, State.DONE, "late")).isFalse();
    assertThat(store.commands().settle(next, command, State.DONE, "done")).isTrue();
  }

  @Test
  void afterTooManyAttemptsItComesOnceMoreToBeSettledAndIsGivenUp() {
    Fence fence = scene.lead();
    file(Command.Wish.restart("key-1"));
    for (int i = 0; i < CommandStore.MOST_ATTEMPTS; i++) {
      assertThat(store.commands().take(fence).orElseThrow().over()).isFalse();
    }

    assertThat(store.commands().take(fence).orElseThrow().over()).isTrue();
    assertThat(store.commands().take(fence)).isEmpty();

    assertThat(newest())
        .singleElement()
        .satisfies(
            entry -> {
              assertThat(entry.state()).isEqualTo(State.FAILED);
              assertThat(entry.note()).contains("given up after 6 attempts");
            });
  }

  @Test
  void oneThatWasTakenInTimeIsNotExpiredButComesAgainToBeSettled() {
    Fence first = scene.lead();
    Command taken = takenWithin(first, SHORT.multipliedBy(4));

    Command again = store.commands().take(scene.takeOverFrom(first)).orElseThrow();

    assertThat(again.id()).isEqualTo(taken.id());
    assertThat(again.over()).isTrue();
    assertThat(again.takenBefore()).contains(first.holder());
    assertThat(newest().get(0).state()).isEqualTo(State.TAKEN);
  }

  /** Takes a command and lets its time to live pass, which is longer where it was too short. */
  private Command takenWithin(Fence fence, Duration time) {
    String key = "within-" + time;
    file(new Command.Wish(key, Command.DEPLOY, Optional.empty(), time));
    Optional<Command> taken = store.commands().take(fence);
    if (taken.isEmpty()) {
      return takenWithin(fence, time.multipliedBy(2));
    }
    stores().passTime(time.plus(SHORT));
    return taken.get();
  }

  @Test
  void oneThatIsPutBackIsLeftAloneForItsPauseAndTheOthersAreTaken() {
    Fence fence = scene.lead();
    UUID deploy = file(Command.Wish.deploy("key-1")).command();
    UUID restart = file(Command.Wish.restart("key-2")).command();
    assertThat(store.commands().putBack(fence, deploy, LONG, "nobody took it")).isFalse();
    assertThat(store.commands().take(fence)).map(Command::id).contains(deploy);

    assertThat(store.commands().putBack(fence, deploy, LONG, "n".repeat(600))).isTrue();

    assertThat(store.commands().take(fence)).map(Command::id).contains(restart);
    assertThat(store.commands().settle(fence, restart, State.DONE, "done")).isTrue();
    assertThat(store.commands().take(fence)).isEmpty();
    assertThat(store.commands().take(scene.takeOverFrom(fence))).isEmpty();
    Entry waiting = newest().get(1);
    assertThat(waiting.state()).isEqualTo(State.WAITING);
    assertThat(waiting.attempts()).isZero();
    assertThat(waiting.note()).isEqualTo("n".repeat(500));
  }

  @Test
  void afterItsPauseItIsTakenAsBeforeHoweverOften() {
    Fence fence = scene.lead();
    UUID command = file(Command.Wish.deploy("key-1")).command();
    for (int i = 0; i <= CommandStore.MOST_ATTEMPTS; i++) {
      assertThat(store.commands().take(fence)).map(Command::id).contains(command);
      assertThat(store.commands().putBack(fence, command, Duration.ofMillis(1), "no")).isTrue();
      stores().passTime(Duration.ofMillis(2));
    }

    Command again = store.commands().take(fence).orElseThrow();

    assertThat(again.attempt()).isEqualTo(1);
    assertThat(again.over()).isFalse();
    assertThat(again.takenBefore()).isEmpty();
  }

  @Test
  void oneThatWasPutBackTellsWhyWhenItsTimeIsOver() {
    Fence fence = scene.lead();
    boolean back = false;
    for (Duration time = SHORT; !back; time = time.multipliedBy(2)) {
      String key = "within-" + time;
      file(new Command.Wish(key, Command.DEPLOY, Optional.empty(), time));
      Optional<Command> taken = store.commands().take(fence);
      back =
          taken.isPresent() && store.commands().putBack(fence, taken.get().id(), LONG, "no answer");
      stores().passTime(time.plus(SHORT));
    }

    assertThat(store.commands().take(fence)).isEmpty();

    assertThat(newest().get(0).state()).isEqualTo(State.EXPIRED);
    assertThat(newest().get(0).note()).contains("time to live", "no answer");
  }

  @Test
  void oneThatIsTooOldIsSettledAndNotTaken() {
    Fence fence = scene.lead();
    file(new Command.Wish("key-1", Command.RESTART, Optional.empty(), SHORT));
    passShort();
    Filed next = file(Command.Wish.restart("key-2"));
    assertThat(next.fresh()).isTrue();

    assertThat(store.commands().take(fence)).map(Command::id).contains(next.command());

    assertThat(newest()).extracting(Entry::state).containsExactly(State.TAKEN, State.EXPIRED);
    assertThat(newest().get(1).note()).contains("time to live");
  }

  @Test
  void oneThatHasEndedStaysAsItIs() {
    Fence fence = scene.lead();
    UUID command = file(Command.Wish.restart("key-1")).command();
    assertThat(store.commands().settle(fence, command, State.DONE, "nobody took it")).isFalse();
    assertThat(store.commands().take(fence)).isPresent();

    assertThat(store.commands().settle(fence, command, State.REFUSED, "n".repeat(600))).isTrue();

    assertThat(store.commands().settle(fence, command, State.DONE, "again")).isFalse();
    assertThat(store.commands().take(fence)).isEmpty();
    assertThat(newest())
        .singleElement()
        .satisfies(
            entry -> {
              assertThat(entry.state()).isEqualTo(State.REFUSED);
              assertThat(entry.note()).isEqualTo("n".repeat(500));
            });
  }

  @Test
  void anUpgradeAndItsDeploymentAreFiledTogether() {
    scene.lead();

    Filed filed = store.commands().fileUpgradeAndDeploy(scene.agent, "key-1");

    assertThat(filed.fresh()).isTrue();
    assertThat(store.journal().waitingRequest(scene.agent)).contains(Trigger.MANUAL);
    assertThat(newest()).extracting(Entry::kind).containsExactly(Command.DEPLOY);
    assertThat(store.commands().fileUpgradeAndDeploy(scene.agent, "key-1"))
        .isEqualTo(new Filed(filed.command(), false));
    assertThat(newest()).hasSize(1);
  }

  @Test
  void agentsKnowNothingOfEachOthersCommands() {
    scene.lead();
    file(Command.Wish.restart("key-1"));
    Scene other = new Scene(store);
    Fence stranger = other.lead();

    assertThat(store.commands().take(stranger)).isEmpty();
    assertThat(store.commands().newest(other.agent, 10)).isEmpty();
    assertThat(store.commands().file(other.agent, Command.Wish.deploy("key-1")).fresh()).isTrue();
  }

  private void settled(Fence fence, State end, String note) {
    Command command = store.commands().take(fence).orElseThrow();
    assertThat(store.commands().settle(fence, command.id(), end, note)).isTrue();
  }

  private Filed file(Command.Wish wish) {
    return store.commands().file(scene.agent, wish);
  }

  private List<Entry> newest() {
    return store.commands().newest(scene.agent, 10);
  }
}
