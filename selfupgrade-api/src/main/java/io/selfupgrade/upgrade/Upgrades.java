package io.selfupgrade.upgrade;

import io.selfupgrade.agent.Version;
import java.util.List;
import java.util.UUID;

/**
 * The door to upgrades: whole, or step by step.
 *
 * <p>Thread-safe. One upgrade of an agent is under way at a time, and a second call joins it. The
 * stepwise calls follow one another as {@code trigger, pull, validate, backup, deploy, verify,
 * report}; each takes the proof of the one before and fails with {@link IllegalStateException} if
 * the journal does not back it.
 */
public interface Upgrades {

  /** Looks for a newer release and changes nothing; the typed form of {@code checkForUpdates()}. */
  CheckResult check();

  /**
   * Tells whether a good index was seen lately; reads the store, not the source.
   *
   * <p>Stale: the index has expired, or no good one was seen for 24 h ({@code staleAfter} of the
   * builder).
   */
  Freshness freshness();

  /**
   * Asks for an upgrade and returns at once.
   *
   * <p>The form for task handlers and {@code PrimaryWork} callbacks, where {@code upgrade()} would
   * wait for itself. The request is a row: it survives this process.
   *
   * @return the request's id
   */
  UUID request();

  /**
   * TRIGGER and CHECK: opens the journal row and looks for a newer, acceptable release.
   *
   * @param trigger what started it
   * @throws IllegalStateException on an instance that is not the primary, or while another upgrade
   *     is open
   */
  StepResult<Proof.Available> trigger(Trigger trigger);

  /** VALIDATE, first half: downloads under limits, verifies lengths and digests, makes durable. */
  StepResult<Proof.Staged> pull(Proof.Available available);

  /** VALIDATE, second half: the release's smoke check, then the host's checks. */
  StepResult<Proof.Validated> validate(Proof.Staged staged);

  /** BACKUP: takes a snapshot of the agent's data. */
  StepResult<Proof.Prepared> backup(Proof.Validated validated);

  /**
   * APPLY: migrates, starts the candidate beside, drains and hands over.
   *
   * <p>When it passes, this instance is no longer the primary.
   */
  StepResult<Proof.Applied> deploy(Proof.Prepared prepared);

  /** VERIFY: waits until probation is served or the old version leads again. Blocks. */
  UpgradeOutcome verify(Proof.Applied applied);

  /**
   * REPORT: tells the outcome to the log and the listeners, once for each upgrade.
   *
   * @return one sentence, the same that was told
   */
  String report(UpgradeOutcome outcome);

  /** Returns the versions that are not tried again, newest first. */
  List<FailedVersion> failedVersions();

  /**
   * Takes a version off the failed list, so that it may be tried again.
   *
   * @return whether it was listed
   */
  boolean forgive(Version version);

  /**
   * Returns the journal's rows, newest first.
   *
   * @param limit how many at the most, 1 to 1,000
   */
  List<UpgradeRecord> history(int limit);

  /** Returns the recorded steps of one upgrade, oldest first. */
  List<StepRecord> steps(UUID upgrade);
}
