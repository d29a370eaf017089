package io.selfupgrade.core.upgrade;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.InstanceId;
import io.selfupgrade.agent.Version;
import io.selfupgrade.upgrade.Deployment;
import io.selfupgrade.upgrade.DeploymentStore.Entry;
import io.selfupgrade.upgrade.DeploymentStore.State;
import io.selfupgrade.upgrade.Install;
import io.selfupgrade.upgrade.KeptUntil;
import io.selfupgrade.upgrade.StepRecord.Event;
import io.selfupgrade.upgrade.UpgradePhase;
import io.selfupgrade.upgrade.UpgradeRecord;
import io.selfupgrade.upgrade.UpgradeStep;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * What an upgrade leaves to be done on a platform: to follow what was asked for, to ask for the
 * version that is to run, and to say who is out of place.
 */
final class PlatformAftermath {

  private static final int PAUSES = 50;
  private static final int TRIES = 5;
  private static final int HISTORY = 1000;

  private final Situation situation;
  private final Install.Deploying platform;
  private final Dispatch dispatch;
  private final Following following;
  private final Set<UUID> over = new HashSet<>();
  private Optional<UUID> told = Optional.empty();
  private Optional<UUID> followed = Optional.empty();
  private Optional<Fence> askedAgain = Optional.empty();
  private String trouble = "";
  private int tries;
  private long nextNanos = System.nanoTime();

  PlatformAftermath(Situation situation, Install.Deploying platform, Dispatch dispatch) {
    this.situation = situation;
    this.platform = platform;
    this.dispatch = dispatch;
    this.following = new Following(situation, platform);
  }

  /** Follows, as the candidate that leads, what the old version has asked for. */
  void followForward(Fence fence, UpgradeRecord upgrade) {
    follow(fence, upgrade, dispatch.forwardWish(upgrade));
  }

  /** Does what is left, while no upgrade is open; returns whether there will be more soon. */
  boolean settle(Fence fence) {
    Optional<UpgradeRecord> last =
        situation.journal().history(situation.agent(), 1).stream().findFirst();
    last.filter(row -> !told.equals(Optional.of(row.id()))).ifPresent(row -> tell(fence, row));
    last.filter(row -> !followed.equals(Optional.of(row.id())))
        .ifPresent(row -> followToTheEnd(fence, row));
    Optional<Version> confirmed =
        situation
            .journal()
            .confirmedVersion(situation.agent())
            .filter(version -> !version.equals(situation.version()));
    Optional<InstanceId> standby = confirmed.flatMap(situation::living);
    if (standby.isPresent()) {
      giveLeadBack(fence, standby.get());
    } else if (confirmed.isPresent() && !askedAgain.equals(Optional.of(fence))) {
      triedInVain()
          .filter(row -> isToAskAgain(row, last))
          .ifPresent(row -> askAgain(fence, row, confirmed.get()));
    }
    return following.isAsking();
  }

  /** Gives the question up that is under way: the platform is to be asked for something. */
  void stopAsking() {
    following.stopAsking();
  }

  private void follow(Fence fence, UpgradeRecord upgrade, Deployment deployment) {
    if (over.contains(deployment.id())) {
      return;
    }
    if (!following.isOver(upgrade.id(), deployment)) {
      following.look(fence, upgrade.id(), UpgradeStep.VERIFY, deployment);
    }
    if (following.isOver(upgrade.id(), deployment)) {
      over.add(deployment.id());
    }
  }

  /** First where it was to go, then the way back: a platform may do one after the other. */
  private void followToTheEnd(Fence fence, UpgradeRecord last) {
    if (last.target().isEmpty()) {
      followed = Optional.of(last.id());
      return;
    }
    for (Optional<Entry> asked : List.of(dispatch.forwardOf(last), dispatch.backOf(last))) {
      Optional<Deployment> wish = asked.filter(this::mayGoOn).map(Entry::deployment);
      if (wish.isPresent()) {
        follow(fence, last, wish.get());
      }
      if (wish.filter(one -> !over.contains(one.id())).isPresent()) {
        return;
      }
    }
    if (told.equals(Optional.of(last.id()))) {
      followed = Optional.of(last.id());
      following.close();
    }
  }

  private boolean mayGoOn(Entry entry) {
    Instant since = situation.store().policies().now().minus(platform.within());
    return mayRun(entry) && entry.createdAt().isAfter(since);
  }

  private void tell(Fence fence, UpgradeRecord last) {
    if (!isLeftToTell(last)) {
      told = Optional.of(last.id());
      tries = 0;
      return;
    }
    if (System.nanoTime() - nextNanos < 0 || isBesideOld(last)) {
      return;
    }
    stopAsking();
    try {
      String reference = dispatch.back(fence, last);
      log(fence, last, Event.PROGRESS, dispatch.asked(last.from(), reference));
    } catch (PlatformException e) {
      tries++;
      if (!e.refused() && tries < TRIES) {
        retry(fence, last, e);
        return;
      }
      giveUp(fence, last, e);
    }
    told = Optional.of(last.id());
    tries = 0;
  }

  private boolean isLeftToTell(UpgradeRecord last) {
    boolean back =
        isTurnedBack(last)
            || (last.phase() == UpgradePhase.ROLLBACK_FAILED && dispatch.backOf(last).isEmpty());
    boolean kept = keepsBoth() && situation.version().equals(last.from());
    boolean ours = situation.version().equals(last.from()) || situation.isNewSideOf(last);
    return back
        && ours
        && !kept
        && dispatch.forwardOf(last).filter(PlatformAftermath::mayRun).isPresent()
        && dispatch.backOf(last).filter(entry -> !isOpen(entry)).isEmpty();
  }

