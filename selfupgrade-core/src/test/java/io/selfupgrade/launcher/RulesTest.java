package io.selfupgrade.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.launcher.Situation.Living;
import io.selfupgrade.launcher.Situation.Mode;
import io.selfupgrade.launcher.Situation.Starts;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class RulesTest {
  private static final UUID UPGRADE = UUID.randomUUID();
  private static final UUID OLD = UUID.randomUUID();
  private static final UUID NEW = UUID.randomUUID();

  @Test
  void aConfirmationIsCarriedOutWhereverTheLauncherIsKilled() {
    int steps = 0;
    for (int killAt = 0; killAt <= steps; killAt++) {
      World world = World.inTrial();
      world.requests.add(request(NEW, RequestKind.CONFIRMED, 6));

      steps = Math.max(steps, world.run(killAt));

      assertThat(world.pointer).as("killed at %s", killAt).isEqualTo("1.1.0");
      assertThat(world.candidate).isEmpty();
      assertThat(world.living).containsExactly(living(NEW, Role.CURRENT));
      assertThat(world.started).isEmpty();
    }
    assertThat(steps).isGreaterThanOrEqualTo(6);
  }

  @Test
  void aConfirmationOfADeadCandidateStartsItsVersionWhereverTheLauncherIsKilled() {
    int steps = 0;
    for (int killAt = 0; killAt <= steps; killAt++) {
      World world = World.inTrial();
      world.living.remove(living(NEW, Role.CANDIDATE));
      world.candidate =
          world.candidate.map(trial -> trial.ended(TrialState.UNDECIDED, "no decision"));
      world.requests.add(request(OLD, RequestKind.CONFIRMED, 6));

      steps = Math.max(steps, world.run(killAt));

      assertThat(world.pointer).as("killed at %s", killAt).isEqualTo("1.1.0");
      assertThat(world.candidate).isEmpty();
      assertThat(world.started).containsExactly(Role.CURRENT);
      assertThat(world.living).hasSize(1).doesNotContain(living(OLD, Role.CURRENT));
    }
  }

  @Test
  void aDropIsCarriedOutWhereverTheLauncherIsKilled() {
    int steps = 0;
    for (int killAt = 0; killAt <= steps; killAt++) {
      World world = World.inTrial();
      world.requests.add(request(OLD, RequestKind.DROPPED, 6));
      world.requests.add(tryRequest(OLD, 5));

      steps = Math.max(steps, world.run(killAt));

      assertThat(world.pointer).as("killed at %s", killAt).isEqualTo("1.0.0");
      assertThat(world.candidate).isEmpty();
      assertThat(world.living).containsExactly(living(OLD, Role.CURRENT));
      assertThat(world.started).isEmpty();
    }
  }

  @Test
  void ofTwoDecisionsTheOneOfTheHigherEpochIsObeyed() {
    World world = World.inTrial();
    world.requests.add(request(OLD, RequestKind.DROPPED, 6));
    world.requests.add(request(NEW, RequestKind.CONFIRMED, 7));

    assertThat(Rules.trial(world.situation(Mode.WORKING)))
        .containsExactly(new Action.Decide(request(NEW, RequestKind.CONFIRMED, 7)));
  }

  @Test
  void aTryBesideACandidateIsIgnored() {
    World world = World.inTrial();
    UUID other = UUID.randomUUID();
    Duration limit = Duration.ofMinutes(6);
    world.requests.add(tryOf(OLD, new Trial("1.2.0", other, 9, limit, Optional.empty())));

    assertThat(Rules.trial(world.situation(Mode.WORKING))).isEmpty();
  }

  @Test
  void onlyTheConfirmedInstanceCanAskForATrial() {
    World world = World.serving();
    world.living.add(living(NEW, Role.RETIRED));
    world.requests.add(tryRequest(NEW, 5));
    assertThat(Rules.trial(world.situation(Mode.WORKING))).isEmpty();

    world.requests.add(tryRequest(OLD, 5));
    assertThat(Rules.trial(world.situation(Mode.WORKING))).hasSize(1);
    assertThat(Rules.trial(world.situation(Mode.FROZEN))).isEmpty();
  }

  @Test
  void aDecidedUpgradeIsNeverTriedAgain() {
    World world = World.serving();
    world.requests.add(tryRequest(OLD, 5));
    world.obeyed = world.obeyed.and(request(OLD, RequestKind.DROPPED, 6));

    assertThat(Rules.trial(world.situation(Mode.WORKING))).isEmpty();
  }

  @Test
  void anEndThatTheCandidateDidNotCauseGivesAnotherStart() {
    World world = World.inTrial();
    world.living.remove(living(NEW, Role.CANDIDATE));
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
    World world = World.aloneAsked();
    assertThat(Rules.trial(world.situation(Mode.WORKING))).isEmpty();
    assertThat(Rules.service(world.situation(Mode.WORKING))).isEmpty();

    world.requests.add(request(OLD, RequestKind.HANDED_OVER, 6));
    int steps = 0;
    for (int killAt = 0; killAt <= steps; killAt++) {
      World again = World.aloneAsked();
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
      World world = World.alone();
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
      World world = World.alone();
      world.requests.add(request(NEW, RequestKind.CONFIRMED, 6));

      steps = Math.max(steps, world.run(killAt));

      assertThat(world.pointer).as("killed at %s", killAt).isEqualTo("1.1.0");
      assertThat(world.living).containsExactly(living(NEW, Role.CURRENT));
      assertThat(world.started).isEmpty();
    }
  }

  @Test
  void oneThatRunsAloneAndUsesUpItsStartsOrItsTimeGivesTheOldVersionItsPlaceBack() {
    World exhausted = World.alone();
    exhausted.living.clear();
    exhausted.candidate = exhausted.candidate.map(one -> one.started(NEW, Rules.COUNTED_STARTS));
    exhausted.starts = new Starts(true, false, true, false, true);
    exhausted.run(-1);
    assertThat(exhausted.candidate.orElseThrow().state()).isEqualTo(TrialState.EXHAUSTED);
    assertThat(exhausted.started).containsExactly(Role.CURRENT);

    World late = World.alone();
    late.candidate = late.candidate.map(one -> one.ran(Duration.ofMinutes(7)));
    late.run(-1);
    assertThat(late.candidate.orElseThrow().state()).isEqualTo(TrialState.UNDECIDED);
    assertThat(late.living).extracting(Living::role).containsExactly(Role.CURRENT);
  }

  @Test
  void everyActionIsPerformed() {
    assertThat(Action.class.getPermittedSubclasses())
        .extracting(Class::getSimpleName)
        .containsExactlyInAnyOrder(
            "Decide", "Save", "PointTo", "Assign", "EndTrial", "Start", "Drain", "Stop", "Finish");
  }

  private static Living living(UUID instance, Role role) {
    return new Living(instance, role, false, false);
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

  /** What is on disk and alive, without files and processes. */
  private static final class World {
    private String pointer = "1.0.0";
    private Optional<Candidate> candidate = Optional.empty();
    private Obeyed obeyed = new Obeyed(List.of());
    private final Set<Living> living = new HashSet<>();
    private final List<Request> requests = new ArrayList<>();
    private final List<Role> started = new ArrayList<>();
    private boolean interrupted;
    private Starts starts = new Starts(true, false, true, false, false);

    static World serving() {
      World world = new World();
      world.living.add(living(OLD, Role.CURRENT));
      return world;
    }

    static World inTrial() {
      World world = serving();
      Trial trial = new Trial("1.1.0", UPGRADE, 5, Duration.ofMinutes(6), Optional.empty());
      world.candidate = Optional.of(Candidate.of(trial).started(NEW, 1).handedOver(6));
      world.living.add(living(NEW, Role.CANDIDATE));
      return world;
    }

    static World aloneAsked() {
      World world = serving();
      world.interrupted = true;
      world.candidate =
          Optional.of(
              Candidate.of(
                  new Trial("1.1.0", UPGRADE, 5, Duration.ofMinutes(6), Optional.of(NEW))));
      return world;
    }

    static World alone() {
      World world = aloneAsked();
      world.candidate = world.candidate.map(one -> one.handedOver(6).started(NEW, 1));
      world.living.clear();
      world.living.add(living(NEW, Role.CANDIDATE));
      return world;
    }

    Situation situation(Mode mode) {
      return new Situation(pointer, candidate, obeyed, List.copyOf(living), requests, starts, mode);
    }

    /** Acts until nothing is left to do; before action {@code killAt} the launcher dies once. */
    int run(int killAt) {
      int done = 0;
      while (true) {
        List<Action> actions = new ArrayList<>(Rules.trial(situation(Mode.WORKING)));
        if (actions.isEmpty()) {
          actions.addAll(Rules.service(situation(Mode.WORKING)));
        }
        if (actions.isEmpty()) {
          return done;
        }
        for (Action action : actions) {
          if (done++ == killAt) {
            break;
          }
          perform(action);
          assertThat(consistent()).as("after %s", action).isTrue();
        }
        assertThat(done).isLessThan(100);
      }
    }

    /**
     * Never nothing (never two if that was asked for), and never two that hold the role with no
     * trial to tell which is leaving.
     */
    private boolean consistent() {
      long current = living.stream().filter(one -> one.role() == Role.CURRENT).count();
      return interrupted
          ? living.size() <= 1
          : !living.isEmpty() && (current <= 1 || candidate.isPresent());
    }

    private void perform(Action action) {
      if (action instanceof Action.Decide decide) {
        obeyed = obeyed.and(decide.request());
      } else if (action instanceof Action.Save save) {
        candidate = Optional.of(save.candidate());
      } else if (action instanceof Action.PointTo point) {
        pointer = point.candidate().version();
      } else if (action instanceof Action.Assign assign) {
        living.removeIf(one -> one.instance().equals(assign.instance()));
        living.add(living(assign.instance(), assign.role()));
      } else if (action instanceof Action.EndTrial) {
        candidate = Optional.empty();
      } else if (action instanceof Action.Start start) {
        started.add(start.role());
        UUID instance = UUID.randomUUID();
        living.add(living(instance, start.role()));
        if (start.role() == Role.CANDIDATE) {
          candidate = candidate.map(one -> one.started(instance, one.starts() + 1));
        }
      } else if (action instanceof Action.Drain drain) {
        living.removeIf(one -> one.instance().equals(drain.instance()));
      } else if (action instanceof Action.Stop stop) {
        living.removeIf(one -> one.instance().equals(stop.instance()));
      } else {
        throw new AssertionError("Unexpected: " + action);
      }
    }
  }
}
