package io.selfupgrade.core.upgrade;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.InstanceId;
import io.selfupgrade.agent.Version;
import io.selfupgrade.core.local.LauncherLink;
import io.selfupgrade.failover.InstanceRecord;
import io.selfupgrade.store.AgentStore;
import io.selfupgrade.upgrade.StepRecord;
import io.selfupgrade.upgrade.UpgradeJournal;
import io.selfupgrade.upgrade.UpgradePhase;
import io.selfupgrade.upgrade.UpgradeRecord;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * What all parts of the engine share.
 *
 * @param store the agent's store
 * @param self this instance
 * @param settings how the agent upgrades itself
 * @param host what this process stands on
 * @param side the rest of the agent
 * @param log where events of steps go
 * @param clock the wall clock, for expiry and retries
 */
record Situation(
    AgentStore store,
    InstanceRecord self,
    UpgradeSettings settings,
    Host host,
    PrimarySide side,
    StepLog log,
    Clock clock) {

  UpgradeJournal journal() {
    return store.journal();
  }

  AgentName agent() {
    return self.agent();
  }

  Version version() {
    return self.version();
  }

  Optional<Fence> fence() {
    return side.fence();
  }

  Optional<LauncherLink> link() {
    return host.link();
  }

  /** Tells whether this instance is what an upgrade tries; on a platform its version tells. */
  boolean isCandidateOf(UpgradeRecord upgrade) {
    if (host.platform().isEmpty()) {
      return self.trial().equals(Optional.of(upgrade.id()));
    }
    boolean tried =
        upgrade.phase() == UpgradePhase.TRIAL || upgrade.phase() == UpgradePhase.HANDED_OVER;
    return tried && isNewSideOf(upgrade);
  }

  /** Tells whether this instance is of the version that the upgrade goes to. */
  boolean isNewSideOf(UpgradeRecord upgrade) {
    return upgrade
        .target()
        .filter(target -> target.version().equals(version()))
        .filter(target -> !upgrade.from().equals(version()))
        .isPresent();
  }

  /** Tells whether this instance is of the version that the upgrade started from. */
  boolean isOldSideOf(UpgradeRecord upgrade) {
    return !isCandidateOf(upgrade) && self.version().equals(upgrade.from());
  }

  /** Returns a living instance of a version, other than this one. */
  Optional<InstanceId> living(Version version) {
    return store.instances().living(agent()).stream()
        .filter(status -> status.record().version().equals(version))
        .filter(status -> !status.record().id().equals(self.id()))
        .filter(status -> status.aliveWithin(settings.ttl()))
        .map(status -> status.record().id())
        .findFirst();
  }

  /** Returns why forward effects are frozen; a flag that cannot be read counts as one. */
  Optional<String> frozen() {
    if (link().isPresent() && link().get().frozen()) {
      return Optional.of("the file " + link().get().home().frozen() + " is there: remove it");
    }
    return journal().frozen(agent());
  }

  /** Tells whether nothing was recorded on an upgrade for that long. */
  boolean untouchedFor(UpgradeRecord upgrade, Duration time) {
    Instant last = upgrade.decision().at();
    List<StepRecord> steps = journal().steps(upgrade.id());
    if (!steps.isEmpty()) {
      last = steps.get(steps.size() - 1).at().orElse(last);
    }
    return last.plus(time).isBefore(clock.instant());
  }
}
