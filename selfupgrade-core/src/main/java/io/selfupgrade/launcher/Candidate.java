package io.selfupgrade.launcher;

import java.io.IOException;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;

/**
 * The record {@code home/candidate}: a version on trial. Written by the launcher only.
 *
 * @param trial what was asked for
 * @param instance the latest started instance, empty before the first start
 * @param starts the counted starts, each counted before it happens
 * @param runTime the run time since the hand-over, saved about once a second
 * @param handedOver whether the candidate leads
 * @param state whether it is kept running
 * @param why why it is not kept running, else empty
 */
public record Candidate(
    Trial trial,
    String instance,
    int starts,
    Duration runTime,
    boolean handedOver,
    TrialState state,
    String why) {
  /** Checks that nothing is null. */
  public Candidate {
    Objects.requireNonNull(trial, "trial");
    Objects.requireNonNull(instance, "instance");
    Objects.requireNonNull(runTime, "runTime");
    Objects.requireNonNull(state, "state");
    Objects.requireNonNull(why, "why");
  }

  /** Returns the candidate of a trial that has just been asked for. */
  static Candidate of(Trial trial) {
    return new Candidate(trial, "", 0, Duration.ZERO, false, TrialState.RUNNING, "");
  }

  /**
   * Reads the candidate of a home, or returns nothing if no version is on trial.
   *
   * @throws IOException if the record cannot be read or is not a candidate
   */
  public static Optional<Candidate> read(Home home) throws IOException {
    Optional<StateFile> file = StateFile.read(home.candidate());
    if (file.isEmpty()) {
      return Optional.empty();
    }
    StateFile state = file.get();
    try {
      Trial trial = Trial.read(state);
      return Optional.of(
          new Candidate(
              trial,
              state.text("instance").orElse(""),
              Math.toIntExact(state.number("starts", 0)),
              Duration.ofMillis(state.number("runMillis", 0)),
              Boolean.parseBoolean(state.text("handedOver").orElse("false")),
              TrialState.valueOf(state.requireText("state")),
              state.text("why").orElse("")));
    } catch (IllegalArgumentException | ArithmeticException e) {
      throw new IOException(home.candidate() + " is not a candidate: " + e.getMessage(), e);
    }
  }

  /** Returns the upgrade that the candidate belongs to. */
  public UUID upgrade() {
    return trial.upgrade();
  }

  /** Returns the version on trial. */
  public String version() {
    return trial.version();
  }

  /** Tells whether the version runs in the place of the confirmed one, and not beside it. */
  public boolean alone() {
    return trial.alone().isPresent();
  }

  /** Returns the latest started instance, or nothing before the first start. */
  public Optional<UUID> latestInstance() {
    try {
      return instance.isEmpty() ? Optional.empty() : Optional.of(UUID.fromString(instance));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  /** Tells whether this is the latest started instance of the candidate. */
  public boolean isInstance(UUID other) {
    return instance.equals(other.toString());
  }

  Candidate started(UUID newInstance, int newStarts) {
    return new Candidate(trial, newInstance.toString(), newStarts, runTime, handedOver, state, why);
  }

  Candidate handedOver(long epoch) {
    return new Candidate(trial.at(epoch), instance, starts, runTime, true, state, why);
  }

  Candidate ran(Duration more) {
    return new Candidate(trial, instance, starts, runTime.plus(more), handedOver, state, why);
  }

  Candidate ended(TrialState end, String reason) {
    return new Candidate(trial, instance, starts, runTime, handedOver, end, reason);
  }

  StateFile toState() {
    return StateFile.empty()
        .with("version", trial.version())
        .with("upgrade", trial.upgrade().toString())
        .with("epoch", trial.epoch())
        .with("limitMillis", trial.limit().toMillis())
        .with("alone", trial.alone().map(UUID::toString).orElse(""))
        .with("instance", instance)
        .with("starts", starts)
        .with("runMillis", runTime.toMillis())
        .with("handedOver", Boolean.toString(handedOver))
        .with("state", state.name())
        .with("why", why);
  }
}
