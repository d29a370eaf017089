package io.selfupgrade.core.upgrade;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.InstanceId;
import io.selfupgrade.core.release.RefusalException;
import io.selfupgrade.upgrade.Proof;
import io.selfupgrade.upgrade.ReasonCode;
import io.selfupgrade.upgrade.Release;
import io.selfupgrade.upgrade.StepRecord.Event;
import io.selfupgrade.upgrade.Switch;
import io.selfupgrade.upgrade.UpgradePhase;
import io.selfupgrade.upgrade.UpgradeRecord;
import io.selfupgrade.upgrade.UpgradeStep;
import io.selfupgrade.upgrade.UpgradeTimes;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.locks.LockSupport;

/** APPLY: migrate, install, start the candidate beside, drain, and hand the lead over. */
final class Applier {

  private static final Duration AFTER_TROUBLE = Duration.ofMillis(200);
  private static final int REHEARSALS = 10;

  private final Situation situation;
  private final Installer installer;
  private final Acceptance acceptance;

  Applier(Situation situation, Installer installer, Acceptance acceptance) {
    this.situation = situation;
    this.installer = installer;
    this.acceptance = acceptance;
  }

  Proof.Applied apply(Fence fence, Proof.Prepared proof)
      throws RefusalException, AbortException, EndedException, InterruptedException {
    installer.requireAble();
    acceptance.requireNotFrozen();
    migrate(fence, proof);
    installer.install(proof);
    UpgradePhase now = situation.journal().find(proof.upgrade()).orElseThrow().phase();
    if (!situation.journal().move(fence, proof.upgrade(), now, UpgradePhase.TRIAL)) {
      throw Pipeline.leadLost();
    }
    UpgradeRecord trial = situation.journal().find(proof.upgrade()).orElseThrow();
    return new Proof.Applied(proof.upgrade(), proof.release(), goOn(fence, trial));
  }

  /** From the beginning of the trial to the hand-over; returns the candidate's epoch. */
  long goOn(Fence fence, UpgradeRecord trial)
      throws RefusalException, AbortException, EndedException, InterruptedException {
    InstanceId candidate = installer.start(fence, trial);
    return uninterrupted(() -> giveTo(candidate, fence, trial));
  }

  /**
   * From here on a process that is being stopped hands over all the same: its successor is there. A
   * restart may hand the lead over at the same moment: whoever comes second gives nothing.
   */
  private long uninterrupted(HandOver handOver) throws RefusalException, AbortException {
    boolean stopping = false;
    situation.side().turn().lock();
    try {
      stopping = Thread.interrupted();
      return handOver.run();
    } finally {
      situation.side().turn().unlock();
      if (stopping) {
        Thread.currentThread().interrupt();
      }
    }
  }

  @FunctionalInterface
  private interface HandOver {
    long run() throws RefusalException, AbortException;
  }

  private long giveTo(InstanceId candidate, Fence fence, UpgradeRecord trial)
      throws RefusalException, AbortException {
    acceptance.requireNotFrozen();
    if (installer.isWarm()) {
      log(fence, trial.id(), Event.PROGRESS, "candidate " + candidate + " is warm beside");
      rehearse(fence, candidate);
    } else {
      log(
          fence,
          trial.id(),
          Event.INTERRUPTED,
          situation.version()
              + " is stopped before "
              + trial.target().orElseThrow().version()
              + " starts, as Switch.RESTART asks");
    }
    Fence given = handOver(fence, trial.id(), candidate);
    installer.handedOver(trial.id(), given.epoch());
    return given.epoch();
  }

  private void migrate(Fence fence, Proof.Prepared proof) throws AbortException {
    Path migrations = proof.directory().resolve(Release.MIGRATIONS);
    if (!Files.isDirectory(migrations)) {
      log(fence, proof.upgrade(), Event.NOT_APPLICABLE, "the release ships no migrations");
      return;
    }
    List<String> applied;
    try {
      applied = situation.store().migrate(migrations);
    } catch (AdapterException e) {
      if (e.retryable()) {
        throw e;
      }
      throw AbortException.verdict(ReasonCode.MIGRATION_FAILED, Ender.text(e));
    }
    if (applied.isEmpty()) {
      log(fence, proof.upgrade(), Event.NOT_APPLICABLE, "no new migration");
    } else {
      log(fence, proof.upgrade(), Event.PASSED, "migrations " + applied);
    }
  }

  /** Tries the hand-over of an upgrade that does not exist: the real one is not to be the first. */
  private void rehearse(Fence fence, InstanceId candidate) {
    for (int round = 0; round < REHEARSALS; round++) {
      transferOf(fence, UUID.randomUUID(), candidate);
    }
  }

  private Fence handOver(Fence fence, UUID upgrade, InstanceId candidate)
      throws RefusalException, AbortException {
    UpgradeTimes times = situation.settings().times();
    log(fence, upgrade, Event.ADMISSION_CLOSED, "draining for at most " + times.drain());
    boolean given = false;
    try {
      situation.side().closeAdmission();
      situation.side().drain(times.drain());
      acceptance.requireNotFrozen();
      Optional<Fence> next = transfer(fence, upgrade, candidate);
      given = next.isPresent();
      if (!given) {
        acceptance.requireNotFrozen();
      }
      return next.orElseThrow(
          () ->
              AbortException.inconclusive(
                  ReasonCode.NEW_PRIMARY, "the hand-over was overtaken by another decision"));
    } finally {
      if (given) {
        situation.side().given(fence);
      } else {
        situation.side().resume();
      }
    }
  }

  private Optional<Fence> transfer(Fence fence, UUID upgrade, InstanceId candidate) {
    try {
      return transferOf(fence, upgrade, candidate);
    } catch (AdapterException e) {
      return readTransfer(upgrade, candidate);
    }
  }

  private Optional<Fence> transferOf(Fence fence, UUID upgrade, InstanceId candidate) {
    UpgradeTimes times = situation.settings().times();
    Duration ttl = situation.settings().ttl();
    Duration limit = times.limit();
    if (situation.settings().policy().switchBy() == Switch.RESTART) {
      // The one that leads then has yet to be started.
      ttl = ttl.compareTo(times.ready()) < 0 ? times.ready() : ttl;
      limit = limit.plus(times.ready());
    }
    return situation.journal().handOver(fence, upgrade, candidate, ttl, limit);
  }

  /** After a transfer whose end is unknown: waits until the journal can tell. */
  private Optional<Fence> readTransfer(UUID upgrade, InstanceId candidate) {
    while (!Thread.currentThread().isInterrupted()) {
      try {
        UpgradeRecord row = situation.journal().find(upgrade).orElseThrow();
        return row.trial()
            .filter(trial -> row.phase() != UpgradePhase.TRIAL && trial.epoch() > 0)
            .map(trial -> new Fence(situation.agent(), candidate, trial.epoch()));
      } catch (AdapterException e) {
        LockSupport.parkNanos(AFTER_TROUBLE.toNanos());
      }
    }
    return Optional.empty();
  }

  private void log(Fence fence, UUID upgrade, Event event, String detail) {
    situation.log().record(fence, upgrade, UpgradeStep.APPLY, event, detail);
  }
}
