/**
 * Upgrades: what is called, what is implemented, and what is read about them.
 *
 * <p>The door is {@link io.selfupgrade.upgrade.Upgrades}. Hosts implement {@link
 * io.selfupgrade.upgrade.ReleaseSource} and {@link io.selfupgrade.upgrade.ReleaseCheck}; stores
 * implement {@link io.selfupgrade.upgrade.UpgradeJournal} and {@link
 * io.selfupgrade.upgrade.SnapshotStore}. An upgrade has one decision, its {@link
 * io.selfupgrade.upgrade.UpgradePhase}, and ends in one of the {@link
 * io.selfupgrade.upgrade.UpgradeOutcome outcomes}.
 */
@NullMarked
package io.selfupgrade.upgrade;

import org.jspecify.annotations.NullMarked;
