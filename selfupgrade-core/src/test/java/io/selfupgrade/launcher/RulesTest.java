package io.selfupgrade.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.launcher.Situation.Living;
import io.selfupgrade.launcher.Situation.Mode;
import io.selfupgrade.launcher.Situation.Restart;
import io.selfupgrade.launcher.Situation.Starts;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class RulesTest {
  private static final UUID UPGRADE = RulesScene.UPGRADE;
  private static final UUID OLD = RulesScene.OLD;
  private static final UUID NEW = RulesScene.NEW;

  @Test
  void aConfirmationIsCarriedOutWhereverTheLauncherIsKilled() {
    int steps = 0;
    for (int killAt = 0; killAt <= steps; killAt++) {
      RulesScene world = RulesScene.inTrial();
      world.requests.add(request(NEW, RequestKind.CONFIRMED, 6));

      steps = Math.max(steps, world.run(killAt));

      assertThat(world.pointer).as("killed at %s", killAt).isEqualTo("1.1.0");
      assertThat(world.candidate).isEmpty();
      assertThat(world.living).containsExactly(RulesScene.living(NEW, Role.CURRENT));
      assertThat(world.started).isEmpty();
    }
    assertThat(steps).isGreaterThanOrEqualTo(6);
  }

  @Test
  void aConfirmationOfADeadCandidateStartsItsVersionWhereverTheLauncherIsKilled() {
    int steps = 0;
    for (int killAt = 0; killAt <= steps; killAt++) {
      RulesScene world = RulesScene.inTrial();
      world.living.remove(RulesScene.living(NEW, Role.CANDIDATE));
      world.candidate =
          world.candidate.map(trial -> trial.ended(TrialState.UNDECIDED, "no decision"));
      world.requests.add(request(OLD, RequestKind.CONFIRMED, 6));

      steps = Math.max(steps, world.run(killAt));

      assertThat(world.pointer).as("killed at %s", killAt).isEqualTo("1.1.0");
      assertThat(world.candidate).isEmpty();
      assertThat(world.started).containsExactly(Role.CURRENT);
      assertThat(world.living).hasSize(1).doesNotContain(RulesScene.living(OLD, Role.CURRENT));
    }
  }

  @Test
  void aDropIsCarriedOutWhereverTheLauncherIsKilled() {
    int steps = 0;
    for (int killAt = 0; killAt <= steps; killAt++) {
      RulesScene world = RulesScene.inTrial();
      world.requests.add(request(OLD, RequestKind.DROPPED, 6));
      world.requests.add(tryRequest(OLD, 5));

      steps = Math.max(steps, world.run(killAt));

      assertThat(world.pointer).as("killed at %s", killAt).isEqualTo("1.0.0");
      assertThat(world.candidate).isEmpty();
      assertThat(world.living).containsExactly(RulesScene.living(OLD, Role.CURRENT));
      assertThat(world.started).isEmpty();
    }
  }

  @Test
  void ofTwoDecisionsTheOneOfTheHigherEpochIsObeyed() {
    RulesScene world = RulesScene.inTrial();
    world.requests.add(request(OLD, RequestKind.DROPPED, 6));
    world.requests.add(request(NEW, RequestKind.CONFIRMED, 7));

    assertThat(Rules.trial(world.situation(Mode.WORKING)))
        .containsExactly(new Action.Decide(request(NEW, RequestKind.CONFIRMED, 7)));
  }

  @Test
  void aTryBesideACandidateIsIgnored() {
    RulesScene world = RulesScene.inTrial();
    UUID other = UUID.randomUUID();
    Duration limit = Duration.ofMinutes(6);
    world.requests.add(tryOf(OLD, new Trial("1.2.0", other, 9, limit, Optional.empty())));

    assertThat(Rules.trial(world.situation(Mode.WORKING))).isEmpty();
  }

  @Test
  void onlyTheConfirmedInstanceCanAskForATrial() {
    RulesScene world = RulesScene.serving();
    world.living.add(RulesScene.living(NEW, Role.RETIRED));
    world.requests.add(tryRequest(NEW, 5));
    assertThat(Rules.trial(world.situation(Mode.WORKING))).isEmpty();

    world.requests.add(tryRequest(OLD, 5));
    assertThat(Rules.trial(world.situation(Mode.WORKING))).hasSize(1);
    assertThat(Rules.trial(world.situation(Mode.FROZEN))).isEmpty();
  }

  @Test
  void aDecidedUpgradeIsNeverTriedAgain() {
    RulesScene world = RulesScene.serving();
    world.requests.add(tryRequest(OLD, 5));
    world.obeyed = world.obeyed.and(request(OLD, RequestKind.DROPPED, 6));

    assertThat(Rules.trial(world.situation(Mode.WORKING))).isEmpty();
  }

  @Test
  void anEndThatTheCandidateDidNotCauseGivesAnotherStart() {
    RulesScene world = RulesScene.inTrial();
    world.living.remove(RulesScene.living(NEW, Role.CANDIDATE));
    world.candidate =
        world.candidate.map(one -> Candidate.of(one.trial()).started(NEW, Rules.COUNTED_STARTS));

    world.starts = new Starts(true, false, true, false, false);
    assertThat(Rules.trial(world.situation(Mode.WORKING)))
        .allMatch(action -> ((Action.Save) action).candidate().state() == TrialState.EXHAUSTED);
    world.starts = new Starts(true, false, true, false, true);
    assertThat(Rules.trial(world.situation(Mode.WORKING)))
        .containsExactly(new Action.Start(Role.CANDIDATE));
    world.starts = new Starts(true, false, false, false, true);
    assertThat(Rules.trial(world.situation(Mode.WORKING))).isEmpty();
  }

  @Test
  void aCandidateThatRunsAloneWaitsForTheLeadAndForTheEndOfTheOther() {
    RulesScene world = RulesScene.aloneAsked();
    assertThat(Rules.trial(world.situation(Mode.WORKING))).isEmpty();
    assertThat(Rules.service(world.situation(Mode.WORKING))).isEmpty();

    world.requests.add(request(OLD, RequestKind.HANDED_OVER, 6));
    int steps = 0;
    for (int killAt = 0; killAt <= steps; killAt++) {
      RulesScene again = RulesScene.aloneAsked();
      again.requests.addAll(world.requests);
      steps = Math.max(steps, again.run(killAt));

      assertThat(again.started).as("killed at %s", killAt).containsExactly(Role.CANDIDATE);
      assertThat(again.living).extracting(Living::role).containsExactly(Role.CANDIDATE);
    }
  }

  @Test
  void aDropOfOneThatRunsAloneStartsTheOldVersionAfterItsEnd() {
    int steps = 0;
    for (int killAt = 0; killAt <= steps; killAt++) {
      RulesScene world = RulesScene.alone();
      world.requests.add(request(NEW, RequestKind.DROPPED, 6));

      steps = Math.max(steps, world.run(killAt));

      assertThat(world.pointer).as("killed at %s", killAt).isEqualTo("1.0.0");
      assertThat(world.candidate).isEmpty();
      assertThat(world.started).containsExactly(Role.CURRENT);
      assertThat(world.living).extracting(Living::role).containsExactly(Role.CURRENT);
    }
  }

  @Test
  void aConfirmationOfOneThatRunsAloneStopsAndStartsNobody() {
    int steps = 0;
    for (int killAt = 0; killAt <= steps; killAt++) {
      RulesScene world = RulesScene.alone();
      world.requests.add(request(NEW, RequestKind.CONFIRMED, 6));

      steps = Math.max(steps, world.run(killAt));

      assertThat(world.pointer).as("killed at %s", killAt).isEqualTo("1.1.0");
      assertThat(world.living).containsExactly(RulesScene.living(NEW, Role.CURRENT));
      assertThat(world.started).isEmpty();
    }
  }

  @Test
  void oneThatRunsAloneAndUsesUpItsStartsOrItsTimeGivesTheOldVersionItsPlaceBack() {
    RulesScene exhausted = RulesScene.alone();
    exhausted.living.clear();
    exhausted.candidate = exhausted.candidate.map(one -> one.started(NEW, Rules.COUNTED_STARTS));
    exhausted.starts = new Starts(true, false, true, false, true);
    exhausted.run(-1);
    assertThat(exhausted.candidate.orElseThrow().state()).isEqualTo(TrialState.EXHAUSTED);
    assertThat(exhausted.started).containsExactly(Role.CURRENT);

    RulesScene late = RulesScene.alone();
    late.candidate = late.candidate.map(one -> one.ran(Duration.ofMinutes(7)));
    late.run(-1);
    assertThat(late.candidate.orElseThrow().state()).isEqualTo(TrialState.UNDECIDED);
    assertThat(late.living).extracting(Living::role).containsExactly(Role.CURRENT);
  }

  @Test
  void aReliefServesAfterTheOneThatAskedForItWhereverTheLauncherIsKilled() {
    int steps = 0;
    for (int killAt = 0; killAt <= steps; killAt++) {
      RulesScene world = RulesScene.restarting(Optional.of(NEW));
      steps = Math.max(steps, world.run(killAt));
      assertThat(world.started).as("killed at %s", killAt).containsExactly(Role.RELIEF);
      assertThat(world.living).extracting(Living::instance).containsExactlyInAnyOrder(OLD, NEW);

      world.wish(OLD, Optional.of(new Restart(Optional.empty(), false)));
      steps = Math.max(steps, world.run(killAt));

      assertThat(world.started).containsExactly(Role.RELIEF);
      assertThat(world.living).containsExactly(RulesScene.living(NEW, Role.CURRENT));
    }
    assertThat(steps).isGreaterThanOrEqualTo(2);
  }

  @Test
  void aReliefServesWhenTheOneThatAskedForItIsGone() {
    RulesScene world = RulesScene.restarting(Optional.of(NEW));
    world.run(-1);
    world.living.removeIf(one -> one.instance().equals(OLD));
    world.run(-1);

    assertThat(world.living).containsExactly(RulesScene.living(NEW, Role.CURRENT));
    assertThat(world.started).containsExactly(Role.RELIEF);
  }

  @Test
  void aReliefThatDiedIsNotStartedAgain() {
    RulesScene world = RulesScene.restarting(Optional.of(NEW));
    world.run(-1);
    world.living.removeIf(one -> one.instance().equals(NEW));
    world.run(-1);

    assertThat(world.living).extracting(Living::instance).containsExactly(OLD);
    assertThat(world.started).containsExactly(Role.RELIEF);
  }

  @Test
  void aReliefThatNobodyWantsAnyMoreIsStopped() {
    RulesScene withdrawn = RulesScene.restarting(Optional.of(NEW));
    withdrawn.run(-1);
    withdrawn.wish(OLD, Optional.empty());
    withdrawn.run(-1);
    assertThat(withdrawn.living).containsExactly(RulesScene.living(OLD, Role.CURRENT));

    RulesScene another = RulesScene.restarting(Optional.of(NEW));
    another.run(-1);
    another.wish(OLD, Optional.of(new Restart(Optional.of(UUID.randomUUID()), true)));
    another.run(-1);
    assertThat(another.living).extracting(Living::instance).containsExactly(OLD);

    RulesScene quit = RulesScene.restarting(Optional.of(NEW));
    quit.run(-1);
    quit.living.removeIf(one -> one.instance().equals(OLD));
    quit.starts = new Starts(true, true, true, false, false);
    assertThat(Rules.service(quit.situation(Mode.WORKING)))
        .containsExactly(new Action.Assign(NEW, Role.RETIRED));
  }

  @Test
  void nobodyIsRelievedWhileAVersionIsOnTrialOrByOneThatDoesNotServe() {
    RulesScene world = RulesScene.inTrial();
    world.wish(OLD, Optional.of(new Restart(Optional.of(UUID.randomUUID()), false)));
    world.wish(NEW, Optional.of(new Restart(Optional.of(UUID.randomUUID()), false)));

    assertThat(Rules.service(world.situation(Mode.WORKING))).isEmpty();
  }

  @Test
  void oneThatAsksForNoReliefIsStoppedAndStartedAgain() {
    RulesScene world = RulesScene.restarting(Optional.empty());
    world.interrupted = true;
    world.run(-1);

    assertThat(world.started).containsExactly(Role.CURRENT);
    assertThat(world.living).extracting(Living::role).containsExactly(Role.CURRENT);
    assertThat(world.living).extracting(Living::instance).doesNotContain(OLD);
  }

  @Test
  void everyActionIsPerformed() {
    assertThat(Action.class.getPermittedSubclasses())
        .extracting(Class::getSimpleName)
        .containsExactlyInAnyOrder(
            "Decide", "Save", "PointTo", "Assign", "EndTrial", "Start", "Drain", "Stop", "Finish");
  }

  private static Request request(UUID from, RequestKind kind, long epoch) {
    return new Request(from, kind, UPGRADE, epoch, Optional.empty(), Duration.ZERO);
  }

  private static Request tryRequest(UUID from, long epoch) {
    Duration limit = Duration.ofMinutes(6);
    return tryOf(from, new Trial("1.1.0", UPGRADE, epoch, limit, Optional.empty()));
  }

  private static Request tryOf(UUID from, Trial trial) {
    return new Request(
        from, RequestKind.TRY, trial.upgrade(), trial.epoch(), Optional.of(trial), Duration.ZERO);
  }
}
