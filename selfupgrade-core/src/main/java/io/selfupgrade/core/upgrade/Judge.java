package io.selfupgrade.core.upgrade;

import io.selfupgrade.agent.Fence;
import io.selfupgrade.failover.InstanceStatus;
import io.selfupgrade.upgrade.Reason;
import io.selfupgrade.upgrade.ReasonCode;
import io.selfupgrade.upgrade.UpgradeJournal.Ending;
import io.selfupgrade.upgrade.UpgradeRecord;
import io.selfupgrade.upgrade.UpgradeRecord.Look;
import io.selfupgrade.upgrade.UpgradeRecord.Trial;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * The old version's look at the candidate from outside, and the way back.
 *
 * <p>A look passes when identity, self check and ticks are right at this moment; where something is
 * not known yet there is no look, and without looks the trial runs into its deadline.
 */
final class Judge {

  private static final Duration SHORTEST_GRACE = Duration.ofSeconds(2);
  private static final Duration LONGEST_GRACE = Duration.ofSeconds(5);

  private final Situation situation;
  private final Installer installer;
  private final LongSupplier nanoTime;
  private Optional<Acting> acting = Optional.empty();

  Judge(Situation situation, Installer installer, LongSupplier nanoTime) {
    this.situation = situation;
    this.installer = installer;
    this.nanoTime = nanoTime;
  }

  Duration interval() {
    Duration quarter = situation.settings().ttl().dividedBy(4);
    return quarter.compareTo(Duration.ofSeconds(1)) < 0 ? quarter : Duration.ofSeconds(1);
  }

  /** Looks once at a candidate that leads; takes the lead back if it must. */
  void look(UpgradeRecord upgrade) {
    Trial trial = upgrade.trial().orElseThrow();
    Optional<Reason> seenBefore = trial.look().flatMap(Look::failure);
    if (seenBefore.isPresent()) {
      goBack(upgrade, seenBefore.get());
      return;
    }
    if (trial.remaining().isNegative()) {
      goBack(
          upgrade,
          new Reason(
              ReasonCode.DEADLINE_PASSED,
              "probation was not served within " + situation.settings().times().limit()));
      return;
    }
    Finding finding = examine(upgrade, trial);
    if (finding.failure().isPresent()) {
      situation.journal().look(upgrade.id(), situation.version(), finding.failure());
      goBack(upgrade, finding.failure().get());
    } else if (finding.known()) {
      situation.journal().look(upgrade.id(), situation.version(), Optional.empty());
    }
  }

  private Finding examine(UpgradeRecord upgrade, Trial trial) {
    Optional<String> frozen = situation.frozen();
    if (frozen.isPresent()) {
      return Finding.failed(ReasonCode.FROZEN, "frozen during probation: " + frozen.get());
    }
    if (trial.candidate().isPresent() && situation.side().attestedDead(trial.candidate().get())) {
      return Finding.failed(
          ReasonCode.CANDIDATE_DIED, "its process ended after the hand-over, the launcher attests");
    }
    Optional<Look> selfCheck = trial.selfCheck();
    if (selfCheck.isPresent() && selfCheck.get().failure().isPresent()) {
      return new Finding(true, selfCheck.get().failure());
    }
    Finding identity = identity(upgrade, trial);
    if (!identity.known() || identity.failure().isPresent()) {
      return identity;
    }
    Finding ticks = ticks(trial);
    if (!ticks.known() || ticks.failure().isPresent()) {
      return ticks;
    }
    Duration fresh = situation.settings().ttl().multipliedBy(2);
    return selfCheck.isPresent() && selfCheck.get().age().compareTo(fresh) < 0
        ? Finding.good()
        : Finding.unknown();
  }

  private Finding identity(UpgradeRecord upgrade, Trial trial) {
    Optional<InstanceStatus> status =
        trial.candidate().flatMap(situation.store().instances()::find);
    if (status.isEmpty() || status.get().epoch() < trial.epoch()) {
      return Finding.unknown();
    }
    UpgradeRecord.Target target = upgrade.target().orElseThrow();
    InstanceStatus seen = status.get();
    if (installer.isBuild(seen.record(), target)) {
      return Finding.good();
    }
    return Finding.failed(
        ReasonCode.WRONG_IDENTITY,
        "version "
            + seen.record().version()
            + " of build "
            + seen.record().build()
            + " leads, expected "
            + target.version()
            + " of build "
            + target.manifestSha256());
  }

  /**
   * Judges ticks only when the candidate has had the time to start what fell due before it. A time
   * without looks, as when the database was away, says nothing about the candidate and gives it
   * that time anew.
   */
  private Finding ticks(Trial trial) {
    Duration grace = grace();
    long now = nanoTime.getAsLong();
    Acting seen =
        acting
            .filter(before -> before.epoch() == trial.epoch())
            .filter(before -> now - before.lastNanos() < grace.toNanos())
            .orElse(new Acting(trial.epoch(), now, now));
    acting = Optional.of(new Acting(seen.epoch(), seen.sinceNanos(), now));
    if (now - seen.sinceNanos() < grace.toNanos()) {
      return Finding.unknown();
    }
    List<String> late = situation.store().tasks().overdue(situation.agent(), grace);
    return late.isEmpty()
        ? Finding.good()
        : Finding.failed(
            ReasonCode.TICKS_LATE,
            "tasks " + late + " have been due for more than " + grace + " and do not run");
  }

  private Duration grace() {
    Duration half = situation.settings().times().probation().dividedBy(2);
    Duration grace = half.compareTo(LONGEST_GRACE) < 0 ? half : LONGEST_GRACE;
    return grace.compareTo(SHORTEST_GRACE) < 0 ? SHORTEST_GRACE : grace;
  }

  private void goBack(UpgradeRecord upgrade, Reason reason) {
    Optional<Fence> back =
        situation
            .journal()
            .goBack(
                upgrade.id(),
                situation.version(),
                situation.self().id(),
                situation.settings().ttl(),
                new Ending(reason, false));
    back.ifPresent(fence -> situation.side().taken(fence));
  }

  /** Since when a candidate was seen to act at an epoch, and when last. */
  private record Acting(long epoch, long sinceNanos, long lastNanos) {}

  /** What a look found; without a failure it is good if it is known. */
  private record Finding(boolean known, Optional<Reason> failure) {

    static Finding good() {
      return new Finding(true, Optional.empty());
    }

    static Finding unknown() {
      return new Finding(false, Optional.empty());
    }

    static Finding failed(ReasonCode code, String message) {
      return new Finding(true, Optional.of(new Reason(code, message)));
    }
  }
}
