package io.selfupgrade.config;

import io.selfupgrade.agent.Json;
import java.time.Instant;
import java.util.Objects;
import java.util.regex.Pattern;

/**
 * A value of the agent's configuration.
 *
 * @param key 1 to 100 characters of {@code a-z A-Z 0-9 . _ : / -}, beginning with a letter or a
 *     digit
 * @param value what it is set to; a store may write it with other white space than it was given
 * @param version which write this is; greater with each write and never used again, not even after
 *     a removal
 * @param changedAt when, on the store's clock
 */
public record Setting(String key, Json value, long version, Instant changedAt) {

  private static final Pattern KEY = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._:/-]{0,99}");

  /** Validates the parts. */
  public Setting {
    requireKey(key);
    Objects.requireNonNull(value, "value");
    Objects.requireNonNull(changedAt, "changedAt");
  }

  /**
   * Checks the shape of a key.
   *
   * @throws IllegalArgumentException if it has another shape
   */
  public static void requireKey(String key) {
    Objects.requireNonNull(key, "key");
    if (!KEY.matcher(key).matches()) {
      throw new IllegalArgumentException(
          "key \""
              + key
              + "\" is not usable: expected 1 to 100 characters of a-z A-Z 0-9 . _ : / -"
              + " beginning with a letter or a digit");
    }
  }
}
