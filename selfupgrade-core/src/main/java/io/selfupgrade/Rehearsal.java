package io.selfupgrade;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.InstanceId;
import io.selfupgrade.failover.InstanceRecord;
import io.selfupgrade.store.AgentStore;
import io.selfupgrade.upgrade.StepRecord;
import io.selfupgrade.upgrade.UpgradeStep;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Walks a candidate over what it will do as the primary, while nobody waits for it.
 *
 * <p>A JVM is slow at everything that it does for the first time, and slow until it has compiled
 * what it does; in a hand-over nobody is in service meanwhile. The fence is one that cannot hold,
 * so that every write changes nothing.
 */
final class Rehearsal {

  private static final Logger LOG = LoggerFactory.getLogger(SelfUpgrade.class);
  private static final long NEVER = Long.MAX_VALUE;
  private static final int FEWEST_ROUNDS = 2;
  private static final Duration LONGEST = Duration.ofMillis(700);

  private final AgentStore store;
  private final Fence nobody;
  private final List<Consumer<Fence>> parts;

  /** Describes a rehearsal with parts that take a fence which cannot hold. */
  Rehearsal(AgentStore store, InstanceRecord self, List<Consumer<Fence>> parts) {
    this.store = store;
    this.nobody = new Fence(self.agent(), InstanceId.random(), NEVER);
    this.parts = parts;
  }

  /** Walks; trouble is left to those who come to it in earnest. */
  void walk() {
    long end = System.nanoTime() + LONGEST.toNanos();
    try {
      for (int round = 0; round < FEWEST_ROUNDS || System.nanoTime() - end < 0; round++) {
        lead();
        parts.forEach(part -> part.accept(nobody));
      }
    } catch (AdapterException e) {
      LOG.debug("the rehearsal was broken off", e);
    }
  }

  private void lead() {
    store.leadership().read(nobody.agent());
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
}
