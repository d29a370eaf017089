package io.selfupgrade.core.upgrade;

import io.selfupgrade.upgrade.UpgradeOutcome;

/** Leaves a step of an upgrade whose end is in the journal already. */
final class EndedException extends Exception {

  private static final long serialVersionUID = 1L;

  private final transient UpgradeOutcome outcome;

  EndedException(UpgradeOutcome outcome) {
    super(outcome.summary());
    this.outcome = outcome;
  }

  UpgradeOutcome outcome() {
    return outcome;
  }
}
