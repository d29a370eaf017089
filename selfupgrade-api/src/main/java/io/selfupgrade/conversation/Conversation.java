package io.selfupgrade.conversation;

import java.time.Instant;
import java.util.Objects;

/**
 * A conversation, without its messages.
 *
 * @param id the caller's own, such as a chat's; 1 to 200 characters, unique in the agent
 * @param last the sequence of its last message; 0: nothing was said yet
 * @param createdAt since when it is kept, on the store's clock
 * @param lastAt when something was said last
 */
public record Conversation(String id, long last, Instant createdAt, Instant lastAt) {

  private static final int LONGEST_ID = 200;

  /** Validates the parts. */
  public Conversation {
    requireId(id);
    Objects.requireNonNull(createdAt, "createdAt");
    Objects.requireNonNull(lastAt, "lastAt");
  }

  /**
   * Checks the shape of an id.
   *
   * @throws IllegalArgumentException if it has another shape
   */
  public static void requireId(String id) {
    Objects.requireNonNull(id, "conversation");
    if (id.isBlank()
        || id.length() > LONGEST_ID
        || !MessageText.keepable("conversation", id).equals(id)) {
      throw new IllegalArgumentException(
          "id of a conversation, of "
              + id.length()
              + " characters, is not usable: expected 1 to "
              + LONGEST_ID
              + ", not blank, without the character 0 and halves of surrogate pairs");
    }
  }
}
