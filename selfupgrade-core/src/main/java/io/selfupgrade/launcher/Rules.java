package io.selfupgrade.launcher;

import io.selfupgrade.launcher.Situation.Living;
import io.selfupgrade.launcher.Situation.Mode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * What the launcher does next: situation in, actions out, no effect and no memory.
 *
 * <p>Carry out the actions in their order, then ask again, until none comes. Each answer depends on
 * what is on disk and alive only, so that a launcher that is killed anywhere is followed by one
 * that goes on from there.
 */
final class Rules {
  /** Starts of a candidate before hand-over. */
  static final int COUNTED_STARTS = 3;

  private Rules() {}

  /** Returns what the trial, or the wish for one, asks for next. */
  static List<Action> trial(Situation s) {
    if (s.mode() == Mode.ENDING) {
      return List.of();
    }
    if (s.candidate().isEmpty()) {
      return beginTrial(s);
    }
    Candidate candidate = s.candidate().get();
    Optional<Obeyed.Decision> decision = s.decision();
    if (decision.isEmpty()) {
      Optional<Request> request = finalRequest(s, candidate);
      return request.isPresent()
          ? List.of(new Action.Decide(request.get()))
          : undecidedTrial(s, candidate);
    }
    return decision.get().kind() == RequestKind.CONFIRMED
        ? confirm(s, candidate)
        : drop(s, candidate, decision.get());
  }

  /** Returns what keeps the service up, whatever becomes of a trial. */
  static List<Action> service(Situation s) {
    if (s.mode() == Mode.ENDING) {
      return end(s);
    }
    List<Action> actions = new ArrayList<>();
    boolean serves = s.living().stream().anyMatch(one -> one.role() == Role.CURRENT);
    if (!serves && !successorLives(s) && !s.candidateAlone()) {
      if (!s.starts().currentQuit()) {
        serve(s).ifPresent(actions::add);
      } else if (s.living().isEmpty() && !candidateWillRun(s)) {
        actions.add(new Action.Finish("the agent ended on purpose and nothing else runs"));
      }
    }
    for (Living one : s.living()) {
      boolean stray =
          one.role() == Role.CANDIDATE && !s.candidateInstance().equals(Optional.of(one));
      if (stray || (one.role() == Role.RELIEF && !wanted(s, one, serves))) {
        actions.add(new Action.Assign(one.instance(), Role.RETIRED));
      } else if (!one.leaving() && one.role() == Role.RETIRED) {
        // Not before another one runs in its place.
        if (serves || s.starts().currentQuit()) {
          actions.add(new Action.Drain(one.instance(), "another instance has its place"));
        }
      } else if (!one.leaving() && one.restart().isPresent()) {
        restart(s, one, one.restart().get()).ifPresent(actions::add);
      }
    }
    return actions;
  }

  /** Lets the relief serve that is there, or starts somebody. */
  private static Optional<Action> serve(Situation s) {
    Optional<Action> relief =
        s.living().stream()
            .filter(one -> one.role() == Role.RELIEF && !one.leaving())
            .findFirst()
            .map(one -> new Action.Assign(one.instance(), Role.CURRENT));
    return relief.isPresent() || !s.starts().currentDue()
        ? relief
        : Optional.of(new Action.Start(Role.CURRENT));
  }

  /** A relief is there for one that asked for it, or because nobody else is. */
  private static boolean wanted(Situation s, Living relief, boolean serves) {
    boolean allWentOnPurpose = !serves && s.starts().currentQuit();
    return !allWentOnPurpose
        && s.living().stream()
            .filter(one -> one.role() == Role.CURRENT)
            .allMatch(one -> one.relievedBy(relief.instance()));
  }

  /** While a version is on trial nobody is relieved. */
  private static Optional<Action> restart(Situation s, Living asker, Situation.Restart wish) {
    if (wish.relief().isEmpty()) {
      return Optional.of(new Action.Drain(asker.instance(), "it asked to be started again"));
    }
    boolean may = asker.role() == Role.CURRENT && s.candidate().isEmpty();
    return may && !wish.begun() && s.starts().currentDue()
        ? Optional.of(new Action.Start(Role.RELIEF, wish.relief()))
        : Optional.empty();
  }

  private static List<Action> beginTrial(Situation s) {
    for (Request asked : s.requests()) {
      if (asked.kind() != RequestKind.TRY
          || !fromCurrent(s, asked)
          || s.obeyed().of(asked.upgrade()).isPresent()) {
        continue;
      }
      Optional<Request> over =
          s.requests().stream()
              .filter(Request::isFinal)
              .filter(end -> end.upgrade().equals(asked.upgrade()))
              .filter(end -> end.epoch() >= asked.epoch())
              .findFirst();
      if (over.isPresent()) {
        return List.of(new Action.Decide(over.get()));
      }
      if (s.mode() == Mode.WORKING) {
        return List.of(
            new Action.Save(
                Candidate.of(asked.trial()), JournalEvent.TRIAL, "asked for by " + asked.from()));
      }
    }
    return List.of();
  }

  private static boolean fromCurrent(Situation s, Request request) {
    return s.living().stream()
        .anyMatch(
            one ->
                one.instance().equals(request.from())
                    && one.role() == Role.CURRENT
                    && !one.leaving());
  }

