package io.selfupgrade.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.InstanceId;
import io.selfupgrade.failover.Acquisition;
import io.selfupgrade.failover.InstanceRecord;
import io.selfupgrade.failover.LeadershipSession;
import io.selfupgrade.failover.LeadershipStore;
import io.selfupgrade.failover.Lease;
import io.selfupgrade.failover.SessionLock;
import io.selfupgrade.failover.TakeOver;
import io.selfupgrade.store.AgentStore;
import io.selfupgrade.upgrade.UpgradePhase;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** Obligations of {@link LeadershipStore} while no upgrade is open. */
abstract class LeadershipStoreContract extends StoreContract {

  /** That of a primary whose store keeps sessions, where the store of the test does not. */
  private static final SessionLock ELSEWHERE = new SessionLock(1, Instant.EPOCH);

  private static final TakeOver EXPIRED = new TakeOver.Expired();
  private static final int SECTIONS = 10;

  @Test
  void thereIsNoLeaseBeforeTheFirstPrimary() {
    assertThat(store.leadership().read(scene.agent)).isEmpty();
    assertThat(store.journal().confirmedVersion(scene.agent)).isEmpty();
  }

  @Test
  void theFirstEpochIsOneAndWritesTheVersionAsConfirmed() {
    InstanceRecord first = scene.instance(V1);

    Fence fence = scene.lead(first, LONG);

    assertThat(fence).isEqualTo(new Fence(scene.agent, first.id(), 1));
    assertThat(store.journal().confirmedVersion(scene.agent)).contains(V1);
    Lease lease = store.leadership().read(scene.agent).orElseThrow();
    assertThat(lease.fence()).isEqualTo(fence);
    assertThat(lease.lockHeld()).isFalse();
    assertThat(lease.remaining()).isPositive().isLessThanOrEqualTo(LONG);
  }

  @Test
  void ofManyThatAcquireAtOnceOneGetsTheLead() {
    AgentStore other = secondStore();

    List<Acquisition> acquisitions =
        inThreads(
            index ->
                (index % 2 == 0 ? store : other)
                    .leadership()
                    .acquire(scene.instance(V1), EXPIRED, LONG));

    assertThat(acquisitions).filteredOn(Acquisition.Acquired.class::isInstance).hasSize(1);
    assertThat(store.leadership().read(scene.agent).orElseThrow().fence().epoch()).isEqualTo(1);
  }

  @Test
  void aCounterThatOnlyThePrimaryMovesCountsEveryMove() {
    UUID upgrade = scene.upgradeIn(UpgradePhase.OPEN).upgrade();
    store.leadership().release(lease().fence());
    AgentStore other = secondStore();
    AtomicLong counter = new AtomicLong();

    inThreads(
        index -> {
          AgentStore mine = index % 2 == 0 ? store : other;
          InstanceRecord instance = scene.instance(V1);
          for (int section = 0; section < SECTIONS; section++) {
            Fence fence = acquired(mine, instance);
            long seen = counter.get();
            assertThat(mine.journal().record(fence, upgrade, Scene.step(fence, "moved"))).isTrue();
            counter.set(seen + 1);
            assertThat(mine.leadership().release(fence)).isTrue();
          }
          return index;
        });

    assertThat(counter).hasValue((long) THREADS * SECTIONS);
    assertThat(store.journal().steps(upgrade))
        .hasSize(THREADS * SECTIONS)
        .extracting(step -> step.epoch())
        .doesNotHaveDuplicates();
    assertThat(lease().fence().epoch()).isEqualTo((long) THREADS * SECTIONS + 1);
  }

  @Test
  void eachAcquisitionHasTheNextEpoch() {
    Fence fence = scene.lead(scene.instance(V1), SHORT);
    for (long epoch = 2; epoch <= 4; epoch++) {
      passShort();
      fence = scene.lead(scene.instance(V1), SHORT);
      assertThat(fence.epoch()).isEqualTo(epoch);
    }
    assertThat(lease().fence()).isEqualTo(fence);
  }

  @Test
  void aLeaseIsNotTakenBeforeItExpires() {
    Fence fence = scene.lead();

    Acquisition.Denied denied =
        Scene.denied(store.leadership().acquire(scene.instance(V1), EXPIRED, SHORT));

    assertThat(denied.lease().orElseThrow().fence()).isEqualTo(fence);
    assertThat(denied.why()).isNotBlank();
    assertThat(lease().fence()).isEqualTo(fence);
  }

