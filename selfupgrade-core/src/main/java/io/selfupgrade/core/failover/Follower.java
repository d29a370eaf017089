package io.selfupgrade.core.failover;

import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.InstanceId;
import io.selfupgrade.failover.Acquisition;
import io.selfupgrade.failover.InstanceRecord;
import io.selfupgrade.failover.Lease;
import io.selfupgrade.failover.TakeOver;
import io.selfupgrade.store.AgentStore;
import java.time.Duration;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * The election seen by an instance that does not lead: heartbeat, look, try, wait.
 *
 * <p>Used by the elector's thread only.
 */
final class Follower {

  /** How often a launched instance looks for an attestation, which costs one look at a file. */
  private static final Duration ATTESTATION_LOOK = Duration.ofMillis(50);

  private static final Duration CANDIDATE_LOOK = Duration.ofMillis(250);
  private static final Duration SHORTEST_PAUSE = Duration.ofMillis(20);
  private static final Duration LONGEST_LOCK_WAIT = Duration.ofSeconds(5);

  private final AgentStore store;
  private final ElectionSettings settings;
  private final SessionHolder session;
  private InstanceRecord self;
  private Optional<Lease> seen = Optional.empty();
  private long nextHeartbeatNanos;
  private boolean heartbeatDue = true;
  private boolean signalled;

  Follower(AgentStore store, ElectionSettings settings, SessionHolder session) {
    this.store = store;
    this.settings = settings;
    this.session = session;
    this.self = settings.self();
  }

  /** Makes one round; returns the lead if it was got, else waits for the next occasion. */
  Optional<Lead> next(LongSupplier nanoTime, Tenure tenure) {
    self = settings.self();
    heartbeat(nanoTime.getAsLong());
    long sent = nanoTime.getAsLong();
    seen = store.leadership().read(self.agent());
    if (seen.isPresent() && isSelf(seen.get()) && !seen.get().expired()) {
      Fence given = seen.get().fence();
      if (store.leadership().renew(given, settings.ttl(), Optional.empty())) {
        return lead(given, Promotion.Way.TRANSFERRED, Optional.empty(), sent);
      }
    }
    tellSignal(tenure);
    Optional<TakeOver> way = wayFor(seen);
    if (way.isPresent()) {
      Optional<Lead> taken = take(way.get(), sent);
      if (taken.isEmpty()) {
        session.await(CANDIDATE_LOOK);
      }
      return taken;
    }
    return waitFor(seen.orElseThrow(), nanoTime);
  }

  /** Others hear of a wake-up only here, so that nothing competes with a look at the lease. */
  private void tellSignal(Tenure tenure) {
    if (signalled) {
      signalled = false;
      tenure.signalled();
    }
  }

  boolean seesAnotherHolder() {
    return seen.isPresent() && !isSelf(seen.get());
  }

  private void heartbeat(long nowNanos) {
    if (heartbeatDue || nowNanos - nextHeartbeatNanos >= 0) {
      if (!store.instances().heartbeat(self.id())) {
        store.instances().register(self);
      }
      heartbeatDue = false;
      nextHeartbeatNanos = nowNanos + settings.third().toNanos();
    }
  }

  private Optional<TakeOver> wayFor(Optional<Lease> lease) {
    if (lease.isEmpty() || lease.get().expired()) {
      return Optional.of(new TakeOver.Expired());
    }
    Fence held = lease.get().fence();
    return isAttestedDead(held.holder())
        ? Optional.of(new TakeOver.Attested(held.holder(), held.epoch()))
        : Optional.empty();
  }

  private Optional<Lead> take(TakeOver way, long sent) {
    Acquisition answer = store.leadership().acquire(self, way, settings.ttl());
    if (!(answer instanceof Acquisition.Acquired acquired)) {
      return Optional.empty();
    }
    Optional<InstanceId> dead =
        seen.map(lease -> lease.fence().holder()).filter(settings.attestedDead());
    Promotion.Way how =
        acquired.goingBack().isPresent() ? Promotion.Way.TAKEN_BACK : Promotion.Way.ACQUIRED;
    return lead(acquired.fence(), how, dead, sent);
  }

  private Optional<Lead> waitFor(Lease lease, LongSupplier nanoTime) {
    Duration pause = pauseFor(lease);
    if (lease.lockHeld() && self.trial().isEmpty()) {
      return waitForLock(lease.fence(), min(pause, LONGEST_LOCK_WAIT), nanoTime);
    }
    Duration slice = self.launched() ? ATTESTATION_LOOK : pause;
    long end = nanoTime.getAsLong() + pause.toNanos();
    while (!signalled
        && !isAttestedDead(lease.fence().holder())
        && nanoTime.getAsLong() - end < 0) {
      signalled = session.await(min(slice, pause));
    }
    return Optional.empty();
  }

  private Optional<Lead> waitForLock(Fence held, Duration slice, LongSupplier nanoTime) {
    if (!session.awaitLock(held.epoch(), slice)) {
      return Optional.empty();
    }
    try {
      long sent = nanoTime.getAsLong();
      seen = store.leadership().read(self.agent());
      if (seen.isEmpty() || !seen.get().lockHeld() || !seen.get().fence().equals(held)) {
        return Optional.empty();
      }
      Optional<Lead> taken = take(new TakeOver.EarlyLock(held.epoch()), sent);
      if (taken.isEmpty()) {
        session.await(CANDIDATE_LOOK);
      }
      return taken;
    } finally {
      session.unlock(held.epoch());
    }
  }

  private Duration pauseFor(Lease lease) {
    Duration longest = self.trial().isPresent() ? CANDIDATE_LOOK : settings.third();
    Duration untilExpiry = lease.remaining().plusMillis(1);
    Duration pause = min(min(longest, settings.third()), untilExpiry);
    return pause.compareTo(SHORTEST_PAUSE) < 0 ? SHORTEST_PAUSE : pause;
  }

  private boolean isAttestedDead(InstanceId holder) {
    return settings.attestedDead().test(holder);
  }

  private boolean isSelf(Lease lease) {
    return lease.fence().holder().equals(self.id());
  }

  private static Optional<Lead> lead(
      Fence fence, Promotion.Way way, Optional<InstanceId> dead, long sent) {
    return Optional.of(new Lead(new Promotion(fence, way, dead), sent));
  }

  private static Duration min(Duration left, Duration right) {
    return left.compareTo(right) <= 0 ? left : right;
  }

  /** The lead that was got, and when the statement that got it was sent. */
  record Lead(Promotion promotion, long sentNanos) {}
}
