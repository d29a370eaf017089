package io.selfupgrade.launcher;

import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * All that the launcher's decisions depend on, at one moment.
 *
 * @param pointer the version that {@code current} names
 * @param candidate the trial, if there is one
 * @param obeyed the final decisions so far
 * @param living the instances that are not known to be dead
 * @param requests what living instances ask for
 * @param starts which roles may be started now
 * @param mode what the launcher is up to
 */
record Situation(
    String pointer,
    Optional<Candidate> candidate,
    Obeyed obeyed,
    List<Living> living,
    List<Request> requests,
    Starts starts,
    Mode mode) {
  /**
   * An instance that is not known to be dead.
   *
   * @param instance its id
   * @param role what it is to the launcher
   * @param leaving whether it has been asked to end
   * @param restart whether it asks to be started again, and how
   */
  record Living(UUID instance, Role role, boolean leaving, Optional<Restart> restart) {
    /** Tells whether it waits for that instance, or to be stopped after it. */
    boolean relievedBy(UUID other) {
      return leaving
          || restart.filter(wish -> wish.relief().map(other::equals).orElse(true)).isPresent();
    }
  }

  /**
   * A wish to be started again.
   *
   * @param relief the instance to start first; empty: stop it, then start another
   * @param begun whether that instance was started
   */
  record Restart(Optional<UUID> relief, boolean begun) {}

  /**
   * Which roles may be started now.
   *
   * @param currentDue no back-off keeps the confirmed version
   * @param currentQuit it ended on purpose
   * @param candidateDue no back-off keeps the candidate
   * @param candidateQuit it ended on purpose
   * @param candidateFree its last end was not its own doing, so the next start is not counted
   */
  record Starts(
      boolean currentDue,
      boolean currentQuit,
      boolean candidateDue,
      boolean candidateQuit,
      boolean candidateFree) {}

  /** What the launcher is up to. */
  enum Mode {
    /** Keep running what must run. */
    WORKING,
    /** The same, but begin no trial. */
    FROZEN,
    /** Stop everything and end. */
    ENDING
  }

  Situation {
    living = List.copyOf(living);
    requests = List.copyOf(requests);
  }

  /** Returns the decision for the candidate that was obeyed but is not yet carried out. */
  Optional<Obeyed.Decision> decision() {
    return candidate.flatMap(trial -> obeyed.of(trial.upgrade()));
  }

  /** Tells whether a candidate has the place of the confirmed version, until its trial ends. */
  boolean candidateAlone() {
    return candidate.filter(trial -> trial.alone() && trial.handedOver()).isPresent()
        && (candidateInstance().isPresent()
            || (decision().isEmpty() && candidate.get().state() == TrialState.RUNNING));
  }

  /** Returns the candidate's living instance. */
  Optional<Living> candidateInstance() {
    return living.stream()
        .filter(one -> candidate.isPresent() && candidate.get().isInstance(one.instance()))
        .findFirst();
  }
}
