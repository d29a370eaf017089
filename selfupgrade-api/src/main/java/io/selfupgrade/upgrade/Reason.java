package io.selfupgrade.upgrade;

import java.util.Objects;

/**
 * A typed reason with a sentence for people.
 *
 * @param code what happened, from a closed set
 * @param message what was seen, what was expected and what to do
 */
public record Reason(ReasonCode code, String message) {

  /** Validates the parts. */
  public Reason {
    Objects.requireNonNull(code, "code");
    Objects.requireNonNull(message, "message");
  }

  /** Returns code and message on one line. */
  @Override
  public String toString() {
    return code + ": " + message;
  }
}
