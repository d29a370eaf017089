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
 * an inconclusive one, and never lists anything. A refusal is not repeated by the schedule: the
 * same bytes would be refused again.
 */
final class RetryRule {

  /** How many inconclusive ends of one build list it as failed. */
  static final int LISTED_AFTER = 3;

  private static final Set<ReasonCode> FROM_OUTSIDE =
      EnumSet.of(
          ReasonCode.NEW_PRIMARY, ReasonCode.STOPPING, ReasonCode.FROZEN, ReasonCode.ABANDONED);
  private static final List<Duration> WAITS =
      List.of(Duration.ofHours(1), Duration.ofHours(6), Duration.ofHours(24));

  private RetryRule() {}

  static int inconclusiveEnds(List<UpgradeRecord> history, String manifestSha256) {
    return (int)
        history.stream()
            .filter(record -> isOf(record, manifestSha256))
            .filter(record -> isInconclusive(record) && !isFromOutside(record))
            .count();
  }

  /** Returns why the schedule does not try the build now; empty if it does. */
  static Optional<String> wait(List<UpgradeRecord> history, String manifestSha256, Instant now) {
    Optional<UpgradeRecord> last =
        history.stream().filter(record -> isOf(record, manifestSha256)).findFirst();
    if (last.isEmpty()) {
      return Optional.empty();
    }
    if (!last.get().phase().isFinal()) {
      return Optional.of("it is under way");
    }
    if (last.get().phase() == UpgradePhase.REFUSED) {
      return Optional.of("this build was refused before; a call of upgrade() tries it again");
    }
    if (!isInconclusive(last.get())) {
      return Optional.empty();
    }
    int ends = inconclusiveEnds(history, manifestSha256);
    int cutOff =
        (int)
            history.stream()
                .filter(r -> isOf(r, manifestSha256))
                .filter(RetryRule::isFromOutside)
                .count();
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

  private static boolean isOf(UpgradeRecord record, String manifestSha256) {
    return record.target().isPresent()
        && record.target().get().manifestSha256().equals(manifestSha256);
  }

  private static boolean isFromOutside(UpgradeRecord record) {
    return record
        .decision()
        .reason()
        .map(reason -> FROM_OUTSIDE.contains(reason.code()))
        .orElse(false);
  }

  private static boolean isInconclusive(UpgradeRecord record) {
    return (record.phase() == UpgradePhase.ABORTED || record.phase() == UpgradePhase.ROLLED_BACK)
        && record.decision().retryable();
  }
}
