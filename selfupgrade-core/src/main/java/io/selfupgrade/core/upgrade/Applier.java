package io.selfupgrade.core.upgrade;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.InstanceId;
import io.selfupgrade.core.local.LauncherLink;
import io.selfupgrade.core.release.RefusalException;
import io.selfupgrade.core.release.Staging;
import io.selfupgrade.failover.InstanceStatus;
import io.selfupgrade.launcher.Candidate;
import io.selfupgrade.launcher.RequestKind;
import io.selfupgrade.launcher.TrialState;
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
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** APPLY: migrate, install, start the candidate beside, drain, and hand the lead over. */
final class Applier {

  private static final Duration LOOK = Duration.ofMillis(25);
  private static final Duration AFTER_TROUBLE = Duration.ofMillis(200);
  private static final int REHEARSALS = 10;

  private final Situation situation;
  private final Staging staging;
  private final Acceptance acceptance;

  Applier(Situation situation, Staging staging, Acceptance acceptance) {
    this.situation = situation;
    this.staging = staging;
    this.acceptance = acceptance;
  }

  Proof.Applied apply(Fence fence, Proof.Prepared proof)
      throws RefusalException, AbortException, InterruptedException {
    LauncherLink link = requireLauncher(situation);
    acceptance.requireNotFrozen();
    migrate(fence, proof);
    staging.install(proof.directory(), proof.release());
    UpgradePhase now = situation.journal().find(proof.upgrade()).orElseThrow().phase();
    if (!situation.journal().move(fence, proof.upgrade(), now, UpgradePhase.TRIAL)) {
      throw Pipeline.leadLost();
    }
    if (situation.settings().policy().switchBy() == Switch.RESTART) {
      return applyAlone(fence, proof, link);
    }
    UpgradeTimes times = situation.settings().times();
    link.askForCandidate(proof.upgrade(), proof.release().version(), fence.epoch(), times.limit());
    InstanceId candidate = awaitReady(link, proof);
    log(fence, proof, Event.PROGRESS, "candidate " + candidate + " is warm beside");
    acceptance.requireNotFrozen();
    rehearse(fence, candidate);
    Fence given = handOver(fence, proof, candidate);
    link.announce(RequestKind.HANDED_OVER, proof.upgrade(), given.epoch());
    return new Proof.Applied(proof.upgrade(), proof.release(), given.epoch());
  }

  /** Promises the lead to an instance that the launcher starts when this one has ended. */
  private Proof.Applied applyAlone(Fence fence, Proof.Prepared proof, LauncherLink link)
      throws RefusalException, AbortException, InterruptedException {
    InstanceId next = InstanceId.random();
    link.askForSuccessor(
        proof.upgrade(),
        proof.release().version(),
        next,
        fence,
        situation.settings().times().limit());
    awaitTrial(link, proof);
    acceptance.requireNotFrozen();
    log(
        fence,
        proof,
        Event.INTERRUPTED,
        situation.version()
            + " is stopped before "
            + proof.release().version()
            + " starts, as Switch.RESTART asks");
    Fence given = handOver(fence, proof, next);
    link.announce(RequestKind.HANDED_OVER, proof.upgrade(), given.epoch());
    return new Proof.Applied(proof.upgrade(), proof.release(), given.epoch());
  }

  private void awaitTrial(LauncherLink link, Proof.Prepared proof)
      throws AbortException, InterruptedException {
    Duration longest = situation.settings().times().ready();
    long end = System.nanoTime() + longest.toNanos();
    while (System.nanoTime() - end < 0) {
      if (link.candidate().filter(found -> found.upgrade().equals(proof.upgrade())).isPresent()) {
        return;
      }
      TimeUnit.NANOSECONDS.sleep(LOOK.toNanos());
    }
    throw AbortException.inconclusive(
        ReasonCode.NOT_READY,
        "the launcher did not begin the trial of "
            + proof.release().version()
            + " within "
            + longest
            + ": see that it runs");
  }

  static LauncherLink requireLauncher(Situation situation) throws RefusalException {
    return situation
        .link()
        .orElseThrow(
            () ->
                new RefusalException(
                    ReasonCode.NO_INSTALLER,
                    "this process was not started by the launcher, so nothing can start another"
                        + " version beside it: start it with launcher.jar run HOME"));
  }

