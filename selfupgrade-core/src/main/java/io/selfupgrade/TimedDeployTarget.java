package io.selfupgrade;

import io.selfupgrade.upgrade.DeployState;
import io.selfupgrade.upgrade.DeployTarget;
import io.selfupgrade.upgrade.Deployment;
import io.selfupgrade.upgrade.KeptUntil;
import java.time.Duration;

/**
 * A platform that is given up when its time is over, and is asked by one thread at a time.
 *
 * <p>Its adapter runs on a thread of its own; whatever goes wrong there is an {@link
 * io.selfupgrade.agent.AdapterException}.
 */
final class TimedDeployTarget implements DeployTarget, AutoCloseable {

  private static final Duration LONGEST = Duration.ofSeconds(60);

  private final DeployTarget target;
  private final PlatformCall call;
  private volatile Duration limit = LONGEST;

  TimedDeployTarget(DeployTarget target, String agent) {
    this.target = target;
    this.call = new PlatformCall("selfupgrade-" + agent + "-deploy");
  }

  /** Sets for how long the platform may take; for tests. */
  void limit(Duration other) {
    limit = other;
  }

  @Override
  public String name() {
    return target.name();
  }

  @Override
  public KeptUntil keepsOldUntil() {
    return target.keepsOldUntil();
  }

  @Override
  public boolean durableHome() {
    return target.durableHome();
  }

  @Override
  public synchronized String deploy(Deployment deployment) {
    return call.ask(() -> target.deploy(deployment), limit);
  }

  @Override
  public synchronized DeployState state(Deployment deployment) {
    return call.ask(() -> target.state(deployment), limit);
  }

  /** Gives up what the platform is asked at the moment, and asks no more. Idempotent. */
  @Override
  public void close() {
    call.close();
  }
}
