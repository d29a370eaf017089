package io.selfupgrade.upgrade;

/** Why an upgrade ended as it did; a closed set, so that callers can act on it. */
public enum ReasonCode {
  /** The caller is a local instance, which never upgrades. */
  NOT_PRIMARY,
  /** Forward effects are frozen by file or row. */
  FROZEN,
  /** The agent runs without a launcher and without another way to install. */
  NO_INSTALLER,
  /** The release needs a newer launcher protocol than the running launcher speaks. */
  LAUNCHER_TOO_OLD,
  /** The running agent has no version to compare with. */
  UNVERSIONED,
  /** A signature in the name of a trusted key does not verify. */
  SIGNATURE_INVALID,
  /** The signature file cannot be read, or an entry of it is malformed. */
  SIGNATURES_MALFORMED,
  /** A key is named twice among the signatures. */
  DUPLICATE_SIGNATURE,
  /** There are signatures, none of them by a trusted key. */
  UNTRUSTED_KEYS,
  /** Fewer trusted keys signed than the threshold asks for. */
  TOO_FEW_SIGNATURES,
  /** What would have to count among the signatures is by a key that was revoked. */
  KEY_REVOKED,
  /** A release changes which keys count, and is not signed by enough keys of before and after. */
  ROTATION_NOT_SIGNED,
  /** A signed document has expired. */
  EXPIRED,
  /** The serial of {@code latest.json} is lower than one already seen. */
  SERIAL_DECREASED,
  /** There was no good look at the index for too long. */
  STALE,
  /** The release is younger than the minimum age. */
  TOO_YOUNG,
  /** The version is below the floor: the version that an upgrade confirmed last. */
  BELOW_FLOOR,
  /** A signed document has a format that this version of the library does not know. */
  UNKNOWN_FORMAT,
  /** A signed document cannot be read or contradicts itself. */
  MANIFEST_INVALID,
  /** The release is of another agent or of another version than asked for. */
  WRONG_RELEASE,
  /** A file's length or SHA-256 is not what the manifest says. */
  DIGEST_MISMATCH,
  /** A document, a file or what an archive unpacks to is larger than its limit. */
  TOO_LARGE,
  /** An archive cannot be read, contradicts itself, or is not what the manifest says of it. */
  ARCHIVE_INVALID,
  /** An archive holds a link, a special file, or a name that may mean another place. */
  ARCHIVE_UNSAFE,
  /** The disk has less free space than the upgrade needs. */
  NOT_ENOUGH_DISK,
  /** The free memory does not hold a second process. */
  NOT_ENOUGH_MEMORY,
  /** The database has too few free connections for a second process. */
  NOT_ENOUGH_CONNECTIONS,
  /** The version is installed already with another manifest. */
  DIFFERENT_MANIFEST,
  /** The version is on the failed list. */
  LISTED_AS_FAILED,
  /** The release cannot read the state that the running version writes, or the other way round. */
  STATE_INCOMPATIBLE,
  /** The release's own smoke check failed. */
  SMOKE_FAILED,
  /** A check of the caller failed. */
  CHECK_FAILED,
  /** The confirmed slot is damaged: there would be no way back. */
  NO_WAY_BACK,
  /** A person rejected the upgrade. */
  REJECTED,
  /** Nobody approved the upgrade in time. */
  APPROVAL_EXPIRED,
  /** A newer release took the place of one that waited for approval. */
  SUPERSEDED,
  /** The version to go back to is not installed here any more, or is damaged. */
  NOT_INSTALLED,
  /** The version to go back to is not older than the one that runs. */
  NOT_OLDER,
  /** The version to go back to was never confirmed. */
  NEVER_CONFIRMED,
  /** Another version than the confirmed one was to be deployed. */
  NOT_CONFIRMED,
  /** A commit that may be built here could not be built, or has no version. */
  BUILD_FAILED,
  /** The release source could not be read. */
  SOURCE_UNAVAILABLE,
  /** A migration of the release failed. */
  MIGRATION_FAILED,
  /** The candidate's process ended before or after the hand-over. */
  CANDIDATE_DIED,
  /** The candidate did not become ready in time. */
  NOT_READY,
  /** {@code PrimaryWork.start} of the candidate threw. */
  WORK_FAILED,
  /** A critical path failed on the new version. */
  CRITICAL_PATH_FAILED,
  /** A health probe failed on the new version. */
  PROBE_FAILED,
  /** Another version, build or epoch runs than the one that was handed over to. */
  WRONG_IDENTITY,
  /** Ticks were not started on time during probation. */
  TICKS_LATE,
  /** Probation was not served before its limit. */
  DEADLINE_PASSED,
  /** The platform refused to run a version. */
  PLATFORM_REFUSED,
  /** The platform could not be asked, or it is not known whether it heard the question. */
  PLATFORM_UNAVAILABLE,
  /** The platform took a version, and its deployment failed there. */
  PLATFORM_FAILED,
  /** An upgrade is under way: the platform is not asked for anything else meanwhile. */
  UPGRADE_OPEN,
  /** The database was away. */
  DATABASE_AWAY,
  /** Another primary took over. */
  NEW_PRIMARY,
  /** No step was recorded for an hour. */
  ABANDONED,
  /** The agent is stopping. */
  STOPPING,
  /** Something around the release failed: disk, memory, an adapter. */
  TROUBLE
}
