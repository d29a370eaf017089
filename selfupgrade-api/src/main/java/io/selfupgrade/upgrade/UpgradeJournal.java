package io.selfupgrade.upgrade;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.Version;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * The journal of upgrades: rows, steps, requests, freeze and failed list.
 *
 * <p><b>Obligations</b>, checked by the contract in testkit:
 *
 * <ol>
 *   <li>{@link #open} creates a row in OPEN, or returns the agent's open row: there is never more
 *       than one row that is not final.
 *   <li>{@link #move} changes the phase only if the fence holds, the row is in the expected phase,
 *       the move is {@link UpgradePhase#canMoveTo allowed}, and it is not one that is decided
 *       together with the lease (to HANDED_OVER and to CONFIRMED); otherwise it changes nothing and
 *       returns false.
 *   <li>Every write that takes a {@link Fence} changes nothing when the fence does not hold.
 *   <li>Steps are kept in the order in which they were recorded, with the store's time.
 *   <li>A request is taken once, by one primary, and is then tied to the upgrade that answers it;
 *       one of a webhook by an upgrade that has no target yet.
 *   <li>A version is listed as failed by version and manifest, once.
 *   <li>Freeze and unfreeze need no fence and are idempotent.
 * </ol>
 */
public interface UpgradeJournal extends TrialDecisions {

  /** Opens an upgrade or joins the open one; empty if the fence does not hold. */
  Optional<UpgradeRecord> open(Fence fence, Trigger trigger, Version from);

  /** Returns the agent's upgrade that is not final. */
  Optional<UpgradeRecord> openUpgrade(AgentName agent);

  /** Returns one upgrade. */
  Optional<UpgradeRecord> find(UUID upgrade);

  /** Returns the agent's upgrades, newest first. */
  List<UpgradeRecord> history(AgentName agent, int limit);

  /** Returns the agent's upgrades to one build since it was forgiven last, newest first. */
  List<UpgradeRecord> historyOf(AgentName agent, String manifestSha256, int limit);

  /** Names the release that an upgrade in OPEN goes to; false if the fence does not hold. */
  boolean target(Fence fence, UUID upgrade, UpgradeRecord.Target target);

  /** Moves the phase without a reason. */
  default boolean move(Fence fence, UUID upgrade, UpgradePhase from, UpgradePhase to) {
    return move(fence, upgrade, from, to, Optional.empty());
  }

  /** Moves the phase; the decision's end, with its reason where there is one. */
  boolean move(
      Fence fence, UUID upgrade, UpgradePhase from, UpgradePhase to, Optional<Ending> ending);

  /** Records an event of a step; false if the fence does not hold. */
  boolean record(Fence fence, UUID upgrade, StepRecord step);

  /**
   * Copies one entry of the launcher's journal, once for each pair of launcher and sequence.
   *
   * @param launcher identity of the launcher's journal file
   * @param sequence number of the entry in it
   * @return false if the fence does not hold or the entry was copied before
   */
  boolean copyLauncherEntry(
      Fence fence, UUID upgrade, String launcher, long sequence, StepRecord step);

  /** Returns the steps of an upgrade, oldest first. */
  List<StepRecord> steps(UUID upgrade);

  /** Files a request for an upgrade; any instance may. */
  UUID request(AgentName agent, Trigger trigger);

  /**
   * Ties the requests that wait to this upgrade; tells whether there were some.
   *
   * <p>Those of webhooks wait on unless it is in OPEN and has no target: they tell that there may
   * be something newer than what it goes to.
   */
  boolean answerRequests(Fence fence, UUID upgrade);

  /** Tells whether a request waits, and its trigger. */
  Optional<Trigger> waitingRequest(AgentName agent);

  /** Returns the upgrade that answers a request; empty while it waits. */
  Optional<UUID> answerOf(UUID request);

  /** Lists a version as failed; false if the fence does not hold. */
  boolean listFailed(Fence fence, Version version, String manifestSha256, Reason reason);

  /** Returns the failed list, newest first. */
  List<FailedVersion> failedVersions(AgentName agent);

  /**
   * Takes all builds of a version off the failed list, and lets what was tried before count no more
   * for {@link #historyOf}; true if one was listed.
   */
  boolean forgive(AgentName agent, Version version);

  /** Returns why forward effects are frozen; empty if they are not. */
  Optional<String> frozen(AgentName agent);

  /**
   * Returns when forward effects were frozen, by the store's clock; empty if they are not. Freezing
   * what is frozen changes nothing of it.
   */
  Optional<Instant> frozenSince(AgentName agent);

  /** Freezes forward effects, by any instance. */
  void freeze(AgentName agent, String why);

  /** Ends a freeze, by any instance. */
  void unfreeze(AgentName agent);

  /** Returns the confirmed version; empty before the first primary. */
  Optional<Version> confirmedVersion(AgentName agent);

  /**
   * Writes another version as confirmed, without an upgrade, and records it as ADOPTED.
   *
   * @return false if the fence does not hold or an upgrade is open
   */
  boolean adopt(Fence fence, Version version);

  /**
   * The end of an upgrade.
   *
   * @param reason why
   * @param retryable whether it is tried again without a person
   */
  record Ending(Reason reason, boolean retryable) {}
}
