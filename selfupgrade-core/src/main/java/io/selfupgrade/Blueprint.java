package io.selfupgrade;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.core.schedule.DeclaredTask;
import io.selfupgrade.failover.InstanceRecord;
import io.selfupgrade.failover.PrimaryWork;
import io.selfupgrade.failover.WhenIsolated;
import io.selfupgrade.store.AgentStore;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
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
 * @param upgrades how it upgrades itself; empty: it does not
 * @param observe what it lets others see
 * @param clock the wall clock
 */
record Blueprint(
    AgentName agent,
    Identity identity,
    AgentStore store,
    Primary primary,
    Tasks tasks,
    Optional<UpgradesBuilder> upgrades,
    ObserveBuilder observe,
    Clock clock) {

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

  /** The host's exclusive work, what becomes of it in isolation, and the lease's time to live. */
  record Primary(Optional<PrimaryWork> work, WhenIsolated whenIsolated, Duration ttl) {}

  /** The declared tasks, and where their handlers run. */
  record Tasks(List<DeclaredTask> declared, Optional<Executor> executor) {}
}
