package io.selfupgrade.upgrade;

import java.util.UUID;

/**
 * Hears what an upgrade does, as it happens, in the process that does it.
 *
 * <p>Called on the upgrade's thread: return soon. What it throws is logged and otherwise ignored.
 */
@FunctionalInterface
public interface UpgradeListener {

  /**
   * Hears one event.
   *
   * @param upgrade the upgrade
   * @param step what was recorded
   */
  void on(UUID upgrade, StepRecord step);

  /**
   * Hears how an upgrade ended, in each process that followed it; does nothing by default.
   *
   * @param upgrade the upgrade
   * @param outcome its end
   */
  default void ended(UUID upgrade, UpgradeOutcome outcome) {}
}
