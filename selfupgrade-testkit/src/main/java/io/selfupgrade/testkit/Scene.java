package io.selfupgrade.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.InstanceId;
import io.selfupgrade.agent.Version;
import io.selfupgrade.failover.Acquisition;
import io.selfupgrade.failover.InstanceRecord;
import io.selfupgrade.failover.TakeOver;
import io.selfupgrade.store.AgentStore;
import io.selfupgrade.upgrade.Deployment;
import io.selfupgrade.upgrade.Reason;
import io.selfupgrade.upgrade.ReasonCode;
import io.selfupgrade.upgrade.StepRecord;
import io.selfupgrade.upgrade.Trigger;
import io.selfupgrade.upgrade.UpgradeJournal;
import io.selfupgrade.upgrade.UpgradePhase;
import io.selfupgrade.upgrade.UpgradeRecord;
import io.selfupgrade.upgrade.UpgradeStep;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;

/** An agent of a test's own in a store, and short ways to a situation. */
final class Scene {

  static final UpgradeRecord.Target TARGET =
      new UpgradeRecord.Target(StoreContract.V2, "a".repeat(64));
  static final Reason REASON = new Reason(ReasonCode.TROUBLE, "as the test wants it");

  final AgentName agent = new AgentName("contract-" + UUID.randomUUID());
  private final AgentStore store;

  Scene(AgentStore store) {
    this.store = store;
  }

  /** Registers a new instance of a version. */
  InstanceRecord instance(Version version) {
    return register(version, Optional.empty());
  }

  /** Registers a new instance that was started as the candidate of an upgrade. */
  InstanceRecord candidateOf(UUID upgrade) {
    return register(StoreContract.V2, Optional.of(upgrade));
  }

  /** Registers a new candidate that no launcher started, but a platform. */
  InstanceRecord deployedCandidateOf(UUID upgrade) {
    return register(StoreContract.V2, Optional.of(upgrade), false);
  }

  /** Registers an instance of 1.0.0 and makes it the primary, for long. */
  Fence lead() {
    return lead(instance(StoreContract.V1), StoreContract.LONG);
  }

  /** Makes an instance the primary where the lease has expired or there is none. */
  Fence lead(InstanceRecord instance, Duration ttl) {
    return granted(store.leadership().acquire(instance, new TakeOver.Expired(), ttl)).fence();
  }

  /** Makes another new instance of 1.0.0 the primary, by attestation. */
  Fence takeOverFrom(Fence lost) {
    TakeOver way = new TakeOver.Attested(lost.holder(), lost.epoch());
    return granted(store.leadership().acquire(instance(StoreContract.V1), way, StoreContract.LONG))
        .fence();
  }

  static Acquisition.Acquired granted(Acquisition acquisition) {
    assertThat(acquisition).isInstanceOf(Acquisition.Acquired.class);
    return (Acquisition.Acquired) acquisition;
  }

  static Acquisition.Denied denied(Acquisition acquisition) {
    assertThat(acquisition).isInstanceOf(Acquisition.Denied.class);
    return (Acquisition.Denied) acquisition;
  }

  /** Makes a primary with an upgrade from 1.0.0 to 2.0.0 in that phase; its trial lasts long. */
  Upgrading upgradeIn(UpgradePhase phase) {
    return upgradeIn(phase, lead());
  }

  /** Brings an upgrade of that primary into a phase. */
  Upgrading upgradeIn(UpgradePhase phase, Fence primary) {
    return upgradeIn(phase, primary, StoreContract.LONG, StoreContract.LONG);
  }

  /** Brings an upgrade of that primary into a phase. */
  Upgrading upgradeIn(UpgradePhase phase, Fence primary, Duration ttl, Duration limit) {
    UpgradeJournal journal = store.journal();
    UUID upgrade = journal.open(primary, Trigger.MANUAL, StoreContract.V1).orElseThrow().id();
    assertThat(journal.target(primary, upgrade, TARGET)).isTrue();
    InstanceId candidate = candidateOf(upgrade).id();
    return broughtTo(phase, new Upgrading(upgrade, primary, candidate, primary), ttl, limit);
  }

  /** Brings an upgrade that is OPEN to a phase. */
  Upgrading endedAs(UpgradePhase phase, Upgrading open) {
    return broughtTo(phase, open, StoreContract.LONG, StoreContract.LONG);
  }

