/**
 * The pipeline: trigger, check, validate, backup, apply, verify, report, and the way back.
 *
 * <p>The door is {@link io.selfupgrade.core.upgrade.UpgradeEngine}; what it needs of the rest of
 * the agent is {@link io.selfupgrade.core.upgrade.PrimarySide}. Every decision is a compare-and-set
 * in the journal; the files that the launcher reads follow what the journal says, never the other
 * way round.
 */
@NullMarked
package io.selfupgrade.core.upgrade;

import org.jspecify.annotations.NullMarked;
