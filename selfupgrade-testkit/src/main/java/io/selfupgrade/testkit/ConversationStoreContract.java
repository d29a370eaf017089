package io.selfupgrade.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.InstanceId;
import io.selfupgrade.agent.Json;
import io.selfupgrade.conversation.Conversation;
import io.selfupgrade.conversation.ConversationStore;
import io.selfupgrade.conversation.ConversationStore.Author;
import io.selfupgrade.conversation.ConversationStore.Cursor;
import io.selfupgrade.conversation.Message;
import io.selfupgrade.conversation.MessagePage;
import io.selfupgrade.conversation.Posted;
import io.selfupgrade.conversation.ToolCall;
import io.selfupgrade.conversation.ToolResult;
import io.selfupgrade.upgrade.RestorePlan;
import io.selfupgrade.upgrade.RestoreResult;
import io.selfupgrade.upgrade.SnapshotStore.Snapshot;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** Obligations of {@link ConversationStore} about messages. */
abstract class ConversationStoreContract extends StoreContract {

  private static final int MANY = 1_000;
  private static final Cursor FROM_THE_BEGINNING = new Cursor(0, false);
  private static final Cursor FROM_THE_END = new Cursor(Long.MAX_VALUE, true);

  @Test
  void messagesAreReadExactlyAsTheyWereWritten() {
    Author author = new Author(scene.agent, InstanceId.random(), 7);
    List<Message> said =
        List.of(
            Message.system("Be brief, don't say \"sir\".\n\ttabs, \u2028 and \uD83D\uDE00"),
            Message.user("").attributes(Json.of("{ \"b\": 1.0,  \"a\": [1e3, \"\\n\"] }")),
            Message.assistant(
                "Two calls:",
                new ToolCall("call-1", "add", "{\"a\": 1,\n \"a\":2}"),
                new ToolCall("", "now", "")),
            Message.tool(
                new ToolResult("call-1", "add", "3", false),
                new ToolResult("", "now", "no clock: \u0000 \\ '", true)));

    List<Posted> kept = store.conversations().append(author, "chat", said);

    assertThat(kept).extracting(Posted::message).isEqualTo(said);
    assertThat(kept)
        .allSatisfy(
            posted -> {
              assertThat(posted.instance()).isEqualTo(author.instance());
              assertThat(posted.epoch()).isEqualTo(7);
            });
    assertThat(secondStore().conversations().read(scene.agent, "chat", FROM_THE_BEGINNING, MANY))
        .isEqualTo(new MessagePage(kept, false));
  }

  @Test
  void messagesAreNumberedFromOneAndTheirTimesFollow() {
    List<Posted> first = say("chat", "a", "b");
    passShort();
    List<Posted> then = say("chat", "c");

    assertThat(first).extracting(Posted::sequence).containsExactly(1L, 2L);
    assertThat(then).extracting(Posted::sequence).containsExactly(3L);
    assertThat(then.get(0).at()).isAfter(first.get(1).at());
    Conversation found = store.conversations().find(scene.agent, "chat").orElseThrow();
    assertThat(found.last()).isEqualTo(3);
    assertThat(found.lastAt()).isEqualTo(then.get(0).at());
    assertThat(found.createdAt()).isBeforeOrEqualTo(first.get(0).at());
  }

  @Test
  void writersAtTheSameTimeEachHaveTheirPlace() {
    ConversationStore other = secondStore().conversations();
    List<List<Posted>> kept =
        inThreads(
            index -> {
              List<Posted> own = new ArrayList<>();
              ConversationStore mine = index % 2 == 0 ? store.conversations() : other;
              for (int round = 0; round < 5; round++) {
                String text = index + "/" + round;
                own.addAll(
                    mine.append(
                        author(scene.agent),
                        "busy",
                        List.of(Message.user(text), Message.assistant(text))));
              }
              return own;
            });

    List<Posted> all = read("busy", FROM_THE_BEGINNING, MANY).messages();
    assertThat(all)
        .extracting(Posted::sequence)
        .isEqualTo(LongStream.rangeClosed(1, THREADS * 10L).boxed().toList());
    assertThat(all).extracting(Posted::at).isSorted();
    for (int i = 0; i < all.size(); i += 2) {
      assertThat(all.get(i).message().content())
          .as("what was written in one call follows one another")
          .isEqualTo(all.get(i + 1).message().content());
    }
    for (List<Posted> own : kept) {
      assertThat(own).extracting(Posted::sequence).isSorted();
      assertThat(all).containsAll(own);
    }
  }

  @Test
  void anAgentSeesItsOwnOnly() {
    AgentName stranger = new Scene(store).agent;
    List<Posted> mine = say("chat", "a secret");

    assertThat(store.conversations().find(stranger, "chat")).isEmpty();
    assertThat(store.conversations().read(stranger, "chat", FROM_THE_END, MANY).messages())
        .isEmpty();
    assertThat(store.conversations().context(stranger, "chat", MANY)).isEmpty();
    assertThat(store.conversations().list(stranger, "", MANY)).isEmpty();
    assertThat(store.conversations().delete(stranger, "chat")).isFalse();
    List<Posted> theirs =
        store
            .conversations()
            .append(author(stranger), "chat", List.of(Message.user("another chat")));
    assertThat(theirs).extracting(Posted::sequence).containsExactly(1L);
    assertThat(read("chat", FROM_THE_END, MANY).messages()).isEqualTo(mine);
  }

