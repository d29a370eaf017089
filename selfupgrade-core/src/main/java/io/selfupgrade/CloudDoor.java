package io.selfupgrade;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.Version;
import io.selfupgrade.store.AgentStore;
import io.selfupgrade.upgrade.DeployResult;
import io.selfupgrade.upgrade.DeployTarget;
import io.selfupgrade.upgrade.Deployment;
import io.selfupgrade.upgrade.DeploymentStore;
import io.selfupgrade.upgrade.Reason;
import io.selfupgrade.upgrade.ReasonCode;
import java.util.Optional;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Asks the platform to run the confirmed version: a row first, then the effect, then its end. */
final class CloudDoor {

  private static final Logger LOG = LoggerFactory.getLogger(SelfUpgrade.class);

  private final Blueprint blueprint;
  private final StoreDoor door;
  private final Supplier<Optional<Fence>> fence;
  private final Platforms platforms;

  CloudDoor(
      Blueprint blueprint, StoreDoor door, Supplier<Optional<Fence>> fence, Platforms platforms) {
    this.blueprint = blueprint;
    this.door = door;
    this.fence = fence;
    this.platforms = platforms;
  }

  /** Deploys; one call at a time, because a target is called by one thread at a time. */
  synchronized DeployResult deploy() {
    DeployTarget target =
        platforms
            .cloud()
            .orElseThrow(
                () ->
                    new IllegalStateException(
                        "no platform is configured: call deployTo(...) on the builder"));
    AgentStore store = door.opened();
    Optional<Fence> held = fence.get();
    if (held.isEmpty()) {
      return notPrimary();
    }
    Optional<String> frozen = blueprint.frozen(store);
    if (frozen.isPresent()) {
      return refused(
          ReasonCode.FROZEN, "forward effects are frozen: " + frozen.get() + "; call unfreeze()");
    }
    if (platforms.installing().isPresent()
        && store.journal().openUpgrade(blueprint.agent()).isPresent()) {
      return refused(
          ReasonCode.UPGRADE_OPEN,
          "an upgrade is under way, which asks the platform itself: wait for its end");
    }
    Optional<Version> confirmed = store.journal().confirmedVersion(blueprint.agent());
    if (confirmed.isEmpty() || confirmed.get().equals(Version.UNVERSIONED)) {
      return refused(
          ReasonCode.UNVERSIONED,
          "the agent has no confirmed version to deploy: call version(...) on the builder, or set"
              + " Implementation-Version in the jar's manifest");
    }
    return store
        .deployments()
        .begin(held.get(), confirmed.get(), target.name())
        .map(deployment -> ask(target, deployment, held.get(), store.deployments()))
        .orElseGet(CloudDoor::notPrimary);
  }

  private DeployResult ask(
      DeployTarget target, Deployment deployment, Fence held, DeploymentStore journal) {
    try {
      String reference = target.deploy(deployment);
      settle(journal, held, deployment, DeploymentStore.State.DISPATCHED, reference);
      return new DeployResult.Dispatched(deployment, target.name(), reference);
    } catch (AdapterException e) {
      LOG.warn("deployment {} of {} failed", deployment.id(), deployment.version(), e);
      String why = String.valueOf(e.getMessage());
      if (!e.retryable()) {
        settle(journal, held, deployment, DeploymentStore.State.FAILED, why);
      }
      return new DeployResult.Failed(deployment, target.name(), why, e.retryable());
    }
  }

  /** What cannot be recorded stays begun: the next call asks for the same deployment again. */
  private static void settle(
      DeploymentStore journal,
      Fence held,
      Deployment deployment,
      DeploymentStore.State end,
      String note) {
    try {
      if (!journal.settle(held, deployment.id(), end, note)) {
        LOG.warn("the end of deployment {} is not recorded: the lead was lost", deployment.id());
      }
    } catch (AdapterException e) {
      LOG.warn("the end of deployment {} could not be recorded", deployment.id(), e);
    }
  }

  private static DeployResult notPrimary() {
    return refused(
        ReasonCode.NOT_PRIMARY,
        "this instance is not the primary, which alone deploys: call deployToCloud() there, or"
            + " start() this one and wait until role() is PRIMARY");
  }

  private static DeployResult refused(ReasonCode code, String message) {
    return new DeployResult.Refused(new Reason(code, message));
  }
}
