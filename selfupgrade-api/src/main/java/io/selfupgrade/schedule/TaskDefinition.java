package io.selfupgrade.schedule;

import io.selfupgrade.agent.Json;
import java.util.Objects;
import java.util.regex.Pattern;

/**
 * A task as it is declared.
 *
 * @param name 1 to 100 characters of {@code a-z A-Z 0-9 . _ : -}, unique in its agent
 * @param schedule when it is due
 * @param policy how it is run
 * @param payload what its handler gets; {@link Json#EMPTY} by default
 */
public record TaskDefinition(String name, Schedule schedule, TaskPolicy policy, Json payload) {

  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._:-]{0,99}");

  /**
   * Validates the parts.
   *
   * @throws IllegalArgumentException if the name has another shape
   */
  public TaskDefinition {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(schedule, "schedule");
    Objects.requireNonNull(policy, "policy");
    Objects.requireNonNull(payload, "payload");
    if (!NAME.matcher(name).matches()) {
      throw new IllegalArgumentException(
          "task name \""
              + name
              + "\" is not usable: expected 1 to 100 characters of"
              + " a-z A-Z 0-9 . _ : - beginning with a letter or a digit");
    }
  }
}
