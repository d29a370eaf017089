package io.selfupgrade.upgrade;

/**
 * A platform that runs a version of an agent when it is asked to.
 *
 * <p><b>Obligations</b>, checked by the contract in testkit:
 *
 * <ol>
 *   <li>{@link #name} is always the same and tells no secret.
 *   <li>{@link #deploy} asks the platform and returns; it does not wait until the version runs.
 *   <li>The same {@link Deployment#id} is one deployment, however often it is asked for, also by
 *       another process: where the platform may have heard of it, the target looks before it asks
 *       again.
 *   <li>It ends within 60 s, whatever the platform does.
 *   <li>What the platform refuses is an {@link io.selfupgrade.agent.AdapterException} that is not
 *       retryable; what cannot be known or reached is one that is. Neither tells a secret.
 *   <li>{@link #keepsOldUntil} and {@link #durableHome} are always the same, and promise nothing
 *       that the platform may break.
 *   <li>{@link #state} starts, stops and changes nothing that runs. It ends within 60 s, and
 *       answers whoever asks, also about what another process has asked for. What was never asked
 *       for is {@link DeployState.Unknown}.
 *   <li>{@link DeployState#over} is told only of what does not go on by itself. What cannot be told
 *       is {@link DeployState.Unknown} or an {@link io.selfupgrade.agent.AdapterException}, never
 *       an end.
 * </ol>
 *
 * <p>Called by the primary, by one thread at a time.
 */
public interface DeployTarget {

  /** Returns what the journal calls it, such as {@code deploy.yml}: 1 to 60 characters. */
  String name();

  /**
   * Returns for how long the platform keeps the version that runs when another one is asked for.
   *
   * <p>Default: {@link KeptUntil#NEVER}, the least.
   */
  default KeptUntil keepsOldUntil() {
    return KeptUntil.NEVER;
  }

  /**
   * Tells whether the files of a process are there for its successor, as on a volume.
   *
   * <p>Default: they are not.
   */
  default boolean durableHome() {
    return false;
  }

  /**
   * Asks the platform to run a version.
   *
   * @return where a person follows it: a URL, or a name that the platform knows
   * @throws io.selfupgrade.agent.AdapterException if it refuses, or cannot be reached
   */
  String deploy(Deployment deployment);

  /**
   * Tells how a deployment stands that was asked for, or that may have been.
   *
   * <p>An upgrade asks every 5 to 60 s. It ends at once by {@link DeployState.Failed}; everything
   * else it records, and waits on.
   *
   * <p>Default: {@link DeployState.Unknown}, because the platform does not say.
   *
   * @throws io.selfupgrade.agent.AdapterException if it cannot be asked
   */
  default DeployState state(Deployment deployment) {
    return new DeployState.Unknown(name() + " does not say how a deployment stands");
  }
}
