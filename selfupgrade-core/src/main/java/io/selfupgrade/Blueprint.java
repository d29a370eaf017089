package io.selfupgrade;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.change.ChangeTarget;
import io.selfupgrade.core.local.LauncherLink;
import io.selfupgrade.core.schedule.TickEngine;
import io.selfupgrade.failover.InstanceRecord;
import io.selfupgrade.failover.PrimaryWork;
import io.selfupgrade.failover.WhenIsolated;
import io.selfupgrade.store.AgentStore;
import io.selfupgrade.upgrade.DeployTarget;
import io.selfupgrade.upgrade.MissedDeliveries;
import io.selfupgrade.upgrade.UpgradeTimes;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Executor;

/**
 * What an agent is put together from.
 *
 * @param agent its name
 * @param identity who this process is
 * @param store where its state is kept
 * @param primary what the primary does
 * @param tasks what is scheduled
 * @param capabilities what it can do beside
 * @param clock the wall clock
 */
record Blueprint(
    AgentName agent,
    Identity identity,
    AgentStore store,
    Primary primary,
    Tasks tasks,
    Capabilities capabilities,
    Clock clock) {

  Optional<UpgradesBuilder> upgrades() {
    return capabilities.upgrades();
  }

  UpgradeTimes times() {
    return capabilities.upgrades().map(UpgradesBuilder::times).orElse(UpgradeTimes.DEFAULT);
  }

  /** Tells whether a second process may run beside this one for a while. */
  boolean hasRoomForTwo() {
    return capabilities.upgrades().map(UpgradesBuilder::hasRoomForTwo).orElse(true);
  }

  boolean local() {
    return primary.local();
  }

  /** Returns why forward effects are stopped, by the launcher's file or by a row. */
  Optional<String> frozen(AgentStore opened) {
    return identity
        .link()
        .filter(LauncherLink::frozen)
        .map(link -> "the file frozen in " + link.root() + " is there, or cannot be looked at")
        .or(() -> opened.journal().frozen(agent));
  }

  ObserveBuilder observe() {
    return capabilities.observe();
  }

  InstanceRecord self() {
    Optional<UUID> trial = identity.link().flatMap(link -> link.ownTrial());
    return new InstanceRecord(
        identity.instance(),
        agent,
        identity.version(),
        identity.build(),
        trial,
        identity.link().isPresent(),
        "pid " + ProcessHandle.current().pid());
  }

  /**
   * What the primary does.
   *
   * @param local whether this instance never becomes it
   * @param work the host's exclusive work
   * @param whenIsolated what becomes of it in isolation
   * @param ttl the lease's time to live
   */
  record Primary(
      boolean local, Optional<PrimaryWork> work, WhenIsolated whenIsolated, Duration ttl) {}

  /**
   * What it can do beside.
   *
   * @param upgrades how it upgrades itself; empty: it does not
   * @param memory how it remembers; empty: it does not
   * @param target where it is deployed; empty: nowhere
   * @param missed what it asks for webhooks that it missed; empty: nobody
   * @param changes where its changes go; empty: it proposes none
   * @param observe what it lets others see
   */
  record Capabilities(
      Optional<UpgradesBuilder> upgrades,
      Optional<MemoryBuilder> memory,
      Optional<DeployTarget> target,
      Optional<MissedDeliveries> missed,
      Optional<ChangeTarget> changes,
      ObserveBuilder observe) {}

  /** The declared tasks and handlers, and where they run. */
  record Tasks(TickEngine.Work declared, Optional<Executor> executor) {}
}
