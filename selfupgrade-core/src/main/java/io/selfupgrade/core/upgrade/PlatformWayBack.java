package io.selfupgrade.core.upgrade;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.InstanceId;
import io.selfupgrade.agent.Version;
import io.selfupgrade.failover.InstanceStatus;
import io.selfupgrade.failover.Lease;
import io.selfupgrade.upgrade.DeploymentStore;
import io.selfupgrade.upgrade.Install;
import io.selfupgrade.upgrade.KeptUntil;
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
  private static final int TRIES = 5;
  private static final int HISTORY = 1000;

  private final Situation situation;
  private final Install.Deploying platform;
  private final Dispatch dispatch;
  private Optional<UUID> laidDown = Optional.empty();
  private Optional<UUID> told = Optional.empty();
  private volatile Optional<UpgradeRecord> leaving = Optional.empty();
  private String trouble = "";
  private int tries;
  private long nextNanos = System.nanoTime();

  PlatformWayBack(Situation situation, Install.Deploying platform) {
    this.situation = situation;
    this.platform = platform;
    this.dispatch = new Dispatch(situation, platform.target());
  }

  @Override
  public boolean obey() {
    if (leaving.filter(this::mayLeaveAfter).isPresent() && anotherLeads()) {
      situation.side().leave();
    }
    Optional<UpgradeRecord> open = situation.journal().openUpgrade(situation.agent());
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
    if (failure.isEmpty() || (living(upgrade.from()).isPresent() && !isLongOverdue(upgrade))) {
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
    try {
      String reference = dispatch.back(fence, upgrade);
      log(fence, upgrade, Event.PROGRESS, asked(upgrade, reference));
    } catch (PlatformException e) {
      if (e.refused() || late) {
        fail(fence, upgrade, new Reason(e.code(), Ender.text(e)), failure);
      } else {
        retry(fence, upgrade, e);
      }
    }
  }

  private String asked(UpgradeRecord upgrade, String reference) {
    return dispatch.platform() + " was asked for " + upgrade.from() + " again: " + reference;
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

  /**
   * Not one that is older than what was confirmed, that was gone away from last, or that was
   * deployed and not confirmed.
   */
  @Override
  public boolean adopts() {
    boolean older =
        situation
            .store()
            .policies()
            .floor(situation.agent())
            .filter(floor -> floor.newerThan(situation.version()))
            .isPresent();
    return !older && !wasGoneAwayFrom() && !wasTriedInVain();
  }

  private boolean wasGoneAwayFrom() {
    return situation.journal().history(situation.agent(), HISTORY).stream()
        .filter(row -> row.phase() == UpgradePhase.CONFIRMED)
        .findFirst()
        .filter(row -> row.from().equals(situation.version()))
        .isPresent();
  }

  private boolean wasTriedInVain() {
    return situation.journal().history(situation.agent(), HISTORY).stream()
        .filter(situation::isNewSideOf)
        .findFirst()
        .filter(row -> row.phase() != UpgradePhase.CONFIRMED)
        .flatMap(dispatch::forwardOf)
        .filter(PlatformWayBack::mayRun)
        .isPresent();
  }

  @Override
  public void settle(Fence fence) {
    situation.journal().history(situation.agent(), 1).stream()
        .filter(last -> !told.equals(Optional.of(last.id())))
        .findFirst()
        .ifPresent(last -> tell(fence, last));
    giveLeadBack(fence);
  }

  private void tell(Fence fence, UpgradeRecord last) {
    if (!isLeftToTell(last)) {
      told = Optional.of(last.id());
      tries = 0;
      return;
    }
    if (System.nanoTime() - nextNanos < 0) {
      return;
    }
    try {
      String reference = dispatch.back(fence, last);
      log(fence, last, Event.PROGRESS, asked(last, reference));
    } catch (PlatformException e) {
      tries++;
      if (!e.refused() && tries < TRIES) {
        retry(fence, last, e);
        return;
      }
      String hand = "; " + situation.version() + " serves: deploy " + last.from() + " by hand";
      log(fence, last, Event.FAILED, Ender.text(e) + hand);
    }
    told = Optional.of(last.id());
    tries = 0;
  }

  private boolean isLeftToTell(UpgradeRecord last) {
    boolean back =
        isTurnedBack(last)
            || (last.phase() == UpgradePhase.ROLLBACK_FAILED && dispatch.backOf(last).isEmpty());
    boolean ours = situation.version().equals(last.from()) || situation.isNewSideOf(last);
    return back
        && ours
        && dispatch.forwardOf(last).filter(PlatformWayBack::mayRun).isPresent()
        && dispatch.backOf(last).filter(entry -> !isOpen(entry)).isEmpty();
  }

  private static boolean mayRun(DeploymentStore.Entry entry) {
    return entry.state() != DeploymentStore.State.FAILED;
  }

  private static boolean isOpen(DeploymentStore.Entry entry) {
    return entry.state() == DeploymentStore.State.BEGUN;
  }

  /** A version that was not confirmed lets a standby of the confirmed one lead. */
  private void giveLeadBack(Fence fence) {
    Optional<InstanceId> standby =
        situation
            .journal()
            .confirmedVersion(situation.agent())
            .filter(confirmed -> !confirmed.equals(situation.version()))
            .flatMap(this::living);
    if (standby.isEmpty()) {
      return;
    }
    Optional<Fence> next = Optional.empty();
    try {
      situation.side().closeAdmission();
      situation.side().drain(situation.settings().times().drain());
      next =
          situation.store().leadership().transfer(fence, standby.get(), situation.settings().ttl());
    } finally {
      if (next.isPresent()) {
        situation.side().given(fence);
      } else {
        situation.side().resume();
      }
    }
  }

  @Override
  public void ended(UpgradeRecord upgrade) {
    boolean replaced =
        upgrade.phase() == UpgradePhase.CONFIRMED && situation.version().equals(upgrade.from());
    if (replaced || (isTurnedBack(upgrade) && situation.isNewSideOf(upgrade))) {
      leaving = Optional.of(upgrade);
    }
  }

  private static boolean isTurnedBack(UpgradeRecord upgrade) {
    return upgrade.phase() == UpgradePhase.ROLLED_BACK || upgrade.phase() == UpgradePhase.ABORTED;
  }

  /** A platform that may yet stop the old version has to be asked for it before this one ends. */
  private boolean mayLeaveAfter(UpgradeRecord upgrade) {
    return !isTurnedBack(upgrade)
        || platform.target().keepsOldUntil() == KeptUntil.CONFIRMED
        || dispatch.forwardOf(upgrade).filter(PlatformWayBack::mayRun).isEmpty()
        || dispatch.backOf(upgrade).filter(entry -> !isOpen(entry)).isPresent();
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

  /** Returns a living instance of a version, other than this one. */
  private Optional<InstanceId> living(Version version) {
    return situation.store().instances().living(situation.agent()).stream()
        .filter(status -> status.record().version().equals(version))
        .filter(status -> !status.record().id().equals(situation.self().id()))
        .filter(status -> status.aliveWithin(situation.settings().ttl()))
        .map(status -> status.record().id())
        .findFirst();
  }

  private void log(Fence fence, UpgradeRecord upgrade, Event event, String detail) {
    try {
      situation.log().record(fence, upgrade.id(), UpgradeStep.VERIFY, event, detail);
    } catch (AdapterException e) {
      UpgradeEngine.LOG.warn("not recorded: {}", detail, e);
    }
  }
}
