package io.selfupgrade.launcher;

import java.io.IOException;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The attestation {@code run/<instance>/reaped}: this instance is dead for certain.
 *
 * @param at when the launcher found out, on the host's clock
 * @param code the exit code as text, empty if nobody could see it
 * @param cause how it ended
 * @param sequence position among the launcher's journal entries, orders attestations
 */
public record Reaped(Instant at, String code, Cause cause, long sequence) {
  /** How an instance ended. */
  public enum Cause {
    /** By itself, while the launcher was watching. */
    EXITED,
    /** The launcher stopped it. */
    STOPPED,
    /** While no launcher was running. */
    UNWATCHED,
    /** With the host. */
    REBOOTED,
    /** It was never there: the host could not start it. */
    NOT_STARTED
  }

  /** Checks that nothing is null. */
  public Reaped {
    Objects.requireNonNull(at, "at");
    Objects.requireNonNull(code, "code");
    Objects.requireNonNull(cause, "cause");
  }

  /**
   * Reads the attestation of an instance, or returns nothing if it is not known to be dead.
   *
   * @throws IOException if it cannot be read
   */
  public static Optional<Reaped> read(RunDirectory run) throws IOException {
    Optional<StateFile> file = StateFile.read(run.reaped());
    if (file.isEmpty()) {
      return Optional.empty();
    }
    StateFile state = file.get();
    try {
      return Optional.of(
          new Reaped(
              Instant.ofEpochMilli(state.requireNumber("atMillis")),
              state.text("exitCode").orElse(""),
              Cause.valueOf(state.text("cause").orElse(Cause.EXITED.name())),
              state.number("sequence", 0)));
    } catch (IllegalArgumentException e) {
      throw new IOException(run.reaped() + " is no attestation: " + e.getMessage(), e);
    }
  }

  /** Returns the exit code, if the launcher could see it. */
  public OptionalInt exitCode() {
    try {
      return code.isEmpty() ? OptionalInt.empty() : OptionalInt.of(Integer.parseInt(code));
    } catch (NumberFormatException e) {
      return OptionalInt.empty();
    }
  }

  /** Tells whether the launcher had asked it to end. */
  public boolean stopped() {
    return cause == Cause.STOPPED;
  }

  /** Tells whether the end says something about the instance itself. */
  boolean ownDoing() {
    return cause == Cause.EXITED;
  }

  StateFile toState() {
    StateFile state =
        StateFile.empty()
            .with("atMillis", at.toEpochMilli())
            .with("cause", cause.name())
            .with("sequence", sequence);
    return code.isEmpty() ? state : state.with("exitCode", code);
  }
}
