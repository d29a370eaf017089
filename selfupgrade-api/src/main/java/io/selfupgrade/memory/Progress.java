package io.selfupgrade.memory;

/** Hears how far long work is; called on the thread that does it. */
@FunctionalInterface
public interface Progress {

  /** Hears nothing. */
  Progress NONE = done -> {};

  /**
   * Tells how far it is.
   *
   * @param done memories that are dealt with by now, and will be if it is ended here
   */
  void at(long done);
}
