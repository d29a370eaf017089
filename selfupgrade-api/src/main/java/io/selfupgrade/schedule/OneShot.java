package io.selfupgrade.schedule;

import io.selfupgrade.agent.Json;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;

/**
 * Work to be done once, as it is submitted.
 *
 * <p>Cheaper than a task: one row that waits, and one that tells how it ended. Policy and code are
 * those of its handler, as the instance that runs it declares them; of the policy, retry, deadline
 * and scope count.
 *
 * @param handler name of the code that does it
 * @param payload what that gets
 * @param due when; empty: at once
 * @param key by which it is submitted once, however often that is tried, 1 to 200 characters; kept
 *     as long as the ledger. Empty: each submission counts
 */
public record OneShot(String handler, Json payload, Optional<Instant> due, Optional<String> key) {

  private static final int LONGEST_KEY = 200;
  private static final Instant LATEST = Instant.parse("9999-12-31T23:59:59Z");

  /**
   * Validates the parts.
   *
   * @throws IllegalArgumentException naming the part and what was expected
   */
  public OneShot {
    TaskConfig.requireName("handler of a one-shot", handler);
    Objects.requireNonNull(payload, "payload");
    Objects.requireNonNull(due, "due");
    Objects.requireNonNull(key, "key");
    if (due.isPresent() && (due.get().isBefore(Instant.EPOCH) || due.get().isAfter(LATEST))) {
      throw new IllegalArgumentException(
          "due " + due.get() + ": expected an instant of the years 1970 to 9999");
    }
    if (key.isPresent()
        && (key.get().isEmpty()
            || key.get().length() > LONGEST_KEY
            || key.get().indexOf('\0') >= 0)) {
      throw new IllegalArgumentException(
          "key of " + key.get().length() + " characters: expected 1 to 200, none of them NUL");
    }
  }

  /** Describes work that is due at once. */
  public static OneShot of(String handler, Json payload) {
    return new OneShot(handler, payload, Optional.empty(), Optional.empty());
  }

  /** Returns the same, due at an instant. */
  public OneShot at(Instant instant) {
    return new OneShot(handler, payload, Optional.of(instant), key);
  }

  /** Returns the same, submitted once by that key. */
  public OneShot key(String once) {
    return new OneShot(handler, payload, due, Optional.of(once));
  }
}
