package io.selfupgrade.upgrade;

import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.InstanceId;
import io.selfupgrade.agent.Version;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;

/**
 * The statements of the journal that decide a trial together with the lease.
 *
 * <p><b>Obligations</b>, checked by the contract in testkit:
 *
 * <ol>
 *   <li>{@link #handOver} moves TRIAL to HANDED_OVER and gives the lease to the candidate with
 *       epoch + 1, both or neither, and not while the agent is frozen.
 *   <li>{@link #look} needs no fence: it counts while the upgrade is HANDED_OVER and comes from the
 *       named old version.
 *   <li>{@link #goBack} moves HANDED_OVER to ROLLING_BACK and takes the lease with epoch + 1, both
 *       or neither, and only after a failed look or a passed deadline.
 *   <li>{@link #confirm} moves HANDED_OVER to CONFIRMED and writes the confirmed version, both or
 *       neither, and only before the deadline, while the agent is not frozen, and with a look that
 *       passed less than one TTL ago, or with no other instance of the old version alive and no
 *       failed look.
 *   <li>A candidate that leads again after a restart continues its trial by {@link #resume}.
 * </ol>
 */
public interface TrialDecisions {

  /**
   * Hands the lease to the candidate.
   *
   * @param fence the old primary's
   * @param upgrade the upgrade in TRIAL
   * @param candidate the instance that becomes the primary
   * @param ttl time to live of its lease
   * @param limit time from now to the trial's deadline
   * @return the candidate's fence, empty if someone else decided
   */
  Optional<Fence> handOver(
      Fence fence, UUID upgrade, InstanceId candidate, Duration ttl, Duration limit);

  /**
   * Continues a trial after the candidate's restart: names the new instance and sets the deadline.
   *
   * @param fence the restarted candidate's
   * @param upgrade the upgrade in HANDED_OVER
   * @param remaining time from now to the deadline
   * @return false if the fence does not hold or the phase is another
   */
  boolean resume(Fence fence, UUID upgrade, Duration remaining);

  /** Writes what the candidate found on itself; false if the fence or the phase does not hold. */
  boolean selfCheck(Fence fence, UUID upgrade, Optional<Reason> failure);

  /**
   * Writes what the old version saw from outside.
   *
   * @param upgrade the upgrade in HANDED_OVER
   * @param fromVersion the version of the instance that looks
   * @param failure why the candidate failed; empty if it passed
   * @return false if the upgrade is in another phase or from another version
   */
  boolean look(UUID upgrade, Version fromVersion, Optional<Reason> failure);

  /**
   * Takes the lead back.
   *
   * @param upgrade the upgrade in HANDED_OVER
   * @param fromVersion the version of the instance that takes the lead
   * @param instance that instance
   * @param ttl time to live of its lease
   * @param ending why; the reason of a failed look, where there is one, is kept instead
   * @return the fence of the instance, empty if it is not allowed or someone else decided
   */
  Optional<Fence> goBack(
      UUID upgrade,
      Version fromVersion,
      InstanceId instance,
      Duration ttl,
      UpgradeJournal.Ending ending);

  /**
   * Confirms the candidate.
   *
   * @param fence the candidate's
   * @param upgrade the upgrade in HANDED_OVER
   * @param ttl one lease time: the greatest age of a look, and of a heartbeat of the old version
   * @return false if it is not allowed now, or someone else decided
   */
  boolean confirm(Fence fence, UUID upgrade, Duration ttl);
}
