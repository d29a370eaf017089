package io.selfupgrade.failover;

import io.selfupgrade.agent.InstanceId;
import java.util.Objects;

/**
 * A way to take the lead that an instance may claim; the store's compare-and-set decides.
 *
 * <p>A transfer and going back are ways too, but decisions of the journal.
 */
public sealed interface TakeOver {

  /** The lease has expired on the store's clock, or there is none yet. */
  record Expired() implements TakeOver {}

  /**
   * The instance got the session lock of that epoch while the row says that its holder held it.
   *
   * @param epoch the epoch of the lock
   */
  record EarlyLock(long epoch) implements TakeOver {}

  /**
   * The launcher attests that its own child, the holder of that epoch, is dead.
   *
   * @param dead the dead instance
   * @param epoch the epoch that it held
   */
  record Attested(InstanceId dead, long epoch) implements TakeOver {
    /** Validates that the instance is there. */
    public Attested {
      Objects.requireNonNull(dead, "dead");
    }
  }
}
