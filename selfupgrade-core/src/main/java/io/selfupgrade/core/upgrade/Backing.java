package io.selfupgrade.core.upgrade;

import io.selfupgrade.core.release.RefusalException;
import io.selfupgrade.core.release.Staging;
import io.selfupgrade.upgrade.Proof;
import io.selfupgrade.upgrade.ReasonCode;
import io.selfupgrade.upgrade.Release;
import io.selfupgrade.upgrade.SnapshotStore.Snapshot;
import io.selfupgrade.upgrade.StepRecord;
import io.selfupgrade.upgrade.UpgradePhase;
import io.selfupgrade.upgrade.UpgradeRecord;
import io.selfupgrade.upgrade.UpgradeStep;
import java.nio.file.Path;
import java.util.Optional;
import java.util.UUID;

/**
 * Compares proofs with the journal: anybody can make one, so none is believed.
 *
 * <p>What does not fit is the caller's bug, and nothing has been changed then.
 */
final class Backing {

  /** The detail of the step record that says that a release passed the whole of VALIDATE. */
  static final String VALIDATED = "the release may be applied";

  private final Situation situation;
  private final Staging staging;

  Backing(Situation situation, Staging staging) {
    this.situation = situation;
    this.staging = staging;
  }

  /** Returns the row of an upgrade of this agent. */
  UpgradeRecord row(UUID upgrade) {
    return situation
        .journal()
        .find(upgrade)
        .filter(row -> row.agent().equals(situation.agent()))
        .orElseThrow(
            () ->
                new IllegalStateException(
                    "agent "
                        + situation.agent()
                        + " has no upgrade "
                        + upgrade
                        + ": pass on what the step before returned"));
  }

  /** Refuses a proof that the journal does not back. */
  void require(Proof proof) {
    Optional<UpgradeRecord.Target> target = row(proof.upgrade()).target();
    if (!target.equals(Optional.of(Pipeline.targetOf(proof)))) {
      throw unbacked(proof, "is about " + Pipeline.targetOf(proof) + ", the journal's " + target);
    }
    if (proof instanceof Proof.Staged staged) {
      requirePlace(staged, staged.directory());
    } else if (proof instanceof Proof.Validated validated) {
      requirePlace(validated, validated.directory());
      requireValidated(validated);
    } else if (proof instanceof Proof.Prepared prepared) {
      requirePlace(prepared, prepared.directory());
      requireValidated(prepared);
      requireSnapshot(prepared);
    }
  }

  static void requirePhase(UpgradeRecord row, UpgradePhase expected) {
    if (row.phase() != expected) {
      throw new IllegalStateException(
          "upgrade "
              + row.id()
              + " is "
              + row.phase()
              + ", this step needs "
              + expected
              + ": each step follows the one before, once");
    }
  }

  /** Refuses a release whose manifest is not the one that was checked before. */
  static void requireSame(Release now, UpgradeRecord.Target before) throws RefusalException {
    if (!now.id().manifestSha256().equals(before.manifestSha256())) {
      throw new RefusalException(
          ReasonCode.DIFFERENT_MANIFEST,
          before.version()
              + " was checked with manifest "
              + before.manifestSha256()
              + " and is now published with "
              + now.id().manifestSha256()
              + ": a version is published once");
    }
  }

  private void requirePlace(Proof proof, Path directory) {
    boolean staged = directory.equals(staging.directory(proof.upgrade()));
    String version = proof.release().version().toString();
    boolean installed =
        situation.link().filter(link -> directory.equals(link.home().slot(version))).isPresent();
    if (!staged && !installed) {
      throw unbacked(
          proof, "names " + directory + ", its files are in " + staging.directory(proof.upgrade()));
    }
  }

  private void requireValidated(Proof proof) {
    boolean validated =
        situation.journal().steps(proof.upgrade()).stream()
            .filter(step -> step.step() == UpgradeStep.VALIDATE)
            .filter(step -> step.event() == StepRecord.Event.PASSED)
            .anyMatch(step -> step.detail().equals(VALIDATED));
    if (!validated) {
      throw unbacked(proof, "was not validated: call validate(...) before");
    }
  }

  private void requireSnapshot(Proof.Prepared proof) {
    boolean taken =
        situation.store().snapshots().list(situation.agent()).stream()
            .filter(snapshot -> snapshot.id().equals(proof.snapshot()))
            .map(Snapshot::upgrade)
            .anyMatch(Optional.of(proof.upgrade())::equals);
    if (!taken) {
      throw unbacked(proof, "has no snapshot " + proof.snapshot() + ": call backup(...) before");
    }
  }

  private static IllegalStateException unbacked(Proof proof, String why) {
    return new IllegalStateException(
        "the proof "
            + proof.getClass().getSimpleName()
            + " of upgrade "
            + proof.upgrade()
            + " is not backed by the journal: it "
            + why);
  }
}
