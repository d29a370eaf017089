package io.selfupgrade.core.upgrade;

import io.selfupgrade.upgrade.ReasonCode;

/** A platform did not take a deployment: it refused, or it is not known whether it heard. */
final class PlatformException extends Exception {

  private static final long serialVersionUID = 1L;

  private final boolean refused;

  PlatformException(String message, boolean refused) {
    super(message);
    this.refused = refused;
  }

  /** Tells whether it will never take it; if not, it is asked again for the same one. */
  boolean refused() {
    return refused;
  }

  ReasonCode code() {
    return refused ? ReasonCode.PLATFORM_REFUSED : ReasonCode.PLATFORM_UNAVAILABLE;
  }
}
