package io.selfupgrade.testkit;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.conversation.Conversation;
import io.selfupgrade.conversation.ConversationStore;
import io.selfupgrade.conversation.Message;
import io.selfupgrade.conversation.MessagePage;
import io.selfupgrade.conversation.Posted;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;

/** Conversations in memory. */
final class InMemoryConversationStore implements ConversationStore {

  /** As the bytes of UTF-8 are sorted, which is by code points. */
  static final Comparator<String> BY_CODE_POINTS =
      Comparator.comparing(id -> id.getBytes(StandardCharsets.UTF_8), Arrays::compareUnsigned);

  private final InMemoryState state;

  InMemoryConversationStore(InMemoryState state) {
    this.state = state;
  }

  @Override
  public List<Posted> append(Author author, String conversation, List<Message> messages) {
    return state.transact(
        () -> {
          Row row = find(author.agent()).row(conversation).orElseGet(() -> Row.at(state.now()));
          return put(author, conversation, row.with(author, messages, state.now()), messages);
        });
  }

  @Override
  public Optional<List<Posted>> show(
      Author author, String conversation, Optional<UUID> expected, Showing showing) {
    return state.transact(
        () -> {
          Optional<Row> known = find(author.agent()).row(conversation);
          if (!known.map(Row::revision).equals(expected)) {
            return Optional.empty();
          }
          Row row = known.orElseGet(() -> Row.at(state.now()));
          Row next = row.with(author, showing.added(), state.now()).showing(showing.spans());
          return Optional.of(put(author, conversation, next, showing.added()));
        });
  }

  private List<Posted> put(Author author, String conversation, Row row, List<Message> added) {
    find(author.agent()).rows().conversations.put(conversation, row);
    return row.messages().subList(row.messages().size() - added.size(), row.messages().size());
  }

  @Override
  public MessagePage read(AgentName agent, String conversation, Cursor cursor, int most) {
    return state.transact(
        () -> {
          List<Posted> beyond =
              new ArrayList<>(
                  find(agent).row(conversation).stream()
                      .flatMap(row -> row.messages().stream())
                      .filter(
                          posted ->
                              cursor.back()
                                  ? posted.sequence() < cursor.sequence()
                                  : posted.sequence() > cursor.sequence())
                      .toList());
          if (cursor.back()) {
            Collections.reverse(beyond);
          }
          List<Posted> read = ConversationStore.fitting(beyond, most);
          boolean more = read.size() < beyond.size();
          if (cursor.back()) {
            Collections.reverse(read);
          }
          return new MessagePage(read, more);
        });
  }

  @Override
  public Optional<Shown> context(AgentName agent, String conversation, int most) {
    return state.transact(
        () ->
            find(agent)
                .row(conversation)
                .map(
                    row -> {
                      List<Posted> all = new ArrayList<>(row.shown());
                      Collections.reverse(all);
                      List<Posted> read = ConversationStore.fitting(all, most);
                      boolean whole = read.size() == all.size();
                      Collections.reverse(read);
                      return new Shown(row.revision(), row.last(), read, whole);
                    }));
  }

  @Override
  public Optional<Conversation> find(AgentName agent, String conversation) {
    return state.transact(
        () -> find(agent).row(conversation).map(row -> row.conversation(conversation)));
  }

  @Override
  public List<Conversation> list(AgentName agent, String after, int most) {
    return state.transact(
        () ->
            find(agent).rows().conversations.tailMap(after, false).entrySet().stream()
                .limit(most)
                .map(entry -> entry.getValue().conversation(entry.getKey()))
                .toList());
  }

  @Override
  public boolean delete(AgentName agent, String conversation) {
    return state.transact(() -> find(agent).rows().conversations.remove(conversation) != null);
  }

  private Of find(AgentName agent) {
    return new Of(state.rows(agent));
  }

  private record Of(AgentRows rows) {
    Optional<Row> row(String conversation) {
      return Optional.ofNullable(rows.conversations.get(conversation));
    }
  }

  /**
   * A conversation.
   *
   * @param revision its last write
   * @param last the sequence of its last message, which may have been deleted
   * @param spans its context
   * @param messages those that are there
   */
  record Row(
      UUID revision,
      long last,
      Instant createdAt,
      Instant lastAt,
      List<Span> spans,
      List<Posted> messages) {

    static Row at(Instant now) {
      return new Row(UUID.randomUUID(), 0, now, now, List.of(Span.ALL), List.of());
    }

    Row with(Author author, List<Message> added, Instant now) {
      Instant at = now.isBefore(lastAt) ? lastAt : now;
      List<Posted> all = new ArrayList<>(messages);
      long sequence = last;
      for (Message message : added) {
        sequence++;
        all.add(new Posted(sequence, message, at, author.instance(), author.epoch()));
      }
      Instant newest = added.isEmpty() ? lastAt : at;
      return new Row(UUID.randomUUID(), sequence, createdAt, newest, spans, List.copyOf(all));
    }

    Row showing(List<Span> chosen) {
      return new Row(revision, last, createdAt, lastAt, chosen, messages);
    }

    Row withoutFirst(int count) {
      return new Row(
          revision, last, createdAt, lastAt, spans, messages.subList(count, messages.size()));
    }

    List<Posted> shown() {
      return spans.stream().flatMap(span -> between(span.first(), span.last())).toList();
    }

    private Stream<Posted> between(long first, long last) {
      return messages.stream()
          .filter(posted -> posted.sequence() >= first && posted.sequence() <= last);
    }

    Conversation conversation(String id) {
      return new Conversation(id, last, createdAt, lastAt);
    }
  }
}
