package io.selfupgrade.upgrade;

import io.selfupgrade.agent.Version;
import java.util.List;
import java.util.Optional;
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
   * Returns which keys count at this moment: those of {@code trust(...)} and of confirmed releases,
   * less the revoked; reads home and store.
   */
  TrustedKeys trustedKeys();

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

  /** Returns the upgrade that waits for a person's word; empty if none does. */
  Optional<UpgradeRecord> awaitingApproval();

  /**
   * Lets an upgrade go on that waits for approval; by any instance.
   *
   * @param upgrade the upgrade, whose build is fixed: a newer release is another upgrade
   * @param by who approves, kept in the journal
   * @return false if it does not wait any more: it was decided, expired or superseded
   */
  boolean approve(UUID upgrade, String by);

  /**
   * Lets the upgrade go on that waits for approval, if it goes to that build; by any instance.
   *
   * @param manifestSha256 SHA-256 of the build's {@code release.json}
   * @param by who approves, kept in the journal
   * @return false if no upgrade to that build waits
   */
  boolean approve(String manifestSha256, String by);

  /**
   * Refuses an upgrade that waits for approval; by any instance.
   *
   * @param upgrade the upgrade
   * @param by who rejects, kept in the journal
   * @param why a sentence for those who wonder
   * @return false if it does not wait any more
   */
  boolean reject(UUID upgrade, String by, String why);

  /**
   * Asks to go back to an older version that was confirmed before and is still installed.
   *
   * <p>Returns at once. It is an upgrade like any other, the other way: smoke check, backup,
   * hand-over and probation, in the journal with trigger {@code ROLLBACK} and the person's name.
   * When it is confirmed, the floor is lowered to that version; the schedule does not install the
   * newer one again, {@code upgrade()} and a still newer release do. A freeze stops it.
   *
   * @param to the version
   * @param by who decides: naming somebody is the approval
   * @return the wish's id
   */
  UUID rollback(Version to, String by);

  /** Returns the versions that are not tried again, newest first. */
  List<FailedVersion> failedVersions();

  /**
   * Takes a version off the failed list, so that it may be tried again, as often as a new one.
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
