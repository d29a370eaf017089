package io.selfupgrade.core.upgrade;

import io.selfupgrade.upgrade.Reason;
import io.selfupgrade.upgrade.ReasonCode;

/** Ends an upgrade before its hand-over for a reason that may be the version's own or not. */
final class AbortException extends Exception {

  private static final long serialVersionUID = 1L;

  private final transient Reason reason;
  private final boolean verdict;

  private AbortException(ReasonCode code, String message, boolean verdict) {
    super(message);
    this.reason = new Reason(code, message);
    this.verdict = verdict;
  }

  /** The version's own fault: it is listed as failed. */
  static AbortException verdict(ReasonCode code, String message) {
    return new AbortException(code, message, true);
  }

  /** Nobody's proven fault: it is tried again. */
  static AbortException inconclusive(ReasonCode code, String message) {
    return new AbortException(code, message, false);
  }

  Reason reason() {
    return reason;
  }

  boolean isVerdict() {
    return verdict;
  }
}
