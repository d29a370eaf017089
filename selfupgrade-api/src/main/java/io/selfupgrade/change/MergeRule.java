package io.selfupgrade.change;

import java.util.Objects;
import java.util.Set;

/**
 * When a change is merged without a person.
 *
 * @param method how
 * @param checks names of the checks and statuses that must be there and have passed
 */
public record MergeRule(MergeMethod method, Set<String> checks) {

  /**
   * Copies and validates.
   *
   * @throws IllegalArgumentException if no check is named, or one has no name
   */
  public MergeRule {
    Objects.requireNonNull(method, "method");
    checks = Set.copyOf(checks);
    if (checks.isEmpty() || checks.stream().anyMatch(String::isBlank)) {
      throw new IllegalArgumentException(
          "checks " + checks + ": name at least one that has to pass before anything is merged");
    }
  }
}
