package io.selfupgrade.upgrade;

/**
 * What the sender of webhooks could not deliver, and delivers again when it is asked.
 *
 * <p><b>Obligations</b>, checked by the contract in testkit:
 *
 * <ol>
 *   <li>{@link #name} is always the same and tells no secret.
 *   <li>{@link #redeliver} asks the sender and returns; it does not wait for what is delivered.
 *   <li>It may be called at any time and by anybody: what was received is not asked for again, and
 *       what arrives twice has no effect.
 *   <li>A sender that refuses or cannot be reached is an {@link
 *       io.selfupgrade.agent.AdapterException}, which tells no secret.
 * </ol>
 *
 * <p>Called by the primary, by one thread at a time; it may be interrupted.
 */
public interface MissedDeliveries {

  /** Returns what the log calls it. */
  String name();

  /**
   * Has what failed delivered again.
   *
   * @throws io.selfupgrade.agent.AdapterException if the sender does not say what failed
   */
  Redelivered redeliver();

  /**
   * What was done.
   *
   * @param seen how many attempts the sender has told of
   * @param failed how many deliveries of these were never received
   * @param asked how many of these the sender delivers again
   */
  record Redelivered(int seen, int failed, int asked) {}
}