  private void migrate(Fence fence, Proof.Prepared proof) throws AbortException {
    Path migrations = proof.directory().resolve(Release.MIGRATIONS);
    if (!Files.isDirectory(migrations)) {
      log(fence, proof, Event.NOT_APPLICABLE, "the release ships no migrations");
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
      log(fence, proof, Event.NOT_APPLICABLE, "no new migration");
    } else {
      log(fence, proof, Event.PASSED, "migrations " + applied);
    }
  }

  private InstanceId awaitReady(LauncherLink link, Proof.Prepared proof)
      throws AbortException, InterruptedException {
    Duration longest = situation.settings().times().ready();
    long end = System.nanoTime() + longest.toNanos();
    while (System.nanoTime() - end < 0) {
      Optional<Candidate> candidate =
          link.candidate().filter(found -> found.upgrade().equals(proof.upgrade()));
      if (candidate.isPresent()) {
        requireNotExhausted(candidate.get(), proof);
        Optional<InstanceId> ready = readyInstance(link, candidate.get(), proof);
        if (ready.isPresent()) {
          return ready.get();
        }
      }
      TimeUnit.NANOSECONDS.sleep(LOOK.toNanos());
    }
    throw AbortException.inconclusive(
        ReasonCode.NOT_READY,
        proof.release().version()
            + " was not ready within "
            + longest
            + ": see the log of its instance under "
            + link.home().run());
  }

  private static void requireNotExhausted(Candidate candidate, Proof.Prepared proof)
      throws AbortException {
    if (candidate.state() == TrialState.EXHAUSTED) {
      throw AbortException.verdict(
          ReasonCode.CANDIDATE_DIED,
          proof.release().version()
              + " ended by itself at each of its "
              + candidate.starts()
              + " starts: "
              + candidate.why());
    }
  }

  private Optional<InstanceId> readyInstance(
      LauncherLink link, Candidate candidate, Proof.Prepared proof) throws AbortException {
    if (candidate.instance().isEmpty()) {
      return Optional.empty();
    }
    InstanceId instance = InstanceId.parse(candidate.instance());
    if (!link.isReady(instance)) {
      return Optional.empty();
    }
    Optional<InstanceStatus> status =
        situation
            .store()
            .instances()
            .find(instance)
            .filter(found -> found.aliveWithin(situation.settings().ttl().multipliedBy(3)));
    if (status.isPresent()) {
      requireIdentity(status.get(), proof);
    }
    return status.map(found -> instance);
  }

  private static void requireIdentity(InstanceStatus status, Proof.Prepared proof)
      throws AbortException {
    Release.Id expected = proof.release().id();
    if (!status.record().version().equals(expected.version())
        || !status.record().build().equals(expected.manifestSha256())) {
      throw AbortException.verdict(
          ReasonCode.WRONG_IDENTITY,
          "the candidate says that it is "
              + status.record().version()
              + " of build "
              + status.record().build()
              + ", expected "
              + expected.version()
              + " of build "
              + expected.manifestSha256());
    }
  }

  /** Tries the hand-over of an upgrade that does not exist: the real one is not to be the first. */
  private void rehearse(Fence fence, InstanceId candidate) {
    for (int round = 0; round < REHEARSALS; round++) {
      transferOf(fence, UUID.randomUUID(), candidate);
    }
  }

  private Fence handOver(Fence fence, Proof.Prepared proof, InstanceId candidate)
      throws RefusalException, AbortException {
    UpgradeTimes times = situation.settings().times();
    log(fence, proof, Event.ADMISSION_CLOSED, "draining for at most " + times.drain());
    boolean given = false;
    try {
      situation.side().closeAdmission();
      situation.side().drain(times.drain());
      acceptance.requireNotFrozen();
      Optional<Fence> next = transfer(fence, proof.upgrade(), candidate);
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

  private void log(Fence fence, Proof.Prepared proof, Event event, String detail) {
    situation.log().record(fence, proof.upgrade(), UpgradeStep.APPLY, event, detail);
  }
}
