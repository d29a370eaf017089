package io.selfupgrade.core.release;

import io.selfupgrade.agent.Version;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The index of a channel, as its signed {@code latest.json} says it: which release is the newest.
 *
 * @param name the agent
 * @param channel the channel: 1 to 32 characters of {@code a-z 0-9 -}
 * @param version the newest release
 * @param serial grows with each index that is published for the channel; 1 or more
 * @param created when it was made
 * @param expires after which it says nothing any more
 */
public record ReleaseIndex(
    String name,
    String channel,
    Version version,
    long serial,
    Instant created,
    Optional<Instant> expires) {

  private static final Pattern CHANNEL = Pattern.compile("[a-z0-9][a-z0-9-]{0,31}");

  /**
   * Validates the parts.
   *
   * @throws IllegalArgumentException if channel or serial are out of their range
   */
  public ReleaseIndex {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(version, "version");
    Objects.requireNonNull(created, "created");
    Objects.requireNonNull(expires, "expires");
    if (!CHANNEL.matcher(channel).matches()) {
      throw new IllegalArgumentException(
          "channel \"" + channel + "\" is not usable: expected 1 to 32 characters of a-z 0-9 -");
    }
    if (serial < 1) {
      throw new IllegalArgumentException("serial " + serial + " is not usable: expected 1 or more");
    }
  }
}