  /** A platform that has ended nothing would start the old version a second time. */
  private boolean isBesideOld(UpgradeRecord last) {
    return keepsBoth() && situation.living(last.from()).isPresent();
  }

  private boolean keepsBoth() {
    return platform.target().keepsOldUntil() == KeptUntil.CONFIRMED;
  }

  /** One that came up late, or was started again, and nobody else: the right one has to come. */
  private boolean isToAskAgain(UpgradeRecord row, Optional<UpgradeRecord> last) {
    if (!isTurnedBack(row)) {
      return false;
    }
    Instant since = situation.store().policies().now().minus(platform.within());
    return dispatch
        .backOf(row)
        .map(entry -> !isOpen(entry) && entry.createdAt().isBefore(since))
        .orElseGet(() -> last.filter(newest -> newest.id().equals(row.id())).isEmpty());
  }

  private void askAgain(Fence fence, UpgradeRecord row, Version confirmed) {
    if (System.nanoTime() - nextNanos < 0) {
      return;
    }
    stopAsking();
    try {
      String reference = dispatch.again(fence, row, confirmed);
      log(fence, row, Event.PROGRESS, dispatch.asked(confirmed, reference));
    } catch (PlatformException e) {
      if (!e.refused()) {
        retry(fence, row, e);
        return;
      }
      giveUp(fence, row, e);
    }
    askedAgain = Optional.of(fence);
  }

  private void retry(Fence fence, UpgradeRecord upgrade, PlatformException e) {
    nextNanos = System.nanoTime() + platform.within().dividedBy(PAUSES).toNanos();
    if (!Ender.text(e).equals(trouble)) {
      trouble = Ender.text(e);
      log(fence, upgrade, Event.PROGRESS, trouble + "; it is asked for the same one again");
    }
  }

  private void giveUp(Fence fence, UpgradeRecord upgrade, PlatformException e) {
    String hand = "; " + situation.version() + " serves: deploy " + upgrade.from() + " by hand";
    log(fence, upgrade, Event.FAILED, Ender.text(e) + hand);
  }

  /** A version that was not confirmed lets a standby of the confirmed one lead. */
  private void giveLeadBack(Fence fence, InstanceId standby) {
    Optional<Fence> next = Optional.empty();
    try {
      situation.side().closeAdmission();
      situation.side().drain(situation.settings().times().drain());
      next = situation.store().leadership().transfer(fence, standby, situation.settings().ttl());
    } finally {
      if (next.isPresent()) {
        situation.side().given(fence);
      } else {
        situation.side().resume();
      }
    }
  }

  /**
   * Not one that is older than what was confirmed, that was gone away from last, or that was
   * deployed and not confirmed.
   */
  boolean adopts() {
    boolean older =
        situation
            .store()
            .policies()
            .floor(situation.agent())
            .filter(floor -> floor.newerThan(situation.version()))
            .isPresent();
    return !older && !wasGoneAwayFrom() && triedInVain().isEmpty();
  }

  private boolean wasGoneAwayFrom() {
    return situation.journal().history(situation.agent(), HISTORY).stream()
        .filter(row -> row.phase() == UpgradePhase.CONFIRMED)
        .findFirst()
        .filter(row -> row.from().equals(situation.version()))
        .isPresent();
  }

  /** Returns the last upgrade to this version if the platform had it, and it was not confirmed. */
  Optional<UpgradeRecord> triedInVain() {
    return situation.journal().history(situation.agent(), HISTORY).stream()
        .filter(situation::isNewSideOf)
        .findFirst()
        .filter(row -> row.phase() != UpgradePhase.CONFIRMED)
        .filter(row -> dispatch.forwardOf(row).filter(PlatformAftermath::mayRun).isPresent());
  }

  /**
   * Returns the upgrade that was given up before this instance came up for it: nobody waits for it.
   */
  Optional<UpgradeRecord> cameTooLateFor() {
    Optional<Version> confirmed = situation.journal().confirmedVersion(situation.agent());
    return confirmed.equals(Optional.of(situation.version()))
        ? Optional.empty()
        : triedInVain().filter(PlatformAftermath::isTurnedBack);
  }

  /** A platform that may yet stop the old version has to be asked for it before this one ends. */
  boolean mayLeaveAfter(UpgradeRecord upgrade) {
    return !isTurnedBack(upgrade)
        || keepsBoth()
        || dispatch.forwardOf(upgrade).filter(PlatformAftermath::mayRun).isEmpty()
        || dispatch.backOf(upgrade).filter(entry -> !isOpen(entry)).isPresent();
  }

  static boolean isTurnedBack(UpgradeRecord upgrade) {
    return upgrade.phase() == UpgradePhase.ROLLED_BACK || upgrade.phase() == UpgradePhase.ABORTED;
  }

  private static boolean mayRun(Entry entry) {
    return entry.state() != State.FAILED;
  }

  private static boolean isOpen(Entry entry) {
    return entry.state() == State.BEGUN;
  }

  private void log(Fence fence, UpgradeRecord upgrade, Event event, String detail) {
    try {
      situation.log().record(fence, upgrade.id(), UpgradeStep.VERIFY, event, detail);
    } catch (AdapterException e) {
      UpgradeEngine.LOG.warn("not recorded: {}", detail, e);
    }
  }
}
