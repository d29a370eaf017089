package io.selfupgrade;

import io.selfupgrade.agent.Fence;
import io.selfupgrade.core.failover.Elector;
import io.selfupgrade.failover.Primary;

/** What the host's exclusive work is told of the lead that it runs under. */
record Leading(Fence fence, Elector elector) implements Primary {

  @Override
  public long epoch() {
    return fence.epoch();
  }

  @Override
  public boolean stillPrimary() {
    return elector.leads(fence);
  }
}