  @Test
  void pagesGoForwardsAndBackwards() {
    List<Posted> all = say("chat", "1", "2", "3", "4", "5");

    assertThat(read("chat", FROM_THE_BEGINNING, 2))
        .isEqualTo(new MessagePage(all.subList(0, 2), true));
    assertThat(read("chat", new Cursor(2, false), 2))
        .isEqualTo(new MessagePage(all.subList(2, 4), true));
    assertThat(read("chat", new Cursor(3, false), 2))
        .isEqualTo(new MessagePage(all.subList(3, 5), false));
    assertThat(read("chat", FROM_THE_END, 2)).isEqualTo(new MessagePage(all.subList(3, 5), true));
    assertThat(read("chat", new Cursor(4, true), 3))
        .isEqualTo(new MessagePage(all.subList(0, 3), false));
    assertThat(read("chat", new Cursor(1, true), 3)).isEqualTo(new MessagePage(List.of(), false));
    assertThat(read("unknown", FROM_THE_END, 3)).isEqualTo(new MessagePage(List.of(), false));
  }

  @Test
  void readingIsLimitedByLengthAndGivesOneAtLeast() {
    String long9 = "x".repeat(9_000_000);
    for (int i = 0; i < 3; i++) {
      say("long", long9);
    }

    MessagePage end = read("long", FROM_THE_END, MANY);
    assertThat(end.messages()).extracting(Posted::sequence).containsExactly(2L, 3L);
    assertThat(end.more()).isTrue();
    assertThat(read("long", FROM_THE_BEGINNING, 1).messages())
        .extracting(Posted::sequence)
        .containsExactly(1L);
    var shown = store.conversations().context(scene.agent, "long", MANY).orElseThrow();
    assertThat(shown.messages()).isEqualTo(end.messages());
    assertThat(shown.whole()).isFalse();
  }

  @Test
  void conversationsAreListedByTheirIds() {
    List<String> ids = List.of("Z", "a", "a/1", "b", "\uFF5E", "\uD83D\uDE00");
    List<String> mixed = new ArrayList<>(ids);
    Collections.reverse(mixed);
    mixed.forEach(id -> say(id, "hello"));

    List<Conversation> all = store.conversations().list(scene.agent, "", MANY);
    assertThat(all).extracting(Conversation::id).isEqualTo(ids);
    assertThat(store.conversations().list(scene.agent, "", 2)).isEqualTo(all.subList(0, 2));
    assertThat(store.conversations().list(scene.agent, "a", 2)).isEqualTo(all.subList(2, 4));
    assertThat(store.conversations().list(scene.agent, "\uD83D\uDE00", 2)).isEmpty();
    assertThat(store.conversations().find(scene.agent, "b")).contains(all.get(3));
    assertThat(store.conversations().find(scene.agent, "c")).isEmpty();
  }

  @Test
  void whatIsDeletedIsGoneAndBeginsAnew() {
    say("chat", "a", "b");
    say("other", "c");

    assertThat(store.conversations().delete(scene.agent, "chat")).isTrue();

    assertThat(store.conversations().delete(scene.agent, "chat")).isFalse();
    assertThat(store.conversations().find(scene.agent, "chat")).isEmpty();
    assertThat(read("chat", FROM_THE_END, MANY).messages()).isEmpty();
    assertThat(read("other", FROM_THE_END, MANY).messages()).hasSize(1);
    assertThat(say("chat", "d")).extracting(Posted::sequence).containsExactly(1L);
    assertThat(read("chat", FROM_THE_END, MANY).messages()).hasSize(1);
  }

  @Test
  void deletingWhileOthersWriteLeavesNothingHalf() {
    inThreads(
        index -> {
          for (int round = 0; round < 10; round++) {
            if (index == 0) {
              store.conversations().delete(scene.agent, "chat");
            } else {
              say("chat", "a", "b");
            }
          }
          return index;
        });

    List<Posted> left = read("chat", FROM_THE_BEGINNING, MANY).messages();
    assertThat(left)
        .extracting(Posted::sequence)
        .isEqualTo(LongStream.rangeClosed(1, left.size()).boxed().toList());
    Fence primary = scene.lead();
    Snapshot all = store.snapshots().take(primary).orElseThrow();
    assertThat(all.rows())
        .as("no message without its conversation")
        .containsEntry("conversation_messages", (long) left.size());
  }

  @Test
  void aRestoreBringsConversationsBack() {
    Fence primary = scene.lead();
    say("kept", "a");
    say("changed", "a", "b");
    say("removed", "a");
    List<Posted> before = everything();
    Snapshot snapshot = store.snapshots().take(primary).orElseThrow();
    say("changed", "c");
    store.conversations().delete(scene.agent, "removed");
    say("removed", "another one");
    say("new", "a", "b");
    assertThat(everything()).isNotEqualTo(before);

    RestorePlan plan = store.snapshots().plan(scene.agent, snapshot.id()).orElseThrow();
    assertThat(store.snapshots().restore(primary, plan).orElseThrow())
        .isInstanceOf(RestoreResult.Restored.class);

    assertThat(everything()).isEqualTo(before);
    assertThat(store.conversations().list(scene.agent, "", MANY))
        .extracting(Conversation::id)
        .containsExactly("changed", "kept", "removed");
    assertThat(say("changed", "d")).extracting(Posted::sequence).containsExactly(3L);
  }

  private List<Posted> everything() {
    return store.conversations().list(scene.agent, "", MANY).stream()
        .flatMap(
            conversation -> read(conversation.id(), FROM_THE_BEGINNING, MANY).messages().stream())
        .toList();
  }

  private MessagePage read(String conversation, Cursor cursor, int most) {
    return store.conversations().read(scene.agent, conversation, cursor, most);
  }

  private List<Posted> say(String conversation, String... texts) {
    List<Message> messages = Arrays.stream(texts).map(Message::user).toList();
    return store.conversations().append(author(scene.agent), conversation, messages);
  }

  private static Author author(AgentName agent) {
    return new Author(agent, InstanceId.random(), 0);
  }
}
