package io.selfupgrade.core.upgrade;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.Version;
import io.selfupgrade.upgrade.DeployTarget;
import io.selfupgrade.upgrade.Deployment;
import io.selfupgrade.upgrade.DeploymentStore.Entry;
import io.selfupgrade.upgrade.DeploymentStore.State;
import io.selfupgrade.upgrade.UpgradeRecord;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.UUID;

/**
 * Asks a platform for a version: a row first, then the question, then its end.
 *
 * <p>An upgrade asks by its own id, its way back by one that follows from it. So whoever asks
 * again, after a crash or because no answer came, asks for the same deployment.
 */
final class Dispatch {

  private static final int HISTORY = 1000;

  private final Situation situation;
  private final DeployTarget target;

  Dispatch(Situation situation, DeployTarget target) {
    this.situation = situation;
    this.target = target;
  }

  String platform() {
    return target.name();
  }

  /** Returns what is recorded of the question for a version that ran before. */
  String asked(Version version, String reference) {
    return platform() + " was asked for " + version + " again: " + reference;
  }

  /** Asks for the version that an upgrade goes to; returns where a person follows it. */
  String forward(Fence fence, UpgradeRecord upgrade) throws PlatformException {
    return ask(fence, forwardWish(upgrade));
  }

  /** Asks for the version that an upgrade came from; returns where a person follows it. */
  String back(Fence fence, UpgradeRecord upgrade) throws PlatformException {
    return ask(fence, backWish(upgrade));
  }

  /** Asks for the confirmed version once for each epoch, long after an upgrade was given up. */
  String again(Fence fence, UpgradeRecord upgrade, Version confirmed) throws PlatformException {
    return ask(fence, wish(idOf(upgrade, "/again/" + fence.epoch()), confirmed));
  }

  /** Returns what the platform is asked for by an upgrade. */
  Deployment forwardWish(UpgradeRecord upgrade) {
    return wish(upgrade.id(), upgrade.target().orElseThrow().version());
  }

  /** Returns what the platform is asked for by the way back from an upgrade. */
  Deployment backWish(UpgradeRecord upgrade) {
    return wish(idOf(upgrade, "/back"), upgrade.from());
  }

  /** Returns how far the question for the new version has come. */
  Optional<Entry> forwardOf(UpgradeRecord upgrade) {
    return entry(upgrade.id());
  }

  /** Returns how far the question for the old version has come. */
  Optional<Entry> backOf(UpgradeRecord upgrade) {
    return entry(backWish(upgrade).id());
  }

  private Deployment wish(UUID id, Version version) {
    return new Deployment(id, situation.agent(), version);
  }

  private static UUID idOf(UpgradeRecord upgrade, String what) {
    String name = upgrade.id() + what;
    return UUID.nameUUIDFromBytes(name.getBytes(StandardCharsets.UTF_8));
  }

  private Optional<Entry> entry(UUID id) {
    return situation.store().deployments().history(situation.agent(), HISTORY).stream()
        .filter(entry -> entry.deployment().id().equals(id))
        .findFirst();
  }

  private String ask(Fence fence, Deployment deployment) throws PlatformException {
    UUID id = deployment.id();
    Version version = deployment.version();
    Entry begun =
        situation
            .store()
            .deployments()
            .begin(fence, deployment, target.name())
            .orElseThrow(Pipeline::leadLost);
    if (begun.state() == State.DISPATCHED) {
      return begun.note();
    }
    if (begun.state() == State.FAILED) {
      throw new PlatformException(
          target.name() + " refused " + version + ": " + begun.note(), true);
    }
    String reference;
    try {
      reference = target.deploy(deployment);
    } catch (AdapterException e) {
      String why = Ender.text(e);
      if (!e.retryable()) {
        settle(fence, id, State.FAILED, why);
        throw new PlatformException(target.name() + " refused " + version + ": " + why, true);
      }
      throw new PlatformException(
          target.name() + " was asked for " + version + " and gave no answer: " + why, false);
    }
    settle(fence, id, State.DISPATCHED, reference);
    return reference;
  }

  /** What cannot be recorded stays begun, and is asked for again by the same id. */
  private void settle(Fence fence, UUID id, State end, String note) {
    if (!situation.store().deployments().settle(fence, id, end, note)) {
      UpgradeEngine.LOG.warn("the end of deployment {} is not recorded: the lead was lost", id);
    }
  }
}
