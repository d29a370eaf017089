package io.selfupgrade.testkit;

import io.selfupgrade.upgrade.DeployState;
import io.selfupgrade.upgrade.DeployTarget;
import io.selfupgrade.upgrade.Deployment;
import java.util.List;
import java.util.Optional;

/** The platform in memory keeps the contract. */
class InMemoryPlatformTest extends DeployTargetContract {

  private final InMemoryPlatform platform = new InMemoryPlatform();

  @Override
  protected DeployTarget target() {
    return platform;
  }

  @Override
  protected void platform(InMemoryPlatform.Mood does) {
    platform.be(does);
  }

  @Override
  protected int deployments() {
    return platform.accepted().size();
  }

  @Override
  protected List<String> secrets() {
    return List.of();
  }

  @Override
  protected boolean end(Deployment deployment, boolean well) {
    platform.say(
        deployment.id(),
        well
            ? new DeployState.Succeeded("memory")
            : new DeployState.Failed("memory failed", Optional.of("deploy"), "no room"));
    return true;
  }
}
