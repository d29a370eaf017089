package io.selfupgrade.failover;

import java.util.Objects;

/**
 * The host's exclusive work: what only one process of the agent may do (a port, polling a bot).
 *
 * <p>{@code start} is called after the lead is written and confirmed, {@code stop} before it is
 * given up; both may alternate any number of times, on one thread, never at once.
 *
 * <p><b>Obligations</b>: nothing exclusive is opened outside {@code start}; {@code stop} closes all
 * of it, also after a {@code start} that threw; both return within the drain's time.
 */
public interface PrimaryWork {

  /**
   * Opens what is exclusive.
   *
   * @throws Exception a verdict against a version on trial; elsewhere it is tried again while
   *     leading
   */
  void start(Primary primary) throws Exception;

  /** Closes what is exclusive. */
  void stop(Drain drain) throws Exception;

  /** Makes work of two callbacks that need to know nothing. */
  static PrimaryWork of(Callback start, Callback stop) {
    Objects.requireNonNull(start, "start");
    Objects.requireNonNull(stop, "stop");
    return new PrimaryWork() {
      @Override
      public void start(Primary primary) throws Exception {
        start.call();
      }

      @Override
      public void stop(Drain drain) throws Exception {
        stop.call();
      }
    };
  }

  /** A call of the host. */
  @FunctionalInterface
  interface Callback {
    /** Does it. */
    void call() throws Exception;
  }
}