  private Upgrading broughtTo(UpgradePhase phase, Upgrading open, Duration ttl, Duration limit) {
    return switch (phase) {
      case OPEN -> open;
      case UP_TO_DATE, REFUSED, ABORTED -> moved(open, UpgradePhase.OPEN, phase);
      case STAGED -> moved(open, UpgradePhase.OPEN, phase);
      case AWAITING_APPROVAL, TRIAL ->
          moved(moved(open, UpgradePhase.OPEN, UpgradePhase.STAGED), UpgradePhase.STAGED, phase);
      default -> trialIn(phase, upgradeIn(open), ttl, limit);
    };
  }

  private Upgrading upgradeIn(Upgrading open) {
    Upgrading staged = moved(open, UpgradePhase.OPEN, UpgradePhase.STAGED);
    return moved(staged, UpgradePhase.STAGED, UpgradePhase.TRIAL);
  }

  private Upgrading trialIn(UpgradePhase phase, Upgrading trial, Duration ttl, Duration limit) {
    UpgradeJournal journal = store.journal();
    Upgrading handedOver =
        trial.led(
            journal
                .handOver(trial.old(), trial.upgrade(), trial.candidate(), ttl, limit)
                .orElseThrow());
    if (phase == UpgradePhase.HANDED_OVER) {
      return handedOver;
    }
    if (phase == UpgradePhase.CONFIRMED) {
      confirm(handedOver);
      return handedOver;
    }
    assertThat(journal.look(trial.upgrade(), StoreContract.V1, Optional.of(REASON))).isTrue();
    Upgrading back =
        handedOver.led(
            journal
                .goBack(
                    trial.upgrade(),
                    StoreContract.V1,
                    trial.old().holder(),
                    StoreContract.LONG,
                    new UpgradeJournal.Ending(REASON, true))
                .orElseThrow());
    return phase == UpgradePhase.ROLLING_BACK
        ? back
        : moved(back, UpgradePhase.ROLLING_BACK, phase);
  }

  /** Confirms an upgrade that is HANDED_OVER. */
  void confirm(Upgrading handedOver) {
    UpgradeJournal journal = store.journal();
    UUID upgrade = handedOver.upgrade();
    assertThat(journal.look(upgrade, StoreContract.V1, Optional.empty())).isTrue();
    assertThat(journal.confirm(handedOver.primary(), upgrade, StoreContract.LONG)).isTrue();
  }

  private Upgrading moved(Upgrading upgrading, UpgradePhase from, UpgradePhase to) {
    Optional<UpgradeJournal.Ending> ending =
        to.isFinal() ? Optional.of(new UpgradeJournal.Ending(REASON, true)) : Optional.empty();
    assertThat(store.journal().move(upgrading.primary(), upgrading.upgrade(), from, to, ending))
        .as("move from %s to %s", from, to)
        .isTrue();
    return upgrading;
  }

  private InstanceRecord register(Version version, Optional<UUID> trial) {
    return register(version, trial, true);
  }

  private InstanceRecord register(Version version, Optional<UUID> trial, boolean launched) {
    String build = launched ? "b".repeat(64) : "";
    InstanceRecord instance =
        new InstanceRecord(
            InstanceId.random(), agent, version, build, trial, launched, "host, pid 1");
    store.instances().register(instance);
    return instance;
  }

  /** Returns a deployment of 2.0.0 that nobody has begun. */
  static Deployment deployment(Fence fence) {
    return new Deployment(UUID.randomUUID(), fence.agent(), StoreContract.V2);
  }

  /** Returns an event of a step that its instance is yet to record. */
  static StepRecord step(Fence fence, String detail) {
    return new StepRecord(
        UpgradeStep.CHECK,
        StepRecord.Event.PROGRESS,
        detail,
        fence.holder(),
        fence.epoch(),
        Optional.empty());
  }

  /**
   * An upgrade of the scene.
   *
   * @param upgrade its id
   * @param old fence of the primary that opened it
   * @param candidate the registered candidate
   * @param primary fence of the primary now
   */
  record Upgrading(UUID upgrade, Fence old, InstanceId candidate, Fence primary) {
    private Upgrading led(Fence fence) {
      return new Upgrading(upgrade, old, candidate, fence);
    }
  }
}
