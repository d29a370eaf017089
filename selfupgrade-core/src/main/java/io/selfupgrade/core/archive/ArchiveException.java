package io.selfupgrade.core.archive;

import io.selfupgrade.upgrade.ReasonCode;

/**
 * An archive is refused, whole: {@link ReasonCode#ARCHIVE_INVALID}, {@link
 * ReasonCode#ARCHIVE_UNSAFE} or {@link ReasonCode#TOO_LARGE}.
 *
 * <p>A planned ending; reading the same archive again gives the same answer.
 */
public final class ArchiveException extends Exception {

  private static final long serialVersionUID = 1L;

  private final ReasonCode code;
  private final String seen;

  private ArchiveException(ReasonCode code, String seen) {
    super(seen);
    this.code = code;
    this.seen = seen;
  }

  /** Returns why it is refused. */
  public ReasonCode code() {
    return code;
  }

  /** Returns what was seen, what was expected, and what to do. */
  public String seen() {
    return seen;
  }

  static ArchiveException invalid(String seen) {
    return new ArchiveException(ReasonCode.ARCHIVE_INVALID, seen);
  }

  static ArchiveException unsafe(String seen) {
    return new ArchiveException(ReasonCode.ARCHIVE_UNSAFE, seen);
  }

  static ArchiveException tooLarge(String seen) {
    return new ArchiveException(ReasonCode.TOO_LARGE, seen);
  }
}
