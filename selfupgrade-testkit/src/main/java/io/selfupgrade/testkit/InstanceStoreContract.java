package io.selfupgrade.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.InstanceId;
import io.selfupgrade.failover.InstanceRecord;
import io.selfupgrade.failover.InstanceStatus;
import io.selfupgrade.upgrade.UpgradePhase;
import org.junit.jupiter.api.Test;

/** Obligations of {@link io.selfupgrade.failover.InstanceStore}. */
abstract class InstanceStoreContract extends StoreContract {

  @Test
  void aRegisteredInstanceIsFoundAsItRegistered() {
    InstanceRecord plain = scene.instance(V1);
    InstanceRecord candidate = candidate();

    assertThat(status(plain.id()).record()).isEqualTo(plain);
    assertThat(status(plain.id()).epoch()).isZero();
    assertThat(status(plain.id()).stopped()).isFalse();
    assertThat(status(candidate.id()).record()).isEqualTo(candidate);
    assertThat(store.instances().find(InstanceId.random())).isEmpty();
  }

  @Test
  void registerIsIdempotentAndCountsAsAHeartbeat() {
    InstanceRecord instance = scene.instance(V1);
    InstanceStatus first = status(instance.id());
    passShort();
    assertThat(status(instance.id()).heartbeatAge()).isGreaterThanOrEqualTo(SHORT);
    long before = System.nanoTime();

    store.instances().register(instance);

    InstanceStatus again = status(instance.id());
    assertYoungerThanSince(before, again.heartbeatAge());
    assertThat(again.startedAt()).isEqualTo(first.startedAt());
    assertThat(store.instances().living(scene.agent)).hasSize(1);
  }

  @Test
  void aHeartbeatIsASignOfLife() {
    InstanceRecord instance = scene.instance(V1);
    passShort();
    assertThat(status(instance.id()).aliveWithin(SHORT)).isFalse();
    long before = System.nanoTime();

    assertThat(store.instances().heartbeat(instance.id())).isTrue();

    assertYoungerThanSince(before, status(instance.id()).heartbeatAge());
    assertThat(status(instance.id()).aliveWithin(LONG)).isTrue();
  }

  @Test
  void theHeartbeatOfAnUnknownInstanceReturnsFalse() {
    assertThat(store.instances().heartbeat(InstanceId.random())).isFalse();
  }

  @Test
  void readyNotesTheEpochOfTheHolder() {
    Fence lost = scene.lead();
    assertThat(store.instances().ready(lost)).isTrue();
    assertThat(status(lost.holder()).epoch()).isEqualTo(1);
    Fence fence = scene.takeOverFrom(lost);

    assertThat(store.instances().ready(fence)).isTrue();

    assertThat(status(fence.holder()).epoch()).isEqualTo(2);
    assertThat(status(lost.holder()).epoch()).isEqualTo(1);
  }

  @Test
  void readyHasNoEffectWhenTheFenceDoesNotHold() {
    Fence lost = scene.lead();
    scene.takeOverFrom(lost);

    assertThat(store.instances().ready(lost)).isFalse();

    assertThat(status(lost.holder()).epoch()).isZero();
  }

  @Test
  void stoppedMayBeCalledMoreThanOnceAndForAnUnknownInstance() {
    InstanceRecord instance = scene.instance(V1);

    store.instances().stopped(instance.id());
    store.instances().stopped(instance.id());
    store.instances().stopped(InstanceId.random());

    assertThat(status(instance.id()).stopped()).isTrue();
    assertThat(status(instance.id()).aliveWithin(LONG)).isFalse();
  }

  @Test
  void livingListsThoseThatHaveNotStoppedNewestFirst() {
    InstanceRecord oldest = scene.instance(V1);
    stores().passTime(SHORT);
    InstanceRecord stopped = scene.instance(V1);
    stores().passTime(SHORT);
    InstanceRecord newest = scene.instance(V2);
    new Scene(store).instance(V1);

    store.instances().stopped(stopped.id());

    assertThat(store.instances().living(scene.agent))
        .extracting(InstanceStatus::record)
        .containsExactly(newest, oldest);
  }

  private InstanceRecord candidate() {
    return scene.candidateOf(scene.upgradeIn(UpgradePhase.TRIAL).upgrade());
  }

  private InstanceStatus status(InstanceId id) {
    return store.instances().find(id).orElseThrow();
  }
}
