package io.selfupgrade.change;

import java.util.List;

/**
 * The door to changes that the agent proposes to its own source.
 *
 * <p>Thread-safe. Nothing here upgrades the agent: a change that was merged comes back as a signed
 * release, which is judged like every other.
 */
public interface Changes {

  /**
   * Proposes a change, or goes on with the one of the same key; on the primary only.
   *
   * <p>Blocks while requests are answered, and for as long as the target was told to wait for
   * checks.
   *
   * @return how it stands
   * @throws io.selfupgrade.agent.AdapterException if the store cannot be reached
   */
  ChangeResult propose(Change change);

  /**
   * Goes on with a change that was proposed, as by a task each few minutes; needs no files.
   *
   * @return how it stands
   * @throws io.selfupgrade.agent.AdapterException if the store cannot be reached
   */
  ChangeResult follow(String key);

  /** Returns the agent's changes, newest first. */
  List<ChangeRecord> history(int limit);
}
