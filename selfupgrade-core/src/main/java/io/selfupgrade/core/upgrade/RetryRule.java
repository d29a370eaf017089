package io.selfupgrade.core.upgrade;

import io.selfupgrade.upgrade.ReasonCode;
import io.selfupgrade.upgrade.UpgradePhase;
import io.selfupgrade.upgrade.UpgradeRecord;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * When a build that ended before may be tried again without a person.
 *
 * <p>Inconclusive ends wait 1 h, 6 h, then 24 h; the third lists the version as failed. An end that
 * came from outside (another primary, a stop, a freeze) is made up for at once, the next time like
 * an inconclusive one, and never lists anything; so is a refusal for want of room or of a fresh
 * index. Any other refusal is not repeated by the schedule: the same bytes would be refused again.
 */
final class RetryRule {

  /** How many inconclusive ends of one build list it as failed. */
  static final int LISTED_AFTER = 3;

  private static final Set<ReasonCode> FROM_OUTSIDE =
      EnumSet.of(
          ReasonCode.NEW_PRIMARY,
          ReasonCode.STOPPING,
          ReasonCode.FROZEN,
          ReasonCode.DATABASE_AWAY,
          ReasonCode.ABANDONED,
          ReasonCode.PLATFORM_REFUSED,
          ReasonCode.PLATFORM_UNAVAILABLE,
          ReasonCode.STALE,
          ReasonCode.TOO_YOUNG,
          ReasonCode.NOT_ENOUGH_DISK,
          ReasonCode.NOT_ENOUGH_MEMORY,
          ReasonCode.NOT_ENOUGH_CONNECTIONS);
  private static final List<Duration> WAITS =
      List.of(Duration.ofHours(1), Duration.ofHours(6), Duration.ofHours(24));

  private RetryRule() {}

  /** Tells whether an end for that reason says nothing about the release, ever. */
  static boolean isFromOutside(ReasonCode code) {
    return FROM_OUTSIDE.contains(code);
  }

  /** Counts the ends, among the upgrades to one build, that may be its own fault. */
  static int inconclusiveEnds(List<UpgradeRecord> history) {
    return (int)
        history.stream().filter(record -> isInconclusive(record) && !isFromOutside(record)).count();
  }

  /**
   * Returns why the schedule does not try a build now; empty if it does.
   *
   * @param history the upgrades to the build, newest first
   * @param now the time on the store's clock
   */
  static Optional<String> wait(List<UpgradeRecord> history, Instant now) {
    Optional<UpgradeRecord> last = history.stream().findFirst();
    if (last.isEmpty()) {
      return Optional.empty();
    }
    if (!last.get().phase().isFinal()) {
      return Optional.of("it is under way");
    }
    if (last.get().phase() == UpgradePhase.REFUSED && !isFromOutside(last.get())) {
      return Optional.of("this build was refused before; a call of upgrade() tries it again");
    }
    if (last.get().phase() == UpgradePhase.CONFIRMED) {
      return Optional.of(
          "this build was confirmed before and gone back from; a call of upgrade() installs it again");
    }
    if (!isInconclusive(last.get()) && !isFromOutside(last.get())) {
      return Optional.empty();
    }
    int ends = inconclusiveEnds(history);
    int cutOff = (int) history.stream().filter(RetryRule::isFromOutside).count();
    int waits = Math.max(ends, ends + cutOff - 1);
    if (waits == 0) {
      return Optional.empty();
    }
    Duration pause = WAITS.get(Math.min(waits, WAITS.size()) - 1);
    Instant next = last.get().decision().at().plus(pause);
    return next.isAfter(now)
        ? Optional.of("its last try ended inconclusively; the next is made after " + next)
        : Optional.empty();
  }

  private static boolean isFromOutside(UpgradeRecord record) {
    return record.decision().reason().map(reason -> isFromOutside(reason.code())).orElse(false);
  }

  private static boolean isInconclusive(UpgradeRecord record) {
    return (record.phase() == UpgradePhase.ABORTED || record.phase() == UpgradePhase.ROLLED_BACK)
        && record.decision().retryable();
  }
}
