package io.selfupgrade.failover;

/** The leadership that a {@link PrimaryWork} was started under. Thread-safe. */
public interface Primary {

  /** Returns the epoch. */
  long epoch();

  /** Tells whether this instance still leads at this epoch, as far as it can know; no I/O. */
  boolean stillPrimary();
}
