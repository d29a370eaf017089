package io.selfupgrade.testkit;

import io.selfupgrade.upgrade.DeployTarget;
import java.util.List;

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
}
