package io.selfupgrade.upgrade;

import java.nio.file.Path;
import java.util.Objects;
import java.util.UUID;

/**
 * What a step leaves for the next one, all on one journal row.
 *
 * <p>A proof is a claim that the journal backs: each step compares it with the row's phase, so that
 * a proof that was made by hand, kept too long or used twice ends in an {@link
 * IllegalStateException} and changes nothing.
 */
public sealed interface Proof {

  /** Returns the journal row. */
  UUID upgrade();

  /** Returns the release that this is about. */
  Release release();

  /**
   * TRIGGER and CHECK passed: the row is open and the release may be pulled.
   *
   * @param upgrade the journal row
   * @param release its verified manifest
   */
  record Available(UUID upgrade, Release release) implements Proof {
    /** Validates the parts. */
    public Available {
      Objects.requireNonNull(upgrade, "upgrade");
      Objects.requireNonNull(release, "release");
    }
  }

  /**
   * The files are here, complete, verified and on disk.
   *
   * @param upgrade the journal row
   * @param release its verified manifest
   * @param directory where its files lie
   */
  record Staged(UUID upgrade, Release release, Path directory) implements Proof {
    /** Validates the parts. */
    public Staged {
      Objects.requireNonNull(upgrade, "upgrade");
      Objects.requireNonNull(release, "release");
      Objects.requireNonNull(directory, "directory");
    }
  }

  /**
   * VALIDATE passed: smoke check and the host's checks accept the release.
   *
   * @param upgrade the journal row
   * @param release its verified manifest
   * @param directory where its files lie
   */
  record Validated(UUID upgrade, Release release, Path directory) implements Proof {
    /** Validates the parts. */
    public Validated {
      Objects.requireNonNull(upgrade, "upgrade");
      Objects.requireNonNull(release, "release");
      Objects.requireNonNull(directory, "directory");
    }
  }

  /**
   * BACKUP passed: there is a snapshot.
   *
   * @param upgrade the journal row
   * @param release its verified manifest
   * @param directory where its files lie
   * @param snapshot the snapshot's id
   */
  record Prepared(UUID upgrade, Release release, Path directory, UUID snapshot) implements Proof {
    /** Validates the parts. */
    public Prepared {
      Objects.requireNonNull(upgrade, "upgrade");
      Objects.requireNonNull(release, "release");
      Objects.requireNonNull(directory, "directory");
      Objects.requireNonNull(snapshot, "snapshot");
    }
  }

  /**
   * APPLY passed: the candidate leads, on probation.
   *
   * @param upgrade the journal row
   * @param release its verified manifest
   * @param epoch the candidate's epoch
   */
  record Applied(UUID upgrade, Release release, long epoch) implements Proof {
    /** Validates the parts. */
    public Applied {
      Objects.requireNonNull(upgrade, "upgrade");
      Objects.requireNonNull(release, "release");
    }
  }
}
