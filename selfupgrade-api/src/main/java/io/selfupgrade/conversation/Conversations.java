package io.selfupgrade.conversation;

import java.util.List;
import java.util.Optional;

/**
 * The door to the agent's conversations, shared by all its instances.
 *
 * <p>Thread-safe. Needs no {@code start()}: the first call opens the store. A conversation is there
 * from its first message on. Messages are added, and never changed; whatever writes at the same
 * time, each has its own place in one order.
 *
 * <p>A model is shown the <i>context</i>: all messages, unless {@link #setContext} has chosen. What
 * is not in it any more stays in the conversation.
 *
 * <pre>{@code
 * conversations.append("chat-7", Message.user("When is the meeting?"));
 * List<Posted> prompt = conversations.window("chat-7", 20);
 * conversations.append("chat-7", Message.assistant("On Monday."));
 * }</pre>
 *
 * <p>Ids are as {@link Conversation#requireId} wants them, else {@link IllegalArgumentException}.
 * Every method throws {@link io.selfupgrade.agent.AdapterException} when the store cannot be
 * reached. After one of a call that writes it is not known whether that was done: read the end of
 * the conversation before it is written again.
 */
public interface Conversations {

  /** Adds a message at the end. */
  default Posted append(String conversation, Message message) {
    return append(conversation, List.of(message)).get(0);
  }

  /**
   * Adds messages at the end, one after another with nothing between; all of them or none.
   *
   * @param messages at most 1,000 of 20,000,000 characters together
   * @return them as they are kept
   * @throws IllegalArgumentException if these are too many, or attributes are no JSON object
   */
  List<Posted> append(String conversation, List<Message> messages);

  /**
   * Reads the last messages, as a model can be shown them.
   *
   * <p>No result of a tool is among them without its call: for a result at the beginning the call
   * is read too, which may be a few messages more; results whose call is nowhere near are left out.
   *
   * @param most 1 to 1,000
   * @return in their order; fewer where they have more than 20,000,000 characters
   */
  List<Posted> window(String conversation, int most);

  /**
   * Reads backwards: the messages before a place.
   *
   * @param sequence of the first that is not read; {@link Long#MAX_VALUE}: from the end
   * @param most 1 to 1,000
   */
  MessagePage before(String conversation, long sequence, int most);

  /**
   * Reads forwards: the messages after a place.
   *
   * @param sequence of the last that is not read; 0: from the beginning
   * @param most 1 to 1,000
   */
  MessagePage after(String conversation, long sequence, int most);

  /**
   * Reads what a model is to be shown.
   *
   * @return in the order of showing; of a context above 10,000 messages or 20,000,000 characters
   *     its end
   */
  List<Posted> context(String conversation);

  /**
   * Makes a list of messages what a model is to be shown, as frameworks keep a chat's memory that
   * hand over the whole list each time.
   *
   * <p>Messages of the present context are known again by what they say, and stay what they are;
   * others are added to the conversation. Nothing is rewritten or deleted. What is appended later
   * joins the context. Where somebody else writes at the same time, their messages stay in the
   * conversation, and are in the context if they came after.
   *
   * @param messages at most 10,000 of 20,000,000 characters together
   * @return those that were added
   * @throws IllegalArgumentException if these are too many, or attributes are no JSON object
   */
  List<Posted> setContext(String conversation, List<Message> messages);

  /** Finds a conversation. */
  Optional<Conversation> find(String conversation);

  /**
   * Lists conversations by their ids.
   *
   * @param after ids that come after this one; empty: from the beginning
   * @param most 1 to 1,000
   */
  List<Conversation> list(String after, int most);

  /**
   * Deletes a conversation with all its messages. Snapshots that were taken before keep them.
   *
   * @return whether it was there
   */
  boolean delete(String conversation);
}
