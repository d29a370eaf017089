package io.selfupgrade.control;

import io.selfupgrade.agent.InstanceId;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;

/**
 * What an agent is told to do from beside it, as its primary takes it.
 *
 * @param id tells it from all others, also to the platform that is asked because of it
 * @param kind {@link #RESTART}, {@link #DEPLOY}, or one that a newer version knows
 * @param version the version that is to be deployed; empty: the confirmed one
 * @param attempt how often it was taken and not put back, this time included
 * @param takenBefore who took it the last time and neither settled it nor put it back
 * @param filedAt when it was filed, on the store's clock
 * @param over whether its time to live or its attempts are over: whoever takes it finds out what
 *     came of the attempts before, settles it, and begins nothing
 */
public record Command(
    UUID id,
    String kind,
    Optional<String> version,
    int attempt,
    Optional<InstanceId> takenBefore,
    Instant filedAt,
    boolean over) {

  /** The kind that lets a fresh process of the same version take the primary's place. */
  public static final String RESTART = "RESTART";

  /** The kind that asks the platform to run the confirmed version. */
  public static final String DEPLOY = "DEPLOY";

  /** Validates that all are there. */
  public Command {
    Objects.requireNonNull(id, "id");
    Objects.requireNonNull(kind, "kind");
    Objects.requireNonNull(version, "version");
    Objects.requireNonNull(takenBefore, "takenBefore");
    Objects.requireNonNull(filedAt, "filedAt");
    if (attempt < 1) {
      throw new IllegalArgumentException("attempt " + attempt + ": expected 1 or more");
    }
  }

  /**
   * The wish that becomes a command.
   *
   * @param key names the wish: one that comes again under its key is the same one; 1 to 100
   *     printable ASCII characters
   * @param kind {@link #RESTART} or {@link #DEPLOY}
   * @param version for {@link #DEPLOY}, the version that is expected to be the confirmed one
   * @param within how long it waits at most; up to 7 days
   */
  public record Wish(String key, String kind, Optional<String> version, Duration within) {

    /** How long a command waits at most, unless another time is given: an hour. */
    public static final Duration DEFAULT_TIME = Duration.ofHours(1);

    private static final Duration LONGEST = Duration.ofDays(7);

    private static final Pattern KEY = Pattern.compile("[!-~]{1,100}");
    private static final Pattern VERSION = Pattern.compile("[0-9A-Za-z.+_-]{1,100}");

    /**
     * Validates the shapes.
     *
     * @throws IllegalArgumentException if one is another
     */
    public Wish {
      if (!KEY.matcher(key).matches()) {
        throw new IllegalArgumentException(
            "key of a command: expected 1 to 100 printable ASCII characters");
      }
      if (!kind.equals(RESTART) && !kind.equals(DEPLOY)) {
        throw new IllegalArgumentException("command " + kind + ": expected RESTART or DEPLOY");
      }
      boolean fits = version.isEmpty() || kind.equals(DEPLOY);
      if (!fits || !version.map(text -> VERSION.matcher(text).matches()).orElse(true)) {
        throw new IllegalArgumentException(
            "version " + version + " of " + kind + ": expected one such as 1.4.0, for DEPLOY only");
      }
      if (within.isNegative() || within.isZero() || within.compareTo(LONGEST) > 0) {
        throw new IllegalArgumentException(
            "time " + within + " of " + kind + ": expected more than nothing, at most " + LONGEST);
      }
    }

    /** Returns the wish for a restart. */
    public static Wish restart(String key) {
      return new Wish(key, RESTART, Optional.empty(), DEFAULT_TIME);
    }

    /** Returns the wish that the confirmed version is deployed. */
    public static Wish deploy(String key) {
      return new Wish(key, DEPLOY, Optional.empty(), DEFAULT_TIME);
    }
  }
}
