package io.selfupgrade.core.schedule;

/** A payload that is no value of its handler's type: trying again would not help. */
final class UnreadablePayload extends RuntimeException {

  private static final long serialVersionUID = 1L;

  UnreadablePayload(String message, Throwable cause) {
    super(message, cause);
  }
}
