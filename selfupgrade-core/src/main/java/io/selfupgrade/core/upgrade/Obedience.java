package io.selfupgrade.core.upgrade;

import io.selfupgrade.core.local.LauncherLink;
import io.selfupgrade.failover.Lease;
import io.selfupgrade.launcher.Candidate;
import io.selfupgrade.launcher.RequestKind;
import io.selfupgrade.upgrade.UpgradePhase;
import io.selfupgrade.upgrade.UpgradeRecord;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * Passes the journal's decision about the launcher's candidate on to the launcher.
 *
 * <p>Any instance under the launcher does it, whenever a candidate is there: CONFIRMED writes
 * {@code confirmed}, an end or a way back writes {@code dropped}, HANDED_OVER writes {@code
 * handed-over}.
 */
final class Obedience {

  private final Situation situation;
  private final Set<String> told = new HashSet<>();

  Obedience(Situation situation) {
    this.situation = situation;
  }

  /** Looks and tells; returns whether the launcher keeps a candidate. */
  boolean obey() {
    if (situation.link().isEmpty()) {
      return false;
    }
    LauncherLink link = situation.link().get();
    Optional<Candidate> candidate = link.candidate();
    if (candidate.isEmpty()) {
      return false;
    }
    UUID upgrade = candidate.get().upgrade();
    situation.journal().find(upgrade).ifPresent(row -> tell(link, row));
    return true;
  }

  private void tell(LauncherLink link, UpgradeRecord row) {
    Optional<RequestKind> kind = kindFor(row.phase());
    if (kind.isEmpty() || told.contains(row.id() + kind.get().fileName())) {
      return;
    }
    long epoch =
        situation
            .store()
            .leadership()
            .read(situation.agent())
            .map(Lease::fence)
            .map(fence -> fence.epoch())
            .orElse(0L);
    link.announce(kind.get(), row.id(), epoch);
    told.add(row.id() + kind.get().fileName());
  }

  private static Optional<RequestKind> kindFor(UpgradePhase phase) {
    return switch (phase) {
      case CONFIRMED -> Optional.of(RequestKind.CONFIRMED);
      case ROLLING_BACK, ROLLED_BACK, ROLLBACK_FAILED, ABORTED, REFUSED, UP_TO_DATE ->
          Optional.of(RequestKind.DROPPED);
      case HANDED_OVER -> Optional.of(RequestKind.HANDED_OVER);
      default -> Optional.empty();
    };
  }
}
