package io.selfupgrade.core.upgrade;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.agent.Fence;
import io.selfupgrade.core.release.RefusalException;
import io.selfupgrade.core.release.Staging;
import io.selfupgrade.core.release.VerifiedRelease;
import io.selfupgrade.upgrade.Proof;
import io.selfupgrade.upgrade.Reason;
import io.selfupgrade.upgrade.ReasonCode;
import io.selfupgrade.upgrade.Release;
import io.selfupgrade.upgrade.ReleaseCheck;
import io.selfupgrade.upgrade.SnapshotStore.Snapshot;
import io.selfupgrade.upgrade.StepRecord.Event;
import io.selfupgrade.upgrade.StepResult;
import io.selfupgrade.upgrade.Trigger;
import io.selfupgrade.upgrade.UpgradeJournal.Ending;
import io.selfupgrade.upgrade.UpgradeOutcome;
import io.selfupgrade.upgrade.UpgradePhase;
import io.selfupgrade.upgrade.UpgradeRecord;
import io.selfupgrade.upgrade.UpgradeStep;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.locks.ReentrantLock;

/** The steps up to the hand-over, on the old primary; each checks the journal before it acts. */
final class Pipeline {

  private final Situation situation;
  private final ReleaseFinder finder;
  private final Staging staging;
  private final Acceptance acceptance;
  private final SmokeCheck smoke;
  private final Ender ender;
  private final Applier applier;
  private final ReentrantLock oneAtATime = new ReentrantLock();

  Pipeline(Situation situation, ReleaseFinder finder, Staging staging, HostMemory memory) {
    this.situation = situation;
    this.finder = finder;
    this.staging = staging;
    this.acceptance = new Acceptance(situation, new Room(situation, staging, memory));
    this.smoke = new SmokeCheck(situation.settings().times().smoke());
    this.ender = new Ender(situation);
    this.applier = new Applier(situation, staging, acceptance);
  }

  Ender ender() {
    return ender;
  }

  /** Returns the newest release that may be installed, changing nothing. */
  Optional<Release> look() throws RefusalException {
    acceptance.requireNotFrozen();
    Optional<VerifiedRelease> newer = finder.newerThan(situation.version());
    if (newer.isPresent()) {
      acceptance.judge(newer.get().release());
    }
    return newer.map(VerifiedRelease::release);
  }

  StepResult<Proof.Available> trigger(Trigger trigger) {
    Fence fence = requireFence();
    UpgradeRecord row =
        situation
            .journal()
            .open(fence, trigger, situation.version())
            .orElseThrow(Pipeline::notPrimary);
    requirePhase(row, UpgradePhase.OPEN);
    if (row.target().isPresent()) {
      throw new IllegalStateException(
          "upgrade " + row.id() + " is open already: join it by upgrade(), or wait for its end");
    }
    situation.log().record(fence, row.id(), UpgradeStep.TRIGGER, Event.PASSED, trigger.name());
    return step(row.id(), UpgradeStep.CHECK, UpgradePhase.OPEN, holder -> check(holder, row.id()));
  }

  StepResult<Proof.Staged> pull(Proof.Available proof) {
    return step(
        proof.upgrade(),
        UpgradeStep.VALIDATE,
        UpgradePhase.OPEN,
        fence -> {
          acceptance.requireNotFrozen();
          VerifiedRelease verified = finder.release(proof.release().version());
          requireSame(verified.release(), proof.release());
          log(fence, proof, UpgradeStep.VALIDATE, Event.STARTED, described(proof.release()));
          Path directory =
              staging.pull(
                  proof.upgrade(),
                  verified,
                  situation.settings().source(),
                  (done, total) -> tellProgress(proof.upgrade(), done, total));
          move(fence, proof.upgrade(), UpgradePhase.OPEN, UpgradePhase.STAGED);
          log(fence, proof, UpgradeStep.VALIDATE, Event.PASSED, "signatures, lengths and digests");
          return new Proof.Staged(proof.upgrade(), proof.release(), directory);
        });
  }

  StepResult<Proof.Validated> validate(Proof.Staged proof) {
    return step(
        proof.upgrade(),
        UpgradeStep.VALIDATE,
        UpgradePhase.STAGED,
        fence -> {
          acceptance.requireWayBack();
          runSmokeCheck(fence, proof);
          runReleaseChecks(fence, proof);
          return new Proof.Validated(proof.upgrade(), proof.release(), proof.directory());
        });
  }

