package io.selfupgrade.core.upgrade;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.InstanceId;
import io.selfupgrade.failover.InstanceStatus;
import io.selfupgrade.failover.Lease;
import io.selfupgrade.upgrade.DeploymentStore;
import io.selfupgrade.upgrade.Install;
import io.selfupgrade.upgrade.Reason;
import io.selfupgrade.upgrade.ReasonCode;
import io.selfupgrade.upgrade.StepRecord.Event;
import io.selfupgrade.upgrade.UpgradeJournal.Ending;
import io.selfupgrade.upgrade.UpgradePhase;
import io.selfupgrade.upgrade.UpgradeRecord;
import io.selfupgrade.upgrade.UpgradeRecord.Look;
import io.selfupgrade.upgrade.UpgradeStep;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

/**
 * The way back on a platform: the lead goes to the old version, and the platform is asked for it.
 *
 * <p>Who has lost leaves by itself, once another one serves for certain. Where the old version is
 * gone, the candidate asks the platform for it and serves on until it comes.
 */
final class PlatformWayBack implements WayBack {

  private static final Duration LOOK = Duration.ofMillis(25);
  private static final int PAUSES = 50;

  private final Situation situation;
  private final Install.Deploying platform;
  private final Dispatch dispatch;
  private final PlatformAftermath aftermath;
  private Optional<UUID> laidDown = Optional.empty();
  private Optional<UUID> lookedAt = Optional.empty();
  private volatile Optional<UpgradeRecord> leaving = Optional.empty();
  private volatile long leaveNanos = System.nanoTime();
  private String trouble = "";
  private long nextNanos = System.nanoTime();

  PlatformWayBack(Situation situation, Install.Deploying platform) {
    this.situation = situation;
    this.platform = platform;
    this.dispatch = new Dispatch(situation, platform.target());
    this.aftermath = new PlatformAftermath(situation, platform, dispatch);
  }

  @Override
  public boolean obey() {
    Optional<UpgradeRecord> open = situation.journal().openUpgrade(situation.agent());
    if (open.isEmpty()) {
      lookWhetherTooLate();
    } else if (situation.isCandidateOf(open.get())) {
      leaving = Optional.empty();
    }
    if (System.nanoTime() - leaveNanos >= 0
        && leaving.filter(aftermath::mayLeaveAfter).isPresent()
        && anotherLeads()) {
      situation.side().leave();
    }
    open.filter(row -> row.phase() == UpgradePhase.HANDED_OVER)
        .filter(situation::isCandidateOf)
        .ifPresent(
            row -> situation.fence().ifPresent(fence -> aftermath.followForward(fence, row)));
    boolean replaced =
        open.filter(row -> row.phase() == UpgradePhase.ROLLING_BACK)
            .filter(situation::isNewSideOf)
            .isPresent();
    if (replaced && !laidDown.equals(open.map(UpgradeRecord::id)) && anotherLeads()) {
      laidDown = open.map(UpgradeRecord::id);
      situation.side().drain(situation.settings().times().drain());
      situation.store().instances().stopped(situation.self().id());
    }
    return open.isPresent() || leaving.isPresent();
  }

  /**
   * Who comes up after its upgrade has ended never saw that open: nobody waits for it. It leaves
   * one lease later: whoever leads then was alive when it came.
   */
  private void lookWhetherTooLate() {
    Optional<UUID> last =
        situation.journal().history(situation.agent(), 1).stream()
            .findFirst()
            .map(UpgradeRecord::id);
    if (leaving.isEmpty() && !last.equals(lookedAt)) {
      leaveNanos = System.nanoTime() + situation.settings().ttl().toNanos();
      leaving = aftermath.cameTooLateFor();
      lookedAt = last;
    }
  }

  /** No longer than the candidate may believe that it leads, whatever has become of it. */
  @Override
  public void awaitGone(UpgradeRecord upgrade) throws InterruptedException {
    Optional<InstanceId> candidate = upgrade.trial().flatMap(UpgradeRecord.Trial::candidate);
    Duration deadline = situation.settings().ttl().multipliedBy(2).dividedBy(3);
    long end = System.nanoTime() + deadline.toNanos();
    while (candidate.isPresent() && System.nanoTime() - end < 0) {
      Optional<InstanceStatus> status = situation.store().instances().find(candidate.get());
      if (status.isEmpty() || !status.get().aliveWithin(deadline)) {
        return;
      }
      TimeUnit.NANOSECONDS.sleep(LOOK.toNanos());
    }
  }

  @Override
  public boolean turnBack(Fence fence, UpgradeRecord upgrade) {
    Optional<Reason> failure = failureOf(upgrade);
    if (failure.isEmpty()
        || (situation.living(upgrade.from()).isPresent() && !isLongOverdue(upgrade))) {
      return false;
    }
    if (upgrade.trial().flatMap(UpgradeRecord.Trial::look).flatMap(Look::failure).isEmpty()
        && situation.journal().look(upgrade.id(), upgrade.from(), failure)) {
      String alone = upgrade.from() + " is gone and is asked for again: ";
      log(fence, upgrade, Event.FAILED, alone + failure.get());
    }
    askBack(fence, upgrade, failure.get());
    return true;
  }

