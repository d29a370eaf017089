package io.selfupgrade.core.release;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.selfupgrade.upgrade.ReasonCode;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

/** What tests say of refusals. */
final class Refusals {

  private Refusals() {}

  /** Proves that the call is refused for this reason, and that the message says so. */
  static void assertRefused(ThrowingCallable call, ReasonCode code, String message) {
    RefusalException refused = catchThrowableOfType(RefusalException.class, call);
    assertThat(refused).isNotNull();
    assertThat(refused.reason().message()).contains(message);
    assertThat(refused.reason().code()).isEqualTo(code);
  }
}
