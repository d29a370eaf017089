package io.selfupgrade.core.upgrade;

import io.selfupgrade.agent.Fence;
import io.selfupgrade.upgrade.Reason;
import io.selfupgrade.upgrade.UpgradeRecord;
import java.time.Duration;

/** How a candidate is kept, proves itself alone, and goes away again. */
interface WayBack {

  /** Returns the one of this host. */
  static WayBack in(Situation situation) {
    return situation
        .host()
        .platform()
        .<WayBack>map(platform -> new PlatformWayBack(situation, platform))
        .orElseGet(() -> new SlotWayBack(situation));
  }

  /**
   * Passes the journal's decisions on to whoever keeps the candidate; returns whether one is kept.
   */
  boolean obey();

  /** Waits, for a bounded time, until a candidate that the lead was taken from acts no more. */
  void awaitGone(UpgradeRecord upgrade) throws InterruptedException;

  /**
   * As a candidate that leads on trial with nobody beside it: goes back if something failed.
   *
   * @return whether it did, or waits for it
   */
  boolean turnBack(Fence fence, UpgradeRecord upgrade);

  /** Returns how long the trial of a candidate goes on that was started again. */
  Duration remaining(UpgradeRecord.Trial trial, Duration served);

  /** Returns why one goes back, with what whoever kept the candidate knows about its end. */
  Reason explained(UpgradeRecord upgrade, Reason reason);

  /** Tells whether the end of the candidate's process is held against the version. */
  boolean blamesDeath(UpgradeRecord upgrade);

  /** Tells whether a version that leads without an upgrade is taken for the confirmed one. */
  boolean adopts();

  /**
   * Tells the agent's platform, while no upgrade is open, what the last one left to be told;
   * returns whether there will be more to do soon.
   */
  boolean settle(Fence fence);

  /** Notes on every instance that an upgrade, which it saw under way, has ended. */
  void ended(UpgradeRecord upgrade);
}