  /** The latest decision; of two with one epoch, which the database excludes, the way back. */
  private static Optional<Request> finalRequest(Situation s, Candidate candidate) {
    return s.requests().stream()
        .filter(Request::isFinal)
        .filter(request -> about(candidate, request))
        .max(
            Comparator.comparingLong(Request::epoch)
                .thenComparing(request -> request.kind() == RequestKind.DROPPED));
  }

  private static boolean about(Candidate candidate, Request request) {
    return request.upgrade().equals(candidate.upgrade())
        && request.epoch() >= candidate.trial().epoch();
  }

  private static List<Action> confirm(Situation s, Candidate candidate) {
    if (!s.pointer().equals(candidate.version())) {
      return List.of(new Action.PointTo(candidate));
    }
    List<Action> actions = new ArrayList<>();
    for (Living one : s.living()) {
      if (one.role() == Role.CURRENT && !candidate.isInstance(one.instance())) {
        actions.add(new Action.Assign(one.instance(), Role.RETIRED));
      }
    }
    s.candidateInstance()
        .filter(one -> one.role() == Role.CANDIDATE)
        .ifPresent(one -> actions.add(new Action.Assign(one.instance(), Role.CURRENT)));
    actions.add(new Action.EndTrial(candidate));
    return actions;
  }

  private static List<Action> drop(Situation s, Candidate candidate, Obeyed.Decision decision) {
    Optional<Living> instance = s.candidateInstance();
    if (instance.isEmpty()) {
      return List.of(new Action.EndTrial(candidate));
    }
    Duration killAfter = Duration.ofMillis(decision.killAfterMillis());
    return instance.get().leaving()
        ? List.of()
        : List.of(new Action.Stop(instance.get().instance(), killAfter, "its trial is over"));
  }

  private static List<Action> undecidedTrial(Situation s, Candidate candidate) {
    Optional<Request> handedOver =
        s.requests().stream()
            .filter(request -> request.kind() == RequestKind.HANDED_OVER)
            .filter(request -> about(candidate, request))
            .max(Comparator.comparingLong(Request::epoch));
    if (handedOver.isPresent() && !candidate.handedOver()) {
      Candidate leads = candidate.handedOver(handedOver.get().epoch());
      return List.of(
          new Action.Save(leads, JournalEvent.HANDED_OVER, "by " + handedOver.get().from()));
    }
    Optional<Living> instance = s.candidateInstance();
    if (candidate.state() != TrialState.RUNNING) {
      return instance.filter(one -> !one.leaving()).stream()
          .map(one -> (Action) new Action.Drain(one.instance(), candidate.why()))
          .toList();
    }
    if (candidate.handedOver() && candidate.runTime().compareTo(candidate.trial().limit()) > 0) {
      return List.of(
          ended(candidate, TrialState.UNDECIDED, "no decision in " + candidate.trial().limit()));
    }
    if (candidate.alone()) {
      return alone(s, candidate);
    }
    return instance.isPresent() ? List.of() : startCandidate(s, candidate);
  }

  /** One that runs alone waits until the lead is promised to it and everybody else has ended. */
  private static List<Action> alone(Situation s, Candidate candidate) {
    if (!candidate.handedOver()) {
      return List.of();
    }
    List<Living> others =
        s.living().stream().filter(one -> !candidate.isInstance(one.instance())).toList();
    if (others.isEmpty()) {
      return s.living().isEmpty() ? startCandidate(s, candidate) : List.of();
    }
    return others.stream()
        .filter(one -> !one.leaving())
        .map(one -> (Action) new Action.Drain(one.instance(), "the candidate runs alone"))
        .toList();
  }

  private static List<Action> startCandidate(Situation s, Candidate candidate) {
    if (s.starts().candidateQuit()) {
      return List.of(ended(candidate, TrialState.EXHAUSTED, "it ended on purpose"));
    }
    boolean counted = candidate.alone() || (!candidate.handedOver() && !s.starts().candidateFree());
    if (counted && candidate.starts() >= COUNTED_STARTS) {
      return List.of(
          ended(candidate, TrialState.EXHAUSTED, "it ended " + COUNTED_STARTS + " times"));
    }
    return s.starts().candidateDue() ? List.of(new Action.Start(Role.CANDIDATE)) : List.of();
  }

  private static Action ended(Candidate candidate, TrialState state, String why) {
    JournalEvent event =
        state == TrialState.EXHAUSTED ? JournalEvent.EXHAUSTED : JournalEvent.UNDECIDED;
    return new Action.Save(candidate.ended(state, why), event, why);
  }

  /** A confirmed candidate that lives is about to take the role. */
  private static boolean successorLives(Situation s) {
    return s.decision().filter(decision -> decision.kind() == RequestKind.CONFIRMED).isPresent()
        && s.candidateInstance().isPresent();
  }

  private static boolean candidateWillRun(Situation s) {
    return s.candidate().filter(trial -> trial.state() == TrialState.RUNNING).isPresent();
  }

  private static List<Action> end(Situation s) {
    if (s.living().isEmpty()) {
      return List.of(new Action.Finish("asked to end"));
    }
    return s.living().stream()
        .filter(one -> !one.leaving())
        .map(one -> (Action) new Action.Drain(one.instance(), "the launcher ends"))
        .toList();
  }
}
