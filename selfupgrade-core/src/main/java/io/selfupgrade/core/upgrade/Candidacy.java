package io.selfupgrade.core.upgrade;

import io.selfupgrade.failover.InstanceRecord;
import io.selfupgrade.upgrade.UpgradeRecord;
import java.util.Optional;
import java.util.UUID;

/**
 * Which upgrade this instance is the candidate of, as it takes part in the election.
 *
 * <p>The launcher tells it at the start. A platform does not: the journal does, as soon as an
 * upgrade to this instance's version is tried, and until that has ended.
 */
final class Candidacy {

  private final Situation situation;
  private volatile Optional<UUID> trial;

  Candidacy(Situation situation) {
    this.situation = situation;
    this.trial = situation.self().trial();
  }

  /** Looks at the open upgrade. */
  void look(Optional<UpgradeRecord> open) {
    if (situation.host().platform().isPresent()) {
      trial = open.filter(situation::isCandidateOf).map(UpgradeRecord::id);
    }
  }

  /** Returns this instance as it takes part now. */
  InstanceRecord self() {
    InstanceRecord self = situation.self();
    return new InstanceRecord(
        self.id(),
        self.agent(),
        self.version(),
        self.build(),
        trial,
        self.launched(),
        self.place());
  }
}
