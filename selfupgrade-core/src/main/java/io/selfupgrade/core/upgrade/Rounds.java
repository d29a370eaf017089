package io.selfupgrade.core.upgrade;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.agent.Fence;
import io.selfupgrade.core.release.RefusalException;
import io.selfupgrade.upgrade.PolicyStore;
import io.selfupgrade.upgrade.Proof;
import io.selfupgrade.upgrade.Reason;
import io.selfupgrade.upgrade.ReasonCode;
import io.selfupgrade.upgrade.StepRecord.Event;
import io.selfupgrade.upgrade.StepResult;
import io.selfupgrade.upgrade.Trigger;
import io.selfupgrade.upgrade.UpgradeJournal.Ending;
import io.selfupgrade.upgrade.UpgradeOutcome;
import io.selfupgrade.upgrade.UpgradePhase;
import io.selfupgrade.upgrade.UpgradeRecord;
import io.selfupgrade.upgrade.UpgradeStep;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;

/** The engine's thread: looks what there is to do, does it, and waits for the next occasion. */
final class Rounds implements AutoCloseable {

  private static final Duration IDLE = Duration.ofSeconds(5);
  private static final Duration WATCHFUL = Duration.ofMillis(250);
  private static final Duration AFTER_TROUBLE = Duration.ofMillis(500);
  private static final Duration ABANDONED_AFTER = Duration.ofHours(1);
  private static final Duration JOIN = Duration.ofSeconds(10);

  private final Situation situation;
  private final Pipeline pipeline;
  private final Recovery recovery;
  private final Probation probation;
  private final WayBack wayBack;
  private final Candidacy candidacy;
  private final Judge judge;
  private final KeysInForce keys;
  private final Thread thread;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition woken = lock.newCondition();
  private final Ends ends = new Ends();
  private boolean wake;
  private volatile boolean closed;
  private Optional<UUID> running = Optional.empty();
  private volatile Optional<UUID> followed = Optional.empty();
  private String lastTold = "";

  Rounds(
      Situation situation,
      Pipeline pipeline,
      Recovery recovery,
      Probation probation,
      WayBack wayBack,
      KeysInForce keys) {
    this.situation = situation;
    this.pipeline = pipeline;
    this.recovery = recovery;
    this.probation = probation;
    this.wayBack = wayBack;
    this.candidacy = new Candidacy(situation);
    this.judge = new Judge(situation, pipeline.installer(), System::nanoTime);
    this.keys = keys;
    this.thread = new Thread(this::run, "selfupgrade-" + situation.agent() + "-upgrade");
    thread.setDaemon(true);
  }

  void start() {
    thread.start();
  }

  Candidacy candidacy() {
    return candidacy;
  }

  /** Looks whether this instance is a candidate, before the first round may miss its end. */
  void lookForTrial() {
    candidacy.look(situation.journal().openUpgrade(situation.agent()));
    candidacy.self().trial().ifPresent(trial -> followed = Optional.of(trial));
  }

