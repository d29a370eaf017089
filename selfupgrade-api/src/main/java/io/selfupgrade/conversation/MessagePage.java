package io.selfupgrade.conversation;

import java.util.List;

/**
 * Some messages that follow one another.
 *
 * @param messages in their order
 * @param more whether there are others beyond, in the direction of reading
 */
public record MessagePage(List<Posted> messages, boolean more) {

  /** Copies. */
  public MessagePage {
    messages = List.copyOf(messages);
  }
}
