package io.selfupgrade.agent;

import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;

/**
 * A secret value whose {@code toString} is redacted.
 *
 * <p>Equality is identity, so that a secret cannot be probed by comparison. Reveal it at the last
 * moment, at the place that sends it.
 */
public final class Secret {

  private final Supplier<String> value;

  private Secret(Supplier<String> value) {
    this.value = value;
  }

  /** Wraps a value that is already in memory. */
  public static Secret of(String value) {
    Objects.requireNonNull(value, "value");
    return new Secret(() -> value);
  }

  /**
   * Describes the environment variable of that name, read when the secret is revealed.
   *
   * @param name the variable's name
   */
  public static Secret env(String name) {
    Objects.requireNonNull(name, "name");
    return new Secret(
        () -> {
          String found = System.getenv(name);
          if (found == null || found.isBlank()) {
            throw new ConfigurationException(
                List.of("environment variable " + name + " is not set: set it before the start"));
          }
          return found;
        });
  }

  /**
   * Returns the secret itself.
   *
   * @throws ConfigurationException if it comes from an environment variable that is not set
   */
  public String reveal() {
    return value.get();
  }

  /** Returns a fixed text that tells nothing. */
  @Override
  public String toString() {
    return "Secret[redacted]";
  }
}
