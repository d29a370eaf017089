package io.selfupgrade.change;

/**
 * A place that takes changes: a repository.
 *
 * <p><b>Obligations</b>, checked by the contract in testkit:
 *
 * <ol>
 *   <li>{@link #name} is always the same and tells no secret.
 *   <li>Nothing goes out that its {@link ChangePolicy} refuses, while forward effects are frozen,
 *       or without the lead.
 *   <li>A row is in the journal before anything is made, and each step after it was made. A step
 *       whose answer was lost is looked for and never made again blindly, so that a change is one
 *       commit and one pull request however often it is asked for and by whomever.
 *   <li>Trouble with the place is {@link ChangeResult.Troubled}; only the journal's own trouble is
 *       thrown.
 * </ol>
 *
 * <p>Called by one thread of an instance at a time.
 */
public interface ChangeTarget {

  /** Returns what the journal calls it, such as {@code acme/bot}: 1 to 200 characters. */
  String name();

  /**
   * Proposes a change, or goes on with the one of the same key.
   *
   * @throws io.selfupgrade.agent.AdapterException if the journal cannot be reached
   */
  ChangeResult propose(Change change, Proposer by);

  /**
   * Goes on with a change that was proposed, without its files.
   *
   * @throws io.selfupgrade.agent.AdapterException if the journal cannot be reached
   */
  ChangeResult follow(ChangeRecord change, Proposer by);
}
