package io.selfupgrade.core.observe;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Version;
import io.selfupgrade.control.JobStore;
import io.selfupgrade.failover.Lease;
import io.selfupgrade.store.AgentStore;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * What the store says about the agent, read in one go on one connection.
 *
 * @param store how the store answered
 * @param lease who leads
 * @param frozen why forward effects are frozen
 * @param late what is due and stands still
 * @param confirmed the agent's confirmed version
 * @param upgrading whether an upgrade is open
 * @param jobs the jobs that keep watch
 */
record StoreLook(
    Contact store,
    Optional<Lease> lease,
    Optional<String> frozen,
    List<String> late,
    Optional<Version> confirmed,
    boolean upgrading,
    List<JobStore.Job> jobs) {

  static StoreLook at(AgentStore store, AgentName agent, Supplier<List<String>> late) {
    long start = System.nanoTime();
    Optional<Lease> lease = store.leadership().read(agent);
    Duration latency = Duration.ofNanos(System.nanoTime() - start);
    return new StoreLook(
        new Contact(store.describe(), latency),
        lease,
        store.journal().frozen(agent),
        late.get(),
        store.journal().confirmedVersion(agent),
        store.journal().openUpgrade(agent).isPresent(),
        store.jobs().all());
  }

  /**
   * How the store answered.
   *
   * @param description what the store is and how it is reached
   * @param latency how long its first answer took
   */
  record Contact(String description, Duration latency) {}
}
