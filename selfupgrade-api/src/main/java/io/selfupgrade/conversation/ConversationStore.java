package io.selfupgrade.conversation;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.InstanceId;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;

/**
 * Where conversations are kept.
 *
 * <p>Not fenced: every instance may write, and each message says which one did.
 *
 * <p><b>Obligations</b>, checked by the contract in testkit:
 *
 * <ol>
 *   <li>An agent sees its own conversations only.
 *   <li>Messages are read exactly as they were written: contents, tool calls, results, attributes.
 *   <li>The messages of a conversation are numbered 1, 2, 3, ... in the order of writing, without
 *       gaps and whoever writes at the same time; those of one call follow one another.
 *   <li>Their times are the store's, and never run against their order.
 *   <li>{@link #read} gives at most as many messages as it is asked for and at most {@link
 *       #MOST_CHARACTERS} characters, but always one if there is one; {@link #context} likewise.
 *   <li>{@link #show} writes only if the revision is the expected one, and all of it or nothing.
 *       Every write makes a revision that was never there before, in no conversation.
 *   <li>The context follows its spans, in their order; one that is open takes in what comes later.
 *       A conversation begins with one span of all.
 *   <li>{@link #delete} leaves no message behind, of those neither that are written at the same
 *       time; who writes after it begins at 1.
 *   <li>{@link #list} is sorted by id, by its code points.
 * </ol>
 */
public interface ConversationStore {

  /** Limit of the characters that one call reads. */
  long MOST_CHARACTERS = 20_000_000;

  /**
   * Returns the first of messages that one call may give; for stores.
   *
   * @param messages in the order of reading
   * @param most how many at the most
   */
  static List<Posted> fitting(List<Posted> messages, int most) {
    List<Posted> fitting = new ArrayList<>();
    long characters = 0;
    for (Posted posted : messages) {
      characters += posted.message().characters();
      if (fitting.size() == most || (characters > MOST_CHARACTERS && !fitting.isEmpty())) {
        break;
      }
      fitting.add(posted);
    }
    return fitting;
  }

  /** Adds messages at the end; at least one. */
  List<Posted> append(Author author, String conversation, List<Message> messages);

  /**
   * Reads messages that follow one another.
   *
   * @return in their order; none if there is no such conversation
   */
  MessagePage read(AgentName agent, String conversation, Cursor cursor, int most);

  /** Reads what a model is shown: the end of it, if it is too much; empty: no conversation. */
  Optional<Shown> context(AgentName agent, String conversation, int most);

  /**
   * Adds messages and sets the context, in one.
   *
   * @param expected the revision that was read; empty: the conversation is not there
   * @return the messages that were added; empty: the revision is another one, nothing was written
   */
  Optional<List<Posted>> show(
      Author author, String conversation, Optional<UUID> expected, Showing showing);

  /** Finds a conversation. */
  Optional<Conversation> find(AgentName agent, String conversation);

  /** Lists conversations whose ids come after one. */
  List<Conversation> list(AgentName agent, String after, int most);

  /** Deletes a conversation and its messages; whether it was there. */
  boolean delete(AgentName agent, String conversation);

  /**
   * Who writes.
   *
   * @param agent the agent
   * @param instance the instance
   * @param epoch at which it leads; 0: it does not
   */
  record Author(AgentName agent, InstanceId instance, long epoch) {
    /** Validates the parts. */
    public Author {
      Objects.requireNonNull(agent, "agent");
      Objects.requireNonNull(instance, "instance");
    }
  }

  /**
   * Where reading begins, and which way it goes.
   *
   * @param sequence the place, which is not read itself
   * @param back whether the messages before it are meant
   */
  record Cursor(long sequence, boolean back) {}

  /**
   * Messages between two places.
   *
   * @param first the sequence of the first one
   * @param last the sequence of the last one; {@link #OPEN}: all that follow
   */
  record Span(long first, long last) {

    /** The last place of a span that takes in what comes later. */
    public static final long OPEN = Long.MAX_VALUE;

    /** All messages, those to come too. */
    public static final Span ALL = new Span(1, OPEN);

    /** Validates the places. */
    public Span {
      if (first < 1 || last < first) {
        throw new IllegalArgumentException(
            "messages " + first + " to " + last + ": expected 1 or more, and an end after it");
      }
    }
  }

  /**
   * What is written to a context.
   *
   * @param added messages to add at the end; may be none
   * @param spans what is shown from then on, the added ones numbered too; no message twice
   */
  record Showing(List<Message> added, List<Span> spans) {
    /** Copies. */
    public Showing {
      added = List.copyOf(added);
      spans = List.copyOf(spans);
    }
  }

  /**
   * What a model is shown.
   *
   * @param revision which write the conversation has seen last
   * @param last the sequence of its last message; 0: none
   * @param messages in the order of showing
   * @param whole whether these are all of the context
   */
  record Shown(UUID revision, long last, List<Posted> messages, boolean whole) {
    /** Validates and copies. */
    public Shown {
      Objects.requireNonNull(revision, "revision");
      messages = List.copyOf(messages);
    }
  }
}