  StepResult<Proof.Prepared> backup(Proof.Validated proof) {
    return step(
        proof.upgrade(),
        UpgradeStep.BACKUP,
        UpgradePhase.STAGED,
        fence -> {
          Snapshot snapshot =
              situation
                  .store()
                  .snapshots()
                  .take(fence, proof.upgrade())
                  .orElseThrow(Pipeline::leadLost);
          log(
              fence,
              proof,
              UpgradeStep.BACKUP,
              Event.PASSED,
              "copied " + snapshot.rows() + ", " + snapshot.bytes() + " bytes");
          return new Proof.Prepared(
              proof.upgrade(), proof.release(), proof.directory(), snapshot.id());
        });
  }

  StepResult<Proof.Applied> deploy(Proof.Prepared proof) {
    return step(
        proof.upgrade(),
        UpgradeStep.APPLY,
        UpgradePhase.STAGED,
        fence -> {
          finder.requireFresh();
          return applier.apply(fence, proof);
        });
  }

  private Proof.Available check(Fence fence, UUID upgrade) throws RefusalException, EndedException {
    Optional<Release> newer = look();
    if (newer.isEmpty()) {
      move(fence, upgrade, UpgradePhase.OPEN, UpgradePhase.UP_TO_DATE);
      throw new EndedException(new UpgradeOutcome.UpToDate(situation.version()));
    }
    Release release = newer.get();
    UpgradeRecord.Target target =
        new UpgradeRecord.Target(release.version(), release.id().manifestSha256());
    if (!situation.journal().target(fence, upgrade, target)) {
      throw leadLost();
    }
    Proof.Available proof = new Proof.Available(upgrade, release);
    log(
        fence,
        proof,
        UpgradeStep.CHECK,
        Event.PASSED,
        release.version() + " is newer than " + situation.version() + ", signed and acceptable");
    return proof;
  }

  private void runSmokeCheck(Fence fence, Proof.Staged proof)
      throws RefusalException, AbortException, InterruptedException {
    if (proof.release().smoke().isEmpty()) {
      log(fence, proof, UpgradeStep.VALIDATE, Event.NOT_APPLICABLE, "no smoke check is declared");
      return;
    }
    Optional<String> failure = smoke(proof.release(), proof.directory());
    if (failure.isEmpty()) {
      log(fence, proof, UpgradeStep.VALIDATE, Event.PASSED, "smoke check");
      return;
    }
    String seen = "the smoke check of " + proof.release().version() + " failed: " + failure.get();
    if (situation.link().isPresent()) {
      Path slot = situation.link().get().slot();
      Release running = Acceptance.read(slot);
      if (running.smoke().isEmpty()) {
        throw AbortException.inconclusive(
            ReasonCode.SMOKE_FAILED,
            seen + "; the running version declares none, so it is not known who is to blame");
      }
      Optional<String> own = smoke(running, slot);
      if (own.isPresent()) {
        throw AbortException.inconclusive(
            ReasonCode.SMOKE_FAILED,
            seen
                + "; that of the running version fails too, so this host is to blame: "
                + own.get());
      }
      ender.listFailed(fence, targetOf(proof), new Reason(ReasonCode.SMOKE_FAILED, seen));
    }
    throw new RefusalException(ReasonCode.SMOKE_FAILED, seen);
  }

  private Optional<String> smoke(Release release, Path directory)
      throws AbortException, InterruptedException {
    try {
      return smoke.run(release, directory);
    } catch (IOException e) {
      throw AbortException.inconclusive(
          ReasonCode.TROUBLE, "the smoke check could not be run on this host: " + e);
    }
  }

  private void runReleaseChecks(Fence fence, Proof.Staged proof)
      throws RefusalException, AbortException {
    for (ReleaseCheck check : situation.settings().checks().releaseChecks()) {
      Optional<String> refusal;
      try {
        refusal = check.refuse(proof.release(), proof.directory());
      } catch (Exception e) {
        // The host's code: a check that could not be made is no verdict on the release.
        throw AbortException.inconclusive(
            ReasonCode.CHECK_FAILED, "a release check could not be made: " + e);
      }
      if (refusal.isPresent()) {
        throw new RefusalException(
            ReasonCode.CHECK_FAILED, "a release check refuses it: " + refusal.get());
      }
    }
    int checks = situation.settings().checks().releaseChecks().size();
    log(
        fence,
        proof,
        UpgradeStep.VALIDATE,
        checks == 0 ? Event.NOT_APPLICABLE : Event.PASSED,
        checks + " release checks of the host");
  }