  @Test
  void onlyTheStoresClockJudgesExpiry() {
    Fence fence = scene.lead(scene.instance(V1), SHORT);
    passShort();

    Lease lease = lease();

    assertThat(lease.fence()).isEqualTo(fence);
    assertThat(lease.expired()).isTrue();
    assertThat(lease.remaining()).isNegative();
  }

  @Test
  void theHolderOfAnExpiredLeaseMayAcquireItAnew() {
    InstanceRecord instance = scene.instance(V1);
    scene.lead(instance, SHORT);
    passShort();

    assertThat(scene.lead(instance, LONG).epoch()).isEqualTo(2);
  }

  @Test
  void anInstanceOfAnotherVersionWaitsOneMoreTtl() {
    scene.lead(scene.instance(V1), SHORT);
    passShort();
    InstanceRecord newer = scene.instance(V2);

    Scene.denied(store.leadership().acquire(newer, EXPIRED, LONG));

    assertThat(scene.lead(newer, SHORT).epoch()).isEqualTo(2);
    assertThat(store.journal().confirmedVersion(scene.agent)).contains(V1);
  }

  @Test
  void theLockEntitlesOnlyWhileTheRowSaysThatItIsHeldForThatEpoch() {
    Fence fence = scene.lead();
    InstanceRecord standby = scene.instance(V1);
    LeadershipStore leadership = store.leadership();
    Scene.denied(leadership.acquire(standby, new TakeOver.EarlyLock(1), LONG));

    try (LeadershipSession session = leadership.openSession(scene.agent)) {
      SessionLock lock = session.tryLock(1).orElse(ELSEWHERE);
      assertThat(leadership.renew(fence, LONG, Optional.of(lock))).isTrue();
    }

    assertThat(lease().lockHeld()).isTrue();
    Scene.denied(leadership.acquire(standby, new TakeOver.EarlyLock(2), LONG));
    Fence next =
        Scene.granted(leadership.acquire(standby, new TakeOver.EarlyLock(1), LONG)).fence();
    assertThat(next.epoch()).isEqualTo(2);
    assertThat(lease().lockHeld()).isFalse();
  }

  @Test
  void aRenewalWithoutASessionSaysThatNoLockIsHeld() {
    Fence fence = scene.lead();
    SessionLock lock;
    try (LeadershipSession session = store.leadership().openSession(scene.agent)) {
      lock = session.tryLock(1).orElse(ELSEWHERE);
      assertThat(store.leadership().renew(fence, LONG, Optional.of(lock))).isTrue();
    }
    assertThat(lease().lockHeld()).isTrue();

    assertThat(store.leadership().renew(fence, LONG, Optional.empty())).isTrue();

    assertThat(lease().lockHeld()).isFalse();
    Scene.denied(store.leadership().acquire(scene.instance(V1), new TakeOver.EarlyLock(1), LONG));
  }

  @Test
  void anAttestationEntitlesOnlyForTheHolderAndItsEpoch() {
    Fence fence = scene.lead();
    InstanceRecord next = scene.instance(V1);
    LeadershipStore leadership = store.leadership();

    Scene.denied(
        leadership.acquire(next, new TakeOver.Attested(InstanceId.random(), fence.epoch()), LONG));
    Scene.denied(
        leadership.acquire(next, new TakeOver.Attested(fence.holder(), fence.epoch() + 1), LONG));
    assertThat(lease().fence()).isEqualTo(fence);

    TakeOver way = new TakeOver.Attested(fence.holder(), fence.epoch());
    assertThat(Scene.granted(leadership.acquire(next, way, LONG)).fence().epoch()).isEqualTo(2);
    Scene.denied(leadership.acquire(scene.instance(V1), way, LONG));
  }

