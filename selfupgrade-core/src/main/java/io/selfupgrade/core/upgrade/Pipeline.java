package io.selfupgrade.core.upgrade;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.agent.Fence;
import io.selfupgrade.core.release.RefusalException;
import io.selfupgrade.core.release.Staging;
import io.selfupgrade.core.release.VerifiedRelease;
import io.selfupgrade.upgrade.Install;
import io.selfupgrade.upgrade.PolicyStore;
import io.selfupgrade.upgrade.Proof;
import io.selfupgrade.upgrade.Reason;
import io.selfupgrade.upgrade.ReasonCode;
import io.selfupgrade.upgrade.Release;
import io.selfupgrade.upgrade.SnapshotStore.Snapshot;
import io.selfupgrade.upgrade.StepRecord.Event;
import io.selfupgrade.upgrade.StepResult;
import io.selfupgrade.upgrade.Trigger;
import io.selfupgrade.upgrade.UpgradeJournal.Ending;
import io.selfupgrade.upgrade.UpgradeOutcome;
import io.selfupgrade.upgrade.UpgradePhase;
import io.selfupgrade.upgrade.UpgradeRecord;
import io.selfupgrade.upgrade.UpgradeStep;
import java.nio.file.Path;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/** The steps up to the hand-over, on the old primary; each checks the journal before it acts. */
final class Pipeline {

  private final Situation situation;
  private final Installer installer;
  private final ReleaseFinder finder;
  private final Acceptance acceptance;
  private final Tryout tryout;
  private final Ender ender;
  private final Approvals approvals;
  private final RollbackTarget rollbackTarget;
  private final Applier applier;
  private final Backing backing;
  private final ReentrantLock oneAtATime = new ReentrantLock();

  Pipeline(Situation situation, ReleaseFinder finder, Staging staging, HostMemory memory) {
    this.situation = situation;
    this.finder = finder;
    this.installer = installerOf(situation, finder, staging);
    this.acceptance = new Acceptance(situation, installer, new Room(situation, staging, memory));
    this.backing = new Backing(situation, staging);
    this.rollbackTarget = new RollbackTarget(situation, installer, acceptance);
    this.ender = new Ender(situation);
    this.tryout = new Tryout(situation, installer, ender);
    this.approvals = new Approvals(situation, finder, ender);
    this.applier = new Applier(situation, installer, acceptance);
  }

  private static Installer installerOf(Situation situation, ReleaseFinder finder, Staging staging) {
    Optional<Install.Deploying> platform = situation.host().platform();
    return platform.isPresent()
        ? new PlatformInstaller(situation, platform.get(), finder, staging)
        : new SlotInstaller(situation, staging);
  }

  Installer installer() {
    return installer;
  }

  Ender ender() {
    return ender;
  }

  Approvals approvals() {
    return approvals;
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
    if (trigger != Trigger.SCHEDULED) {
      situation.settings().source().expectNews();
    }
    UpgradeRecord row =
        situation
            .journal()
            .open(fence, trigger, situation.version())
            .orElseThrow(Pipeline::notPrimary);
    Backing.requirePhase(row, UpgradePhase.OPEN);
    if (row.target().isPresent()) {
      throw new IllegalStateException(
          "upgrade " + row.id() + " is open already: join it by upgrade(), or wait for its end");
    }
    situation.log().record(fence, row.id(), UpgradeStep.TRIGGER, Event.PASSED, trigger.name());
    return step(
        row.id(),
        UpgradeStep.CHECK,
        UpgradePhase.OPEN,
        holder -> {
          // Before it looks: a webhook that comes later may tell of something newer.
          situation.journal().answerRequests(holder, row.id());
          return check(holder, row.id());
        });
  }

  /** TRIGGER and CHECK of the way back that a person wants; its files are in their slot. */
  StepResult<Proof.Staged> rollback(PolicyStore.WantedRollback wish) {
    Fence fence = requireFence();
    UpgradeRecord row =
        situation
            .journal()
            .open(fence, Trigger.ROLLBACK, situation.version())
            .orElseThrow(Pipeline::notPrimary);
    situation.store().policies().answerRollback(fence, wish.id(), row.id());
    String asked = wish.by() + " wants to go back to " + wish.to();
    situation.log().record(fence, row.id(), UpgradeStep.TRIGGER, Event.PASSED, asked);
    return step(
        row.id(),
        UpgradeStep.CHECK,
        UpgradePhase.OPEN,
        holder -> {
          acceptance.requireNotFrozen();
          Release release = rollbackTarget.judge(wish.to());
          Proof.Available proof = new Proof.Available(row.id(), release);
          if (!situation.journal().target(holder, row.id(), targetOf(proof))) {
            throw leadLost();
          }
          move(holder, row.id(), UpgradePhase.OPEN, UpgradePhase.STAGED);
          log(
              holder,
              proof,
              UpgradeStep.CHECK,
              Event.PASSED,
              wish.to() + " was confirmed before, and can be gone back to");
          return new Proof.Staged(row.id(), release, installer.placeOf(row.id(), release));
        });
  }

