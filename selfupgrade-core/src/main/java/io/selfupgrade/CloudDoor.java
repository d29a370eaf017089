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
import java.util.UUID;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Asks the platform to run the confirmed version: a row first, then the effect, then its end. */
final class CloudDoor {

  private static final Logger LOG = LoggerFactory.getLogger(SelfUpgrade.class);
  private static final String DOUBT =
      " before, and it is not known whether the platform has heard it";

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
    return deploy(
        Optional.empty(),
        (store, held, version, target) ->
            store
                .deployments()
                .begin(held, version, target.name())
                .map(deployment -> ask(target, deployment, held, store.deployments())));
  }

  /**
   * Deploys under an id, once however often it is called with it.
   *
   * @param wanted refused if another version is the confirmed one
   */
  synchronized DeployResult deploy(UUID id, Optional<String> wanted) {
    Optional<DeploymentStore.Entry> known = known(id);
    Optional<DeployResult> end = known.flatMap(CloudDoor::end);
    if (end.isPresent()) {
      return end.get();
    }
    Optional<String> begun = known.map(entry -> entry.deployment().version().toString());
    DeployResult result =
        deploy(
            begun.or(() -> wanted),
            (store, held, version, target) ->
                store
                    .deployments()
                    .begin(held, new Deployment(id, blueprint.agent(), version), target.name())
                    .map(
                        entry ->
                            end(entry)
                                .orElseGet(
                                    () ->
                                        ask(
                                            target,
                                            entry.deployment(),
                                            held,
                                            store.deployments()))));
    return begun.isPresent() && result instanceof DeployResult.Refused refused
        ? doubtful(refused.reason())
        : result;
  }

  /** Returns what came of the deployment under an id, changing nothing; empty if there is none. */
  synchronized Optional<DeployResult> deployed(UUID id) {
    return known(id)
        .map(
            entry ->
                end(entry)
                    .orElseGet(
                        () ->
                            new DeployResult.Failed(
                                entry.deployment(),
                                entry.target(),
                                "it was begun" + DOUBT,
                                false)));
  }

  private Optional<DeploymentStore.Entry> known(UUID id) {
    return door.opened().deployments().find(blueprint.agent(), id);
  }

  /** What has ended stays as it is, whatever is in the way of another one by now. */
  private static Optional<DeployResult> end(DeploymentStore.Entry entry) {
    Deployment deployment = entry.deployment();
    return switch (entry.state()) {
      case BEGUN -> Optional.empty();
      case DISPATCHED ->
          Optional.of(new DeployResult.Dispatched(deployment, entry.target(), entry.note()));
      case FAILED ->
          Optional.of(new DeployResult.Failed(deployment, entry.target(), entry.note(), false));
      case SUPERSEDED ->
          Optional.of(
              new DeployResult.Failed(
                  deployment, entry.target(), "another deployment was begun after it", false));
    };
  }

  private static DeployResult doubtful(Reason why) {
    return new DeployResult.Refused(
        new Reason(why.code(), why.message() + "; this deployment was begun" + DOUBT));
  }

  private DeployResult deploy(Optional<String> wanted, Beginning beginning) {
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
    Optional<Version> confirmed = store.journal().confirmedVersion(blueprint.agent());
    return inTheWay(store, confirmed, wanted)
        .orElseGet(
            () ->
                beginning
                    .begin(store, held.get(), confirmed.orElseThrow(), target)
                    .orElseGet(CloudDoor::notPrimary));
  }

  private Optional<DeployResult> inTheWay(
      AgentStore store, Optional<Version> confirmed, Optional<String> wanted) {
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
    if (confirmed.isEmpty() || confirmed.get().equals(Version.UNVERSIONED)) {
      return refused(
          ReasonCode.UNVERSIONED,
          "the agent has no confirmed version to deploy: call version(...) on the builder, or set"
              + " Implementation-Version in the jar's manifest");
    }
    return wanted
        .filter(version -> !version.equals(confirmed.get().toString()))
        .flatMap(
            version ->
                refused(
                    ReasonCode.NOT_CONFIRMED,
                    "version "
                        + version
                        + " is wanted, and "
                        + confirmed.get()
                        + " is the confirmed one, which alone is deployed: upgrade first"));
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
    return new DeployResult.Refused(
        new Reason(
            ReasonCode.NOT_PRIMARY,
            "this instance is not the primary, which alone deploys: call deployToCloud() there, or"
                + " start() this one and wait until role() is PRIMARY"));
  }

  private static Optional<DeployResult> refused(ReasonCode code, String message) {
    return Optional.of(new DeployResult.Refused(new Reason(code, message)));
  }

  /** Begins a deployment in the journal and asks the platform; empty if the lead was lost. */
  @FunctionalInterface
  private interface Beginning {
    Optional<DeployResult> begin(
        AgentStore store, Fence held, Version version, DeployTarget target);
  }
}
