package io.selfupgrade.github;

import io.selfupgrade.agent.AdapterException;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What GitHub answered in place of what it was asked for, of a closed set of kinds. */
public final class GitHubException extends AdapterException {

  private static final long serialVersionUID = 1L;

  private final Kind kind;
  private final @Nullable Instant until;

  GitHubException(Kind kind, String what, @Nullable Throwable cause) {
    this(kind, what, null, cause);
  }

  private GitHubException(
      Kind kind, String what, @Nullable Instant until, @Nullable Throwable cause) {
    super("GitHub", what, kind.retryable, cause);
    this.kind = Objects.requireNonNull(kind, "kind");
    this.until = until;
  }

  static GitHubException limited(String what, Instant until) {
    return new GitHubException(Kind.RATE_LIMITED, what, until, null);
  }

  /** A host that is not GitHub's API says when to come again; others need not wait for it. */
  static GitHubException away(String what, Instant until) {
    return new GitHubException(Kind.UNAVAILABLE, what, until, null);
  }

  /** Returns what kind of answer it was. */
  public Kind kind() {
    return kind;
  }

  /**
   * Returns until when nothing is sent: to GitHub for {@link Kind#RATE_LIMITED}, to the host of a
   * file for {@link Kind#UNAVAILABLE}, if it said so.
   */
  public Optional<Instant> until() {
    return Optional.ofNullable(until);
  }

  /** Why GitHub did not do it; closed. */
  public enum Kind {
    /** The token or the App's key is not accepted: 401. */
    BAD_CREDENTIALS(false),
    /** The token may not do it; the message names the permission, if GitHub did: 403. */
    FORBIDDEN(false),
    /** A limit was reached; nothing is sent until {@link GitHubException#until}: 403 or 429. */
    RATE_LIMITED(true),
    /** There is no such thing, or the token cannot see it: 404. */
    NOT_FOUND(false),
    /** The repository was renamed or transferred: a redirect to another one. */
    MOVED(false),
    /** What is there is not what was pinned at first sight: another repository, tag or file. */
    REPLACED(false),
    /** It does not fit what is there: 409. */
    CONFLICT(false),
    /** GitHub does not accept the request: 400 or 422. */
    INVALID(false),
    /** GitHub cannot be reached, or is in trouble. */
    UNAVAILABLE(true),
    /** Nobody knows whether a write was carried out: look before it is sent again. */
    AMBIGUOUS(true),
    /** An answer that GitHub does not describe. */
    UNEXPECTED(false);

    private final boolean retryable;

    Kind(boolean retryable) {
      this.retryable = retryable;
    }
  }
}