  StepResult<Proof.Staged> pull(Proof.Available proof) {
    return step(
        proof.upgrade(),
        UpgradeStep.VALIDATE,
        UpgradePhase.OPEN,
        fence -> {
          backing.require(proof);
          acceptance.requireNotFrozen();
          VerifiedRelease verified = finder.release(proof.release().version());
          Backing.requireSame(verified.release(), targetOf(proof));
          log(fence, proof, UpgradeStep.VALIDATE, Event.STARTED, described(proof.release()));
          Path directory = installer.bring(proof.upgrade(), verified);
          move(fence, proof.upgrade(), UpgradePhase.OPEN, UpgradePhase.STAGED);
          log(fence, proof, UpgradeStep.VALIDATE, Event.PASSED, "signatures, lengths and digests");
          installer
              .withoutFiles()
              .ifPresent(why -> log(fence, proof, UpgradeStep.VALIDATE, Event.NOT_APPLICABLE, why));
          return new Proof.Staged(proof.upgrade(), proof.release(), directory);
        });
  }

  StepResult<Proof.Validated> validate(Proof.Staged proof) {
    return step(
        proof.upgrade(),
        UpgradeStep.VALIDATE,
        UpgradePhase.STAGED,
        fence -> {
          backing.require(proof);
          acceptance.requireNotFrozen();
          installer.requireWayBack();
          tryout.run(fence, proof);
          log(fence, proof, UpgradeStep.VALIDATE, Event.PASSED, Backing.VALIDATED);
          approvals.ask(fence, proof);
          return new Proof.Validated(proof.upgrade(), proof.release(), proof.directory());
        });
  }

  /** Takes up an upgrade that was approved, by whichever primary it was validated. */
  StepResult<Proof.Validated> approved(UpgradeRecord upgrade) {
    UpgradeRecord.Target target = upgrade.target().orElseThrow();
    return step(
        upgrade.id(),
        UpgradeStep.VALIDATE,
        fence -> {
          if (approvals.supersede(fence, upgrade)) {
            throw new EndedException(outcomeOf(upgrade.id()));
          }
          VerifiedRelease verified = finder.release(target.version());
          Backing.requireSame(verified.release(), target);
          acceptance.judge(verified.release());
          approvals.recordApproval(fence, upgrade);
          Optional<Path> here = installer.brought(upgrade.id(), verified.release());
          Path directory = here.isPresent() ? here.get() : installer.bring(upgrade.id(), verified);
          return new Proof.Validated(upgrade.id(), verified.release(), directory);
        });
  }

  StepResult<Proof.Prepared> backup(Proof.Validated proof) {
    return step(
        proof.upgrade(),
        UpgradeStep.BACKUP,
        fence -> {
          backing.require(proof);
          acceptance.requireNotFrozen();
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
        fence -> {
          backing.require(proof);
          if (backing.row(proof.upgrade()).trigger() != Trigger.ROLLBACK) {
            finder.requireFresh();
          }
          return applier.apply(fence, proof);
        });
  }

  /** Goes on with a trial that another process of this version, or this one, left behind. */
  void resume(UpgradeRecord trial) {
    if (!oneAtATime.tryLock()) {
      return;
    }
    try {
      Optional<Fence> fence = situation.fence();
      UpgradeRecord now = backing.row(trial.id());
      if (fence.isPresent() && now.phase() == UpgradePhase.TRIAL) {
        run(fence.get(), trial.id(), UpgradeStep.APPLY, holder -> applier.goOn(holder, now));
      }
    } finally {
      oneAtATime.unlock();
    }
  }

  private Proof.Available check(Fence fence, UUID upgrade) throws RefusalException, EndedException {
    finder.seek(situation);
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
    String found = release.version() + " is newer than " + situation.version();
    String seen = found + ", signed and acceptable" + Provenance.of(situation, release);
    log(fence, proof, UpgradeStep.CHECK, Event.PASSED, seen);
    return proof;
  }

  private <T> StepResult<T> step(
      UUID upgrade, UpgradeStep step, UpgradePhase expected, Body<T> body) {
    return step(upgrade, step, row -> Backing.requirePhase(row, expected), body);
  }

  /** Runs a step after the validation, which waits for approval where that is asked for. */
  private <T> StepResult<T> step(UUID upgrade, UpgradeStep step, Body<T> body) {
    return step(upgrade, step, this::requireAllowed, body);
  }

  private <T> StepResult<T> step(
      UUID upgrade, UpgradeStep step, Consumer<UpgradeRecord> expected, Body<T> body) {
    oneAtATime.lock();
    try {
      Fence fence = requireFence();
      expected.accept(backing.row(upgrade));
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
    boolean counts = !RetryRule.isFromOutside(end.reason().code());
    boolean listed =
        target.isPresent() && (end.isVerdict() || (counts && ender.isLastTry(target.get())));
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

  private void requireAllowed(UpgradeRecord row) {
    if (row.phase() == UpgradePhase.AWAITING_APPROVAL && !approvals.allows(row)) {
      throw new IllegalStateException(
          "upgrade "
              + row.id()
              + " waits for approval: call upgrades().approve(\""
              + row.id()
              + "\", by) first");
    }
    if (row.phase() != UpgradePhase.AWAITING_APPROVAL) {
      Backing.requirePhase(row, UpgradePhase.STAGED);
    }
  }

  private UpgradeOutcome outcomeOf(UUID upgrade) {
    return situation.journal().find(upgrade).flatMap(UpgradeRecord::outcome).orElseThrow();
  }

  private static String described(Release release) {
    String files = release.files().size() + " files, " + release.totalBytes() + " bytes";
    return release.version() + ": " + files;
  }

  /** What a step does under its fence. */
  @FunctionalInterface
  interface Body<T> {
    T run(Fence fence)
        throws RefusalException, AbortException, EndedException, InterruptedException;
  }
}
