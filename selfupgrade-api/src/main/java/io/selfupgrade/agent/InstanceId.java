package io.selfupgrade.agent;

import java.util.Objects;
import java.util.UUID;

/**
 * The identity of one running process of an agent: a random UUID per process start.
 *
 * <p>Never derived from a host name or a process id, both of which are shared and reused.
 *
 * @param value the UUID
 */
public record InstanceId(UUID value) {

  /** Validates that the value is there. */
  public InstanceId {
    Objects.requireNonNull(value, "value");
  }

  /** Returns a new random identity. */
  public static InstanceId random() {
    return new InstanceId(UUID.randomUUID());
  }

  /**
   * Parses the canonical text form of a UUID.
   *
   * @throws IllegalArgumentException if the text is no UUID
   */
  public static InstanceId parse(String text) {
    return new InstanceId(UUID.fromString(text));
  }

  /** Returns the canonical text form of the UUID. */
  @Override
  public String toString() {
    return value.toString();
  }
}
