package io.selfupgrade.schedule;

import java.time.Duration;
import java.util.Objects;

/**
 * How an attempt ended, to be recorded.
 *
 * @param claim the attempt
 * @param how what becomes of its run
 * @param error what it failed with; empty if it did not
 * @param pause until it is tried again; zero where it is not
 */
public record RunEnd(RunClaim claim, How how, String error, Duration pause) {

  /** Validates the parts. */
  public RunEnd {
    Objects.requireNonNull(claim, "claim");
    Objects.requireNonNull(how, "how");
    Objects.requireNonNull(error, "error");
    Objects.requireNonNull(pause, "pause");
  }

  /** The run is done. */
  public static RunEnd succeeded(RunClaim claim) {
    return new RunEnd(claim, How.SUCCEEDED, "", Duration.ZERO);
  }

  /** The run has failed and is not tried again. */
  public static RunEnd failed(RunClaim claim, String error) {
    return new RunEnd(claim, How.FAILED, error, Duration.ZERO);
  }

  /** The run has failed too often and is set aside. */
  public static RunEnd quarantined(RunClaim claim, String error) {
    return new RunEnd(claim, How.QUARANTINED, error, Duration.ZERO);
  }

  /** The run has failed and is tried again after a pause. */
  public static RunEnd retry(RunClaim claim, String error, Duration pause) {
    return new RunEnd(claim, How.RETRY, error, pause);
  }

  /** The run is given back, to be claimed again at once; no failure. */
  public static RunEnd givenBack(RunClaim claim) {
    return new RunEnd(claim, How.GIVEN_BACK, "", Duration.ZERO);
  }

  /** What becomes of the run. */
  public enum How {
    /** Done. */
    SUCCEEDED,
    /** Failed for good. */
    FAILED,
    /** Failed for good, after having been tried again. */
    QUARANTINED,
    /** Waits for another attempt, after a pause; counts as a failure. */
    RETRY,
    /** Waits for another attempt; counts as nothing. */
    GIVEN_BACK;

    /** Tells whether the run waits after that. */
    public boolean again() {
      return this == RETRY || this == GIVEN_BACK;
    }
  }
}