  @Test
  void aRenewalProlongsTheLeaseAndIsAHeartbeat() {
    Fence fence = scene.lead();
    passShort();
    assertThat(store.instances().find(fence.holder()).orElseThrow().heartbeatAge())
        .isGreaterThanOrEqualTo(SHORT);
    long before = System.nanoTime();

    assertThat(store.leadership().renew(fence, LONG.multipliedBy(2), Optional.empty())).isTrue();

    assertThat(lease().remaining()).isGreaterThan(LONG);
    assertYoungerThanSince(
        before, store.instances().find(fence.holder()).orElseThrow().heartbeatAge());
  }

  @Test
  void anExpiredLeaseIsNotRenewed() {
    Fence fence = scene.lead(scene.instance(V1), SHORT);
    passShort();

    assertThat(store.leadership().renew(fence, LONG, Optional.empty())).isFalse();
    assertThat(lease().expired()).isTrue();
  }

  @Test
  void theFenceOfALostEpochNeverRenewsAndNeverReleases() {
    Fence lost = scene.lead();
    Fence fence = scene.takeOverFrom(lost);

    assertThat(store.leadership().renew(lost, LONG, Optional.empty())).isFalse();
    assertThat(store.leadership().release(lost)).isFalse();
    assertThat(lease().fence()).isEqualTo(fence);
    assertThat(lease().expired()).isFalse();
  }

  @Test
  void aTransferMakesTheOtherInstanceTheHolderAtTheNextEpoch() {
    Fence fence = scene.lead();
    InstanceRecord standby = scene.instance(V1);

    Fence given = store.leadership().transfer(fence, standby.id(), LONG).orElseThrow();

    assertThat(given).isEqualTo(new Fence(scene.agent, standby.id(), fence.epoch() + 1));
    assertThat(lease().fence()).isEqualTo(given);
    assertThat(store.leadership().renew(given, LONG, Optional.empty())).isTrue();
    assertThat(store.leadership().renew(fence, LONG, Optional.empty())).isFalse();
    assertThat(store.leadership().transfer(fence, standby.id(), LONG)).isEmpty();
  }

  @Test
  void aTransferGoesOnlyToALivingInstanceOfTheConfirmedVersion() {
    Fence fence = scene.lead();
    InstanceId stopped = scene.instance(V1).id();
    store.instances().stopped(stopped);
    InstanceId ofAnotherVersion = scene.instance(V2).id();
    InstanceId ofAnotherAgent = new Scene(store).instance(V1).id();

    for (InstanceId to : List.of(stopped, ofAnotherVersion, ofAnotherAgent, InstanceId.random())) {
      assertThat(store.leadership().transfer(fence, to, LONG)).isEmpty();
    }

    assertThat(lease().fence()).isEqualTo(fence);
  }

  @Test
  void thereIsNoTransferWhileAnUpgradeIsOpen() {
    Scene.Upgrading open = scene.upgradeIn(UpgradePhase.TRIAL);
    InstanceId standby = scene.instance(V1).id();

    assertThat(store.leadership().transfer(open.primary(), standby, LONG)).isEmpty();

    assertThat(lease().fence()).isEqualTo(open.primary());
  }

  @Test
  void aReleaseEndsTheLeaseAtOnceAndKeepsHolderAndEpoch() {
    Fence fence = scene.lead();

    assertThat(store.leadership().release(fence)).isTrue();

    assertThat(lease().fence()).isEqualTo(fence);
    assertThat(store.leadership().renew(fence, LONG, Optional.empty())).isFalse();
    assertThat(scene.lead().epoch()).isEqualTo(2);
  }

  @Test
  void agentsDoNotTouchOneAnother() {
    Scene other = new Scene(store);
    Fence mine = scene.lead();
    Fence theirs = other.lead();

    assertThat(mine.epoch()).isEqualTo(1);
    assertThat(theirs.epoch()).isEqualTo(1);
    assertThat(store.leadership().release(theirs)).isTrue();
    assertThat(store.leadership().renew(mine, LONG, Optional.empty())).isTrue();
  }

  private Lease lease() {
    return store.leadership().read(scene.agent).orElseThrow();
  }

  private static Fence acquired(AgentStore store, InstanceRecord instance) {
    return Eventually.present(
        "the lead was got",
        LONG,
        () -> {
          Acquisition acquisition = store.leadership().acquire(instance, EXPIRED, LONG);
          return acquisition instanceof Acquisition.Acquired acquired
              ? Optional.of(acquired.fence())
              : Optional.empty();
        });
  }
}