  void wake() {
    lock.lock();
    try {
      wake = true;
      woken.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Returns where callers wait for the end of an upgrade. */
  Ends ends() {
    return ends;
  }

  /** Logs a finding of the schedule, unless it is the same as the last. */
  void tellOnce(String summary) {
    lock.lock();
    try {
      if (!summary.equals(lastTold)) {
        lastTold = summary;
        UpgradeEngine.LOG.warn("looking for a release: {}", summary);
      }
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      woken.signalAll();
    } finally {
      lock.unlock();
    }
    ends.close();
    long deadline = System.nanoTime() + JOIN.toNanos();
    Lock turn = situation.side().turn();
    boolean waited = false;
    try {
      // Who hands the lead over does so to the end.
      waited = turn.tryLock(JOIN.toNanos(), TimeUnit.NANOSECONDS);
      thread.interrupt();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      thread.interrupt();
    } finally {
      if (waited) {
        turn.unlock();
      }
    }
    join(deadline);
  }

  private void join(long deadlineNanos) {
    try {
      TimeUnit.NANOSECONDS.timedJoin(thread, Math.max(1, deadlineNanos - System.nanoTime()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void run() {
    boolean troubled = false;
    while (!closed) {
      Duration pause = AFTER_TROUBLE;
      try {
        pause = round();
        troubled = false;
      } catch (AdapterException e) {
        if (!troubled) {
          UpgradeEngine.LOG.warn("upgrades wait: {}", e.getMessage());
        }
        troubled = true;
      } catch (InterruptedException e) {
        UpgradeEngine.LOG.debug("upgrade thread is asked to end", e);
      } catch (RuntimeException e) {
        // Step runner boundary: whatever went wrong in one round, the next one looks anew.
        UpgradeEngine.LOG.error("a round of the upgrade thread failed", e);
      }
      await(pause);
    }
  }

  private Duration round() throws InterruptedException {
    boolean soon = wayBack.obey();
    Optional<UpgradeRecord> open = situation.journal().openUpgrade(situation.agent());
    candidacy.look(open);
    reportEnd(open);
    Optional<Fence> fence = situation.fence();
    if (open.isPresent()) {
      followed = Optional.of(open.get().id());
      return underWay(open.get(), fence);
    }
    keepKeys();
    if (fence.isPresent() && !recovery.sawTo(fence.get())) {
      return WATCHFUL;
    }
    if (fence.isPresent()) {
      soon |= wayBack.settle(fence.get());
      Optional<PolicyStore.WantedRollback> wish =
          situation.store().policies().waitingRollback(situation.agent());
      if (wish.isPresent()) {
        rollback(wish.get());
        return Duration.ZERO;
      }
      Optional<Trigger> asked = situation.journal().waitingRequest(situation.agent());
      if (asked.isPresent()) {
        upgrade(fence.get(), asked.get());
        return Duration.ZERO;
      }
    }
    return soon ? WATCHFUL : IDLE;
  }

  /**
   * Before anything else is begun: a version that is gone back from takes its keys along. If they
   * cannot be kept, nothing is installed anew, but requests are answered and the way back is open.
   */
  private void keepKeys() {
    try {
      keys.keep();
    } catch (RefusalException e) {
      tellOnce(e.reason().message());
    } catch (AdapterException e) {
      tellOnce(String.valueOf(e.getMessage()));
    }
  }

  private Duration underWay(UpgradeRecord open, Optional<Fence> fence) throws InterruptedException {
    if (fence.isPresent()) {
      situation.journal().answerRequests(fence.get(), open.id());
    }
    if (open.phase() == UpgradePhase.AWAITING_APPROVAL) {
      return fence.isPresent() ? seeToApproval(fence.get(), open) : IDLE;
    }
    if (open.phase() == UpgradePhase.HANDED_OVER) {
      if (situation.isCandidateOf(open)) {
        return prove(open, fence);
      }
      if (situation.isOldSideOf(open) && fence.isEmpty()) {
        judge.look(open);
        return judge.interval();
      }
    }
    if (open.phase() == UpgradePhase.TRIAL
        && fence.isPresent()
        && situation.isOldSideOf(open)
        && pipeline.installer().goesOnWith(open)) {
      pipeline.resume(open);
      return WATCHFUL;
    }
    fence.ifPresent(holder -> abortWhatNobodyDoes(holder, open));
    return WATCHFUL;
  }

  private Duration seeToApproval(Fence fence, UpgradeRecord open) {
    if (!pipeline.approvals().settle(fence, open)) {
      return IDLE;
    }
    running = Optional.of(open.id());
    StepResult<Proof.Validated> approved = pipeline.approved(open);
    if (approved instanceof StepResult.Passed<Proof.Validated> good) {
      apply(good.proof());
    }
    wayBack.obey();
    running = Optional.empty();
    return Duration.ZERO;
  }

  private Duration prove(UpgradeRecord open, Optional<Fence> fence) throws InterruptedException {
    if (fence.isPresent() && wayBack.turnBack(fence.get(), open)) {
      return WATCHFUL;
    }
    if (fence.isPresent() && probation.hasBegun(fence.get())) {
      if (probation.round(fence.get(), open)) {
        keys.confirmed();
        situation
            .log()
            .record(
                fence.get(),
                open.id(),
                UpgradeStep.VERIFY,
                Event.PASSED,
                "confirmed after " + probation.served().toMillis() + " ms of good run time");
        recovery.copyLauncherJournal(fence.get(), open);
        return Duration.ZERO;
      }
      return probation.interval();
    }
    return WATCHFUL;
  }

  /**
   * Ends a row that this primary's own pipeline left behind, or that nobody touched for an hour.
   */
  private void abortWhatNobodyDoes(Fence fence, UpgradeRecord open) {
    boolean ours = running.equals(Optional.of(open.id()));
    boolean early = open.phase() == UpgradePhase.OPEN || open.phase() == UpgradePhase.STAGED;
    boolean abandoned = early && situation.untouchedFor(open, ABANDONED_AFTER);
    if ((ours && open.phase().isAbortedByNewPrimary()) || abandoned) {
      Reason reason =
          abandoned && !ours
              ? new Reason(ReasonCode.ABANDONED, "no step was recorded for " + ABANDONED_AFTER)
              : new Reason(ReasonCode.TROUBLE, "its step was cut off by trouble of the store");
      situation
          .journal()
          .move(
              fence,
              open.id(),
              open.phase(),
              UpgradePhase.ABORTED,
              Optional.of(new Ending(reason, true)));
    }
  }

  private void upgrade(Fence fence, Trigger trigger) {
    StepResult<Proof.Available> first = pipeline.trigger(trigger);
    Optional<UpgradeRecord> row =
        situation.journal().history(situation.agent(), 1).stream().findFirst();
    row.ifPresent(record -> situation.journal().answerRequests(fence, record.id()));
    running = row.map(UpgradeRecord::id);
    followed = running;
    if (first instanceof StepResult.Passed<Proof.Available> available) {
      run(available.proof());
    }
    wayBack.obey();
    running = Optional.empty();
  }

  private void run(Proof.Available available) {
    StepResult<Proof.Staged> staged = pipeline.pull(available);
    if (!(staged instanceof StepResult.Passed<Proof.Staged> pulled)) {
      return;
    }
    validateAndApply(pulled.proof());
  }

  private void rollback(PolicyStore.WantedRollback wish) {
    StepResult<Proof.Staged> found = pipeline.rollback(wish);
    running =
        situation.journal().history(situation.agent(), 1).stream()
            .findFirst()
            .map(UpgradeRecord::id);
    followed = running;
    if (found instanceof StepResult.Passed<Proof.Staged> installed) {
      validateAndApply(installed.proof());
    }
    wayBack.obey();
    running = Optional.empty();
  }

  private void validateAndApply(Proof.Staged staged) {
    StepResult<Proof.Validated> validated = pipeline.validate(staged);
    if (validated instanceof StepResult.Passed<Proof.Validated> good
        && !pipeline.approvals().asks(staged.upgrade())) {
      apply(good.proof());
    }
  }

  private void apply(Proof.Validated validated) {
    StepResult<Proof.Prepared> prepared = pipeline.backup(validated);
    if (prepared instanceof StepResult.Passed<Proof.Prepared> saved) {
      pipeline.deploy(saved.proof());
    }
  }

  /** Tells the outcome of the upgrade that was followed until now, once. */
  private void reportEnd(Optional<UpgradeRecord> open) {
    if (followed.isEmpty() || open.map(UpgradeRecord::id).equals(followed)) {
      return;
    }
    UUID upgrade = followed.get();
    Optional<UpgradeRecord> row = situation.journal().find(upgrade);
    Optional<UpgradeOutcome> outcome = row.flatMap(UpgradeRecord::outcome);
    if (outcome.isEmpty()) {
      return;
    }
    followed = Optional.empty();
    wayBack.ended(row.orElseThrow());
    wake();
    situation.log().ended(upgrade, outcome.get());
    String how = Interruption.of(situation.journal().steps(upgrade));
    String told = outcome.get().name() + how + ": " + outcome.get().summary();
    Optional<Fence> fence = situation.fence();
    if (fence.isPresent()) {
      situation.log().record(fence.get(), upgrade, UpgradeStep.REPORT, Event.PASSED, told);
    } else {
      situation.log().tell(upgrade, UpgradeStep.REPORT, Event.PASSED, told);
    }
    ends.signal();
  }

  private void await(Duration longest) {
    lock.lock();
    try {
      long left = longest.toNanos();
      while (!wake && !closed && left > 0) {
        left = woken.awaitNanos(left);
      }
      wake = false;
    } catch (InterruptedException e) {
      if (!closed) {
        UpgradeEngine.LOG.debug("the upgrade thread was interrupted and goes on", e);
      }
    } finally {
      lock.unlock();
    }
  }
}
