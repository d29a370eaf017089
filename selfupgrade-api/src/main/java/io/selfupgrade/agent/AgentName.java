package io.selfupgrade.agent;

import java.util.Objects;
import java.util.regex.Pattern;

/**
 * The name of an agent: the logical program that its instances are processes of.
 *
 * @param value 1 to 63 characters of {@code a-z A-Z 0-9 . _ -}, beginning with a letter or a digit
 */
public record AgentName(String value) {

  private static final Pattern SHAPE = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,62}");

  /**
   * Validates the name.
   *
   * @throws IllegalArgumentException if the value has another shape
   */
  public AgentName {
    Objects.requireNonNull(value, "value");
    if (!SHAPE.matcher(value).matches()) {
      throw new IllegalArgumentException(
          "agent name \""
              + value
              + "\" is not usable: expected 1 to 63 characters of a-z A-Z 0-9 . _ - beginning with a"
              + " letter or a digit");
    }
  }

  /** Returns the name itself. */
  @Override
  public String toString() {
    return value;
  }
}