  /** An old version that has let the deadline pass by one more lease does not judge. */
  private boolean isLongOverdue(UpgradeRecord upgrade) {
    Duration remaining = upgrade.trial().orElseThrow().remaining();
    return remaining.plus(situation.settings().ttl()).isNegative();
  }

  private Optional<Reason> failureOf(UpgradeRecord upgrade) {
    UpgradeRecord.Trial trial = upgrade.trial().orElseThrow();
    Optional<Reason> written =
        trial.look().flatMap(Look::failure).or(() -> trial.selfCheck().flatMap(Look::failure));
    if (written.isEmpty() && trial.remaining().isNegative()) {
      Duration limit = situation.settings().times().limit();
      String late = "probation was not served within " + limit;
      return Optional.of(new Reason(ReasonCode.DEADLINE_PASSED, late));
    }
    return written.or(
        () ->
            situation
                .frozen()
                .map(why -> new Reason(ReasonCode.FROZEN, "frozen during probation: " + why)));
  }

  private void askBack(Fence fence, UpgradeRecord upgrade, Reason failure) {
    Optional<DeploymentStore.Entry> entry = dispatch.backOf(upgrade);
    Instant now = situation.store().policies().now();
    boolean late =
        entry.filter(asked -> asked.createdAt().plus(platform.within()).isBefore(now)).isPresent();
    if (entry.isPresent() && entry.get().state() == DeploymentStore.State.DISPATCHED) {
      if (late) {
        String why = "no instance of it registered within " + platform.within();
        fail(fence, upgrade, new Reason(ReasonCode.NOT_READY, why), failure);
      }
      return;
    }
    if (System.nanoTime() - nextNanos < 0) {
      return;
    }
    aftermath.stopAsking();
    try {
      String reference = dispatch.back(fence, upgrade);
      log(fence, upgrade, Event.PROGRESS, dispatch.asked(upgrade.from(), reference));
    } catch (PlatformException e) {
      if (e.refused() || late) {
        fail(fence, upgrade, new Reason(e.code(), Ender.text(e)), failure);
      } else {
        retry(fence, upgrade, e);
      }
    }
  }

  private void retry(Fence fence, UpgradeRecord upgrade, PlatformException e) {
    nextNanos = System.nanoTime() + platform.within().dividedBy(PAUSES).toNanos();
    if (!Ender.text(e).equals(trouble)) {
      trouble = Ender.text(e);
      log(fence, upgrade, Event.PROGRESS, trouble + "; it is asked for the same one again");
    }
  }

  /** Gives up: the version on trial runs on, and a person is told so. */
  private void fail(Fence fence, UpgradeRecord upgrade, Reason why, Reason failure) {
    Reason reason =
        new Reason(
            why.code(),
            failure.message()
                + "; and "
                + upgrade.from()
                + " could not be brought back: "
                + why.message()
                + "; deploy it by hand, or publish a newer version");
    Ending ending = new Ending(reason, false);
    situation.side().closeAdmission();
    situation.side().drain(situation.settings().times().drain());
    InstanceId self = situation.self().id();
    Optional<Fence> own =
        situation
            .journal()
            .goBack(upgrade.id(), upgrade.from(), self, situation.settings().ttl(), ending);
    if (own.isEmpty()) {
      situation.side().resume();
      return;
    }
    situation
        .journal()
        .move(
            own.get(),
            upgrade.id(),
            UpgradePhase.ROLLING_BACK,
            UpgradePhase.ROLLBACK_FAILED,
            Optional.of(ending));
    situation.side().given(fence);
  }

  /** Nothing of it is on a disk that outlives the process: the deadline stays as it was set. */
  @Override
  public Duration remaining(UpgradeRecord.Trial trial, Duration served) {
    return trial.remaining();
  }

  @Override
  public Reason explained(UpgradeRecord upgrade, Reason reason) {
    return reason;
  }

  /** The platform may have ended it for reasons of its own. */
  @Override
  public boolean blamesDeath(UpgradeRecord upgrade) {
    return false;
  }

  @Override
  public boolean adopts() {
    return aftermath.adopts();
  }

  @Override
  public boolean settle(Fence fence) {
    return aftermath.settle(fence);
  }

  @Override
  public void ended(UpgradeRecord upgrade) {
    boolean replaced =
        upgrade.phase() == UpgradePhase.CONFIRMED && situation.version().equals(upgrade.from());
    boolean given = PlatformAftermath.isTurnedBack(upgrade) && situation.isNewSideOf(upgrade);
    if (replaced || given) {
      leaveNanos = System.nanoTime();
      leaving = Optional.of(upgrade);
    }
  }

  private boolean anotherLeads() {
    return situation
        .store()
        .leadership()
        .read(situation.agent())
        .filter(lease -> !lease.expired())
        .map(Lease::fence)
        .filter(leader -> !leader.holder().equals(situation.self().id()))
        .isPresent();
  }

  private void log(Fence fence, UpgradeRecord upgrade, Event event, String detail) {
    try {
      situation.log().record(fence, upgrade.id(), UpgradeStep.VERIFY, event, detail);
    } catch (AdapterException e) {
      UpgradeEngine.LOG.warn("not recorded: {}", detail, e);
    }
  }
}
