package io.selfupgrade.core.failover;

/**
 * What follows a change of leadership.
 *
 * <p>Called by one thread at a time, on the elector's threads or on the one that gave or took the
 * lead: return at once and never block.
 */
public interface Tenure {

  /** This instance leads; the lease is written and confirmed. */
  void promoted(Promotion promotion);

  /** The lead cannot be proved at the moment, or can be again: start nothing new meanwhile. */
  void unsure(boolean unsure);

  /**
   * This instance leads no more.
   *
   * @param replaced whether another holder is known; if not, the lead could not be proved any more
   */
  void demoted(boolean replaced);

  /** A wake-up came from another instance or session of the agent, or may have come unheard. */
  void signalled();

  /** After a demotion in isolation: now another holder is known. */
  void replaced();
}
