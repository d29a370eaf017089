package io.selfupgrade.launcher;

import java.io.IOException;

/** A slot is not what its {@code launch.properties} says; nothing of it may be executed. */
public final class SlotDamagedException extends IOException {
  private static final long serialVersionUID = 1L;

  /** Creates it with the slot, what was expected and what was seen. */
  public SlotDamagedException(String message) {
    super(message);
  }

  /** Creates it with the slot, what failed, and the cause. */
  public SlotDamagedException(String message, Throwable cause) {
    super(message, cause);
  }
}
