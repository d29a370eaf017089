package io.selfupgrade.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.agent.Fence;
import io.selfupgrade.control.Command;
import io.selfupgrade.control.CommandStore.Filed;
import io.selfupgrade.control.CommandStore.State;
import io.selfupgrade.upgrade.Reason;
import io.selfupgrade.upgrade.ReasonCode;
import io.selfupgrade.upgrade.UpgradeJournal.Ending;
import io.selfupgrade.upgrade.UpgradePhase;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Obligations of {@link io.selfupgrade.control.CommandStore} to what follows an upgrade. */
abstract class CommandAfterUpgradeContract extends StoreContract {

  @TestFactory
  Stream<DynamicTest> theDeploymentFollowsTheGoodEndOfItsUpgrade() {
    return Stream.of(UpgradePhase.CONFIRMED, UpgradePhase.UP_TO_DATE)
        .map(end -> DynamicTest.dynamicTest(end.name(), () -> followsGoodEnd(end)));
  }

  private void followsGoodEnd(UpgradePhase end) {
    Scene own = new Scene(store);
    Fence fence = own.lead();
    Filed filed = store.commands().fileUpgradeAndDeploy(own.agent, "key-1");
    assertThat(store.commands().take(fence)).as("before the upgrade").isEmpty();

    Fence after = answered(own, fence, end);

    assertThat(store.commands().take(after)).map(Command::id).contains(filed.command());
  }

  @TestFactory
  Stream<DynamicTest> atItsBadEndTheDeploymentIsRefused() {
    return Stream.of(
            UpgradePhase.ABORTED,
            UpgradePhase.REFUSED,
            UpgradePhase.ROLLED_BACK,
            UpgradePhase.ROLLBACK_FAILED)
        .map(end -> DynamicTest.dynamicTest(end.name(), () -> refusedAtBadEnd(end)));
  }

  private void refusedAtBadEnd(UpgradePhase end) {
    Scene own = new Scene(store);
    Fence fence = own.lead();
    store.commands().fileUpgradeAndDeploy(own.agent, "key-1");

    Fence after = answered(own, fence, end, new Ending(Scene.REASON, false));

    assertThat(store.commands().take(after)).isEmpty();
    assertThat(store.commands().newest(own.agent, 10))
        .singleElement()
        .satisfies(
            entry -> {
              assertThat(entry.state()).isEqualTo(State.REFUSED);
              assertThat(entry.note()).contains(end.name());
            });
  }

  @TestFactory
  Stream<DynamicTest> whatIsTriedAgainOrSupersededGoesOnInTheNextUpgrade() {
    Reason superseded = new Reason(ReasonCode.SUPERSEDED, "a newer one was published");
    return Stream.of(
            new Undecided(UpgradePhase.ABORTED, new Ending(Scene.REASON, true)),
            new Undecided(UpgradePhase.ROLLED_BACK, new Ending(Scene.REASON, true)),
            new Undecided(UpgradePhase.ABORTED, new Ending(superseded, false)))
        .flatMap(
            end ->
                Stream.of(UpgradePhase.CONFIRMED, UpgradePhase.REFUSED)
                    .map(
                        next ->
                            DynamicTest.dynamicTest(
                                end + ", then " + next, () -> goesOn(end, next))));
  }

  private record Undecided(UpgradePhase phase, Ending ending) {}

  private void goesOn(Undecided first, UpgradePhase end) {
    Scene own = new Scene(store);
    Fence fence = own.lead();
    UUID command = store.commands().fileUpgradeAndDeploy(own.agent, "key-1").command();
    Fence after = answered(own, fence, first.phase, first.ending);
    assertThat(store.commands().take(after)).as("after the first").isEmpty();
    assertThat(store.commands().newest(own.agent, 1).get(0).state()).isEqualTo(State.WAITING);
    Scene.Upgrading next = own.upgradeIn(UpgradePhase.OPEN, after);
    assertThat(store.commands().take(after)).as("during the next").isEmpty();

    Fence last = own.endedAs(end, next).primary();

    boolean good = end == UpgradePhase.CONFIRMED;
    assertThat(store.commands().take(last).map(Command::id))
        .isEqualTo(good ? Optional.of(command) : Optional.empty());
    assertThat(store.commands().newest(own.agent, 1).get(0).state())
        .isEqualTo(good ? State.TAKEN : State.REFUSED);
  }

  /** Lets an upgrade that answers the waiting request end so; returns the fence after it. */
  private Fence answered(Scene own, Fence fence, UpgradePhase end) {
    return own.endedAs(end, answering(own, fence)).primary();
  }

  private Fence answered(Scene own, Fence fence, UpgradePhase end, Ending ending) {
    UpgradePhase before =
        UpgradePhase.OPEN.canMoveTo(end) ? UpgradePhase.OPEN : UpgradePhase.ROLLING_BACK;
    Scene.Upgrading last = own.endedAs(before, answering(own, fence));
    boolean moved =
        store.journal().move(last.primary(), last.upgrade(), before, end, Optional.of(ending));
    assertThat(moved).isTrue();
    return last.primary();
  }

  private Scene.Upgrading answering(Scene own, Fence fence) {
    Scene.Upgrading open = own.upgradeIn(UpgradePhase.OPEN, fence);
    assertThat(store.journal().answerRequests(fence, open.upgrade())).isTrue();
    return open;
  }
}
