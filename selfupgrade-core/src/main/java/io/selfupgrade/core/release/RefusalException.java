package io.selfupgrade.core.release;

import io.selfupgrade.upgrade.Reason;
import io.selfupgrade.upgrade.ReasonCode;
import org.jspecify.annotations.Nullable;

/**
 * A release is refused, for a typed reason; trying again without a change gives the same answer.
 *
 * <p>A planned ending: it keeps the steps of verification straight inside core and becomes an
 * outcome at the door.
 */
public final class RefusalException extends Exception {

  private static final long serialVersionUID = 1L;

  private final ReasonCode code;
  private final String message;

  /** Refuses for a reason. */
  public RefusalException(ReasonCode code, String message) {
    this(code, message, null);
  }

  /** Refuses for a reason that another exception showed. */
  public RefusalException(ReasonCode code, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.code = code;
    this.message = message;
  }

  /** Returns why. */
  public Reason reason() {
    return new Reason(code, message);
  }
}