  private <T> StepResult<T> step(
      UUID upgrade, UpgradeStep step, UpgradePhase expected, Body<T> body) {
    oneAtATime.lock();
    try {
      Fence fence = requireFence();
      requirePhase(situation.journal().find(upgrade).orElseThrow(), expected);
      return run(fence, upgrade, step, body);
    } finally {
      oneAtATime.unlock();
    }
  }

  private <T> StepResult<T> run(Fence fence, UUID upgrade, UpgradeStep step, Body<T> body) {
    try {
      return new StepResult.Passed<>(body.run(fence));
    } catch (EndedException e) {
      return new StepResult.Ended<>(e.outcome());
    } catch (RefusalException e) {
      boolean frozen = e.reason().code() == ReasonCode.FROZEN;
      return new StepResult.Ended<>(
          frozen
              ? ender.abort(fence, upgrade, step, new Ending(e.reason(), true))
              : ender.refuse(fence, upgrade, step, e));
    } catch (AbortException e) {
      return new StepResult.Ended<>(abort(fence, upgrade, step, e));
    } catch (AdapterException e) {
      return new StepResult.Ended<>(ender.abort(fence, upgrade, step, e));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return new StepResult.Ended<>(
          ender.abort(
              fence,
              upgrade,
              step,
              new Ending(new Reason(ReasonCode.STOPPING, "the agent is stopping"), true)));
    }
  }

  private UpgradeOutcome abort(Fence fence, UUID upgrade, UpgradeStep step, AbortException end) {
    Optional<UpgradeRecord.Target> target =
        situation.journal().find(upgrade).flatMap(UpgradeRecord::target);
    boolean listed = target.isPresent() && (end.isVerdict() || ender.isLastTry(target.get()));
    if (listed) {
      ender.listFailed(fence, target.get(), end.reason());
    }
    return ender.abort(fence, upgrade, step, new Ending(end.reason(), !listed));
  }

  private void move(Fence fence, UUID upgrade, UpgradePhase from, UpgradePhase to) {
    if (!situation.journal().move(fence, upgrade, from, to)) {
      throw leadLost();
    }
  }

  private Fence requireFence() {
    return situation.fence().orElseThrow(Pipeline::notPrimary);
  }

  private void log(Fence fence, Proof proof, UpgradeStep step, Event event, String detail) {
    situation.log().record(fence, proof.upgrade(), step, event, detail);
  }

  private void tellProgress(UUID upgrade, long done, long total) {
    situation
        .log()
        .tell(upgrade, UpgradeStep.VALIDATE, Event.PROGRESS, done + " of " + total + " bytes");
  }

  static UpgradeRecord.Target targetOf(Proof proof) {
    return new UpgradeRecord.Target(
        proof.release().version(), proof.release().id().manifestSha256());
  }

  static AdapterException leadLost() {
    return new AdapterException(
        "UpgradeJournal", "this instance leads no more; another decides now", true, null);
  }

  private static IllegalStateException notPrimary() {
    return new IllegalStateException(
        "this instance is not the primary: call upgrade() or request(), which the primary answers");
  }

  private static void requirePhase(UpgradeRecord row, UpgradePhase expected) {
    if (row.phase() != expected) {
      throw new IllegalStateException(
          "upgrade "
              + row.id()
              + " is "
              + row.phase()
              + ", this step needs "
              + expected
              + ": each step follows the one before, once");
    }
  }

  private static void requireSame(Release now, Release before) throws RefusalException {
    if (!now.id().manifestSha256().equals(before.id().manifestSha256())) {
      throw new RefusalException(
          ReasonCode.DIFFERENT_MANIFEST,
          before.version()
              + " was checked with manifest "
              + before.id().manifestSha256()
              + " and is now published with "
              + now.id().manifestSha256()
              + ": a version is published once");
    }
  }

  private static String described(Release release) {
    return release.version()
        + ": "
        + release.files().size()
        + " files, "
        + release.totalBytes()
        + " bytes";
  }

  /** What a step does under its fence. */
  @FunctionalInterface
  interface Body<T> {
    T run(Fence fence)
        throws RefusalException, AbortException, EndedException, InterruptedException;
  }
}
