package io.selfupgrade.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.launcher.Situation.Living;
import io.selfupgrade.launcher.Situation.Mode;
import io.selfupgrade.launcher.Situation.Restart;
import io.selfupgrade.launcher.Situation.Starts;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/** What is on disk and alive, without files and processes. */
final class RulesScene {
  static final UUID UPGRADE = UUID.randomUUID();
  static final UUID OLD = UUID.randomUUID();
  static final UUID NEW = UUID.randomUUID();

  static Living living(UUID instance, Role role) {
    return new Living(instance, role, false, Optional.empty());
  }

  String pointer = "1.0.0";
  Optional<Candidate> candidate = Optional.empty();
  Obeyed obeyed = new Obeyed(List.of());
  final Set<Living> living = new HashSet<>();
  final List<Request> requests = new ArrayList<>();
  final List<Role> started = new ArrayList<>();
  boolean interrupted;
  Starts starts = new Starts(true, false, true, false, false);

  static RulesScene serving() {
    RulesScene world = new RulesScene();
    world.living.add(living(OLD, Role.CURRENT));
    return world;
  }

  static RulesScene restarting(Optional<UUID> relief) {
    RulesScene world = serving();
    world.wish(OLD, Optional.of(new Restart(relief, false)));
    return world;
  }

  void wish(UUID instance, Optional<Restart> restart) {
    for (Living one : List.copyOf(living)) {
      if (one.instance().equals(instance)) {
        living.remove(one);
        living.add(new Living(instance, one.role(), one.leaving(), restart));
      }
    }
  }

  static RulesScene inTrial() {
    RulesScene world = serving();
    Trial trial = new Trial("1.1.0", UPGRADE, 5, Duration.ofMinutes(6), Optional.empty());
    world.candidate = Optional.of(Candidate.of(trial).started(NEW, 1).handedOver(6));
    world.living.add(living(NEW, Role.CANDIDATE));
    return world;
  }

  static RulesScene aloneAsked() {
    RulesScene world = serving();
    world.interrupted = true;
    world.candidate =
        Optional.of(
            Candidate.of(new Trial("1.1.0", UPGRADE, 5, Duration.ofMinutes(6), Optional.of(NEW))));
    return world;
  }

  static RulesScene alone() {
    RulesScene world = aloneAsked();
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
   * Never nothing (never two if that was asked for), and never two that hold the role with no trial
   * to tell which is leaving.
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
      UUID instance = start.instance().orElseGet(UUID::randomUUID);
      living.add(living(instance, start.role()));
      for (Living one : List.copyOf(living)) {
        if (start.instance().isPresent() && one.restart().isPresent()) {
          wish(one.instance(), Optional.of(new Restart(one.restart().get().relief(), true)));
        }
      }
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
