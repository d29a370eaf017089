package io.selfupgrade.core.conversation;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.InstanceId;
import io.selfupgrade.conversation.Conversation;
import io.selfupgrade.conversation.ConversationStore;
import io.selfupgrade.conversation.ConversationStore.Author;
import io.selfupgrade.conversation.ConversationStore.Cursor;
import io.selfupgrade.conversation.ConversationStore.Showing;
import io.selfupgrade.conversation.ConversationStore.Shown;
import io.selfupgrade.conversation.Conversations;
import io.selfupgrade.conversation.Message;
import io.selfupgrade.conversation.MessagePage;
import io.selfupgrade.conversation.Posted;
import io.selfupgrade.core.json.JsonText;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;

/** The engine behind {@link Conversations}; has no thread, every call runs on its caller's. */
public final class ConversationEngine implements Conversations {

  private static final int MOST_MESSAGES = 1_000;
  private static final int MOST_SHOWN = 10_000;
  private static final int MOST_ATTEMPTS = 20;

  /** How many messages before a window are looked through for a call. */
  private static final int CALLS_ARE_WITHIN = 64;

  /** Characters of UTF-16 become three bytes of UTF-8 at the most. */
  private static final int MOST_ATTRIBUTE_BYTES = 3 * Message.MOST_CHARACTERS;

  private final AgentName agent;
  private final InstanceId self;
  private final Supplier<ConversationStore> store;
  private final Supplier<Optional<Fence>> fence;

  /**
   * Describes an engine; reads nothing.
   *
   * @param agent whose conversations
   * @param self who writes
   * @param store opens the store at the first use
   * @param fence of this instance while it leads
   */
  public ConversationEngine(
      AgentName agent,
      InstanceId self,
      Supplier<ConversationStore> store,
      Supplier<Optional<Fence>> fence) {
    this.agent = agent;
    this.self = self;
    this.store = store;
    this.fence = fence;
  }

  @Override
  public List<Posted> append(String conversation, List<Message> messages) {
    Conversation.requireId(conversation);
    List<Message> added = checked(messages, MOST_MESSAGES);
    if (added.isEmpty()) {
      return List.of();
    }
    return store.get().append(author(), conversation, added);
  }

  @Override
  public List<Posted> window(String conversation, int most) {
    MessagePage end = page(conversation, new Cursor(Long.MAX_VALUE, true), most, CALLS_ARE_WITHIN);
    return Prompt.window(end.messages(), most);
  }

  @Override
  public MessagePage before(String conversation, long sequence, int most) {
    return page(conversation, new Cursor(sequence, true), most, 0);
  }

  @Override
  public MessagePage after(String conversation, long sequence, int most) {
    return page(conversation, new Cursor(sequence, false), most, 0);
  }

  private MessagePage page(String conversation, Cursor cursor, int most, int besides) {
    Conversation.requireId(conversation);
    requireFew(most);
    return store.get().read(agent, conversation, cursor, most + besides);
  }

  @Override
  public List<Posted> context(String conversation) {
    Conversation.requireId(conversation);
    return store
        .get()
        .context(agent, conversation, MOST_SHOWN)
        .map(shown -> shown.whole() ? shown.messages() : Prompt.complete(shown.messages()))
        .orElse(List.of());
  }

  @Override
  public List<Posted> setContext(String conversation, List<Message> messages) {
    Conversation.requireId(conversation);
    List<Message> wanted = checked(messages, MOST_SHOWN);
    ConversationStore open = store.get();
    for (int attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
      Optional<Shown> shown = open.context(agent, conversation, MOST_SHOWN);
      List<Posted> present = shown.map(Shown::messages).orElse(List.of());
      if (present.stream().map(Posted::message).toList().equals(wanted)) {
        return List.of();
      }
      Showing showing = Alignment.of(present, shown.map(Shown::last).orElse(0L), wanted);
      Optional<List<Posted>> added =
          open.show(author(), conversation, shown.map(Shown::revision), showing);
      if (added.isPresent()) {
        return added.get();
      }
    }
    throw new AdapterException(
        "ConversationStore",
        "setting the context of a conversation: others wrote to it at each of "
            + MOST_ATTEMPTS
            + " attempts; try again, or let one of them write at a time",
        true,
        null);
  }

  @Override
  public Optional<Conversation> find(String conversation) {
    Conversation.requireId(conversation);
    return store.get().find(agent, conversation);
  }

  @Override
  public List<Conversation> list(String after, int most) {
    Objects.requireNonNull(after, "after");
    if (!after.isEmpty()) {
      Conversation.requireId(after);
    }
    requireFew(most);
    return store.get().list(agent, after, most);
  }

  @Override
  public boolean delete(String conversation) {
    Conversation.requireId(conversation);
    return store.get().delete(agent, conversation);
  }

  private Author author() {
    return new Author(agent, self, fence.get().map(Fence::epoch).orElse(0L));
  }

  private static void requireFew(int most) {
    if (most < 1 || most > MOST_MESSAGES) {
      throw new IllegalArgumentException(
          "at most " + most + ": expected 1 to " + MOST_MESSAGES + "; read on in pages");
    }
  }

  private static List<Message> checked(List<Message> messages, int most) {
    List<Message> copied = List.copyOf(messages);
    if (copied.size() > most) {
      throw new IllegalArgumentException(
          copied.size() + " messages at once: expected at most " + most);
    }
    long characters = copied.stream().mapToLong(Message::characters).sum();
    if (characters > ConversationStore.MOST_CHARACTERS) {
      throw new IllegalArgumentException(
          "messages of "
              + characters
              + " characters at once: expected at most "
              + ConversationStore.MOST_CHARACTERS);
    }
    for (Message message : copied) {
      JsonText.requireJsonObject(
          "the attributes of a message", message.attributes().text(), MOST_ATTRIBUTE_BYTES);
    }
    return copied;
  }
}
