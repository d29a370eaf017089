package io.selfupgrade.conversation;

import io.selfupgrade.agent.InstanceId;
import java.time.Instant;
import java.util.Objects;

/**
 * A message as it is kept.
 *
 * <p>Instance and epoch tell whose it is: what a version wrote that was rolled back is of the epoch
 * of its trial, and of the instances of that version.
 *
 * @param sequence its place in the conversation: 1 for the first, one more for each that follows
 * @param message what was said
 * @param at when, on the store's clock; never before the message that it follows
 * @param instance which process of the agent kept it
 * @param epoch at which that one led; 0: it did not
 */
public record Posted(long sequence, Message message, Instant at, InstanceId instance, long epoch) {

  /** Validates the parts. */
  public Posted {
    Objects.requireNonNull(message, "message");
    Objects.requireNonNull(at, "at");
    Objects.requireNonNull(instance, "instance");
    if (sequence < 1) {
      throw new IllegalArgumentException("sequence " + sequence + ": expected 1 or more");
    }
  }
}
