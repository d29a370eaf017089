package io.selfupgrade;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.InstanceId;
import io.selfupgrade.core.schedule.DeclaredTask;
import io.selfupgrade.failover.InstanceRecord;
import io.selfupgrade.schedule.RunClaim;
import io.selfupgrade.schedule.TaskStore;
import io.selfupgrade.store.AgentStore;
import io.selfupgrade.upgrade.StepRecord;
import io.selfupgrade.upgrade.UpgradeStep;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Walks a candidate once over what it will do as the primary, while nobody waits for it.
 *
 * <p>A JVM is slow at everything that it does for the first time, and in a hand-over nobody is in
 * service meanwhile. The fence is one that cannot hold, so that every write changes nothing.
 */
final class Rehearsal {

  private static final Logger LOG = LoggerFactory.getLogger(SelfUpgrade.class);
  private static final long NEVER = Long.MAX_VALUE;
  private static final int ROUNDS = 2;

  private final AgentStore store;
  private final Fence nobody;
  private final List<DeclaredTask> tasks;

  Rehearsal(AgentStore store, InstanceRecord self, List<DeclaredTask> tasks) {
    this.store = store;
    this.nobody = new Fence(self.agent(), InstanceId.random(), NEVER);
    this.tasks = tasks;
  }

  /** Walks; trouble is left to those who come to it in earnest. */
  void walk() {
    try {
      for (int round = 0; round < ROUNDS; round++) {
        lead();
        tick();
      }
    } catch (AdapterException e) {
      LOG.debug("the rehearsal was broken off", e);
    }
  }

  private void lead() {
    store.leadership().renew(nobody, Duration.ofSeconds(1), Optional.empty());
    store.journal().openUpgrade(nobody.agent());
    store.instances().ready(nobody);
    store
        .journal()
        .record(
            nobody,
            UUID.randomUUID(),
            new StepRecord(
                UpgradeStep.APPLY,
                StepRecord.Event.PRIMARY_READY,
                "",
                nobody.holder(),
                NEVER,
                Optional.empty()));
  }

  private void tick() {
    TaskStore ledger = store.tasks();
    ledger.reclaim(nobody, Optional.empty(), Duration.ofDays(1));
    ledger.agenda(nobody.agent(), tasks.stream().map(task -> task.definition().name()).toList());
    for (DeclaredTask task : tasks) {
      String name = task.definition().name();
      ledger.upsert(nobody, task.definition());
      ledger.claim(
          nobody, new TaskStore.Claiming(name, Instant.EPOCH, Instant.EPOCH, Optional.empty(), 0));
      ledger.claimWaiting(nobody, name);
      ledger.finish(
          new RunClaim(UUID.randomUUID(), name, Instant.EPOCH, 1, nobody), Optional.empty());
    }
  }
}
