package io.selfupgrade;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Json;
import io.selfupgrade.conversation.Conversation;
import io.selfupgrade.conversation.Conversations;
import io.selfupgrade.conversation.Message;
import io.selfupgrade.conversation.Posted;
import io.selfupgrade.conversation.ToolCall;
import io.selfupgrade.conversation.ToolResult;
import io.selfupgrade.failover.Role;
import io.selfupgrade.testkit.Eventually;
import io.selfupgrade.testkit.FaultyStore;
import io.selfupgrade.testkit.InMemoryStore;
import io.selfupgrade.testkit.ManualClock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** An agent that talks. */
class ConversationsDoorTest {

  private static final AgentName NAME = new AgentName("talker");
  private static final Duration SOON = Duration.ofSeconds(20);

  private final ManualClock clock = ManualClock.at(Instant.parse("2026-01-01T00:00:00Z"));
  private final FaultyStore store = FaultyStore.around(new InMemoryStore(clock));
  private final SelfUpgrade agent = SelfUpgrade.builder("talker").store(store).build();
  private final Conversations talk = agent.conversations();

  @AfterEach
  void close() {
    agent.close();
  }

  @Test
  void anAgentThatOnlyTalksNeedsNoStartAndHoldsNoLease() {
    assertThat(store.calls()).isZero();

    Posted asked = talk.append("chat", Message.user("When is the meeting?"));
    clock.advance(Duration.ofMinutes(1));
    Posted answered = talk.append("chat", Message.assistant("On Monday."));

    assertThat(talk.window("chat", 10)).containsExactly(asked, answered);
    assertThat(answered.at()).isEqualTo(asked.at().plusSeconds(60));
    assertThat(asked.instance()).isEqualTo(agent.instance());
    assertThat(asked.epoch()).isZero();
    assertThat(talk.find("chat")).contains(new Conversation("chat", 2, asked.at(), answered.at()));
    assertThat(talk.list("", 10)).extracting(Conversation::id).containsExactly("chat");
    assertThat(talk.delete("chat")).isTrue();
    assertThat(talk.window("chat", 10)).isEmpty();
    assertThat(store.leadership().read(NAME)).isEmpty();
  }

  @Test
  void whatTheNextLeadershipSaysIsToldApart() {
    agent.start();
    Eventually.holds("it leads", SOON, () -> agent.role() == Role.PRIMARY);

    assertThat(talk.append("chat", Message.user("hello")).epoch())
        .isEqualTo(store.leadership().read(NAME).orElseThrow().fence().epoch());
  }

  @Test
  void aWindowBeginsWithTheCallThatItsResultsAnswer() {
    talk.append(
        "chat",
        List.of(
            Message.user("what is 1+2, and the time?"),
            Message.assistant("", new ToolCall("1", "add", "{}"), new ToolCall("", "now", "{}")),
            Message.tool(new ToolResult("1", "add", "3", false)),
            Message.user("well?"),
            Message.tool(new ToolResult("", "now", "noon", false)),
            Message.assistant("3, at noon")));

    assertThat(sequences(talk.window("chat", 1))).containsExactly(6L);
    assertThat(sequences(talk.window("chat", 2))).containsExactly(2L, 3L, 4L, 5L, 6L);
    assertThat(sequences(talk.window("chat", 4))).containsExactly(2L, 3L, 4L, 5L, 6L);
    assertThat(sequences(talk.window("chat", 6))).hasSize(6);
    assertThat(talk.window("nowhere", 6)).isEmpty();
  }

  @Test
  void aResultWhoseCallIsNowhereNearIsLeftOut() {
    talk.append("chat", Message.tool(new ToolResult("lost", "add", "3", false)));
    talk.append("chat", Message.assistant("", new ToolCall("far", "add", "{}")));
    for (int i = 0; i < 100; i++) {
      talk.append("chat", Message.user("message " + i));
    }
    talk.append("chat", Message.tool(new ToolResult("far", "add", "3", false)));

    assertThat(sequences(talk.window("chat", 2))).containsExactly(102L);
    assertThat(sequences(talk.window("chat", 103))).doesNotContain(1L).hasSize(102);
    assertThat(talk.after("chat", 0, 1).messages()).as("it is kept").hasSize(1);
  }

  @Test
  void aContextThatIsOnlyAddedToIsOnlyAddedTo() {
    List<Message> list = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      list.add(Message.user("same"));
      assertThat(talk.setContext("chat", list)).hasSize(1);
    }

    assertThat(sequences(talk.context("chat"))).containsExactly(1L, 2L, 3L, 4L);
    assertThat(talk.setContext("chat", list)).isEmpty();
    talk.append("chat", Message.user("by another way"));
    assertThat(talk.context("chat")).hasSize(5);
  }

  @Test
  void whatAContextHasNoMoreStaysInTheConversation() {
    Message first = Message.system("Be brief.");
    Message second = Message.system("Be kind.");
    talk.setContext("chat", List.of(first, Message.user("a"), Message.assistant("b")));

    assertThat(texts(talk.setContext("chat", List.of(Message.assistant("b"), second))))
        .containsExactly("Be kind.");
    talk.setContext("chat", List.of(second, Message.assistant("b"), Message.user("c")));

    assertThat(texts(talk.context("chat"))).containsExactly("Be kind.", "b", "c");
    assertThat(texts(talk.after("chat", 0, 100).messages()))
        .containsExactly("Be brief.", "a", "b", "Be kind.", "c");
    talk.setContext("chat", List.of(Message.system("In short: abc"), Message.user("c")));
    assertThat(texts(talk.context("chat"))).containsExactly("In short: abc", "c");
    talk.setContext("chat", List.of());
    assertThat(talk.context("chat")).isEmpty();
    assertThat(talk.after("chat", 0, 100).messages()).hasSize(6);
    talk.setContext("chat", List.of(Message.user("anew")));
    assertThat(sequences(talk.context("chat"))).containsExactly(7L);
  }

  @Test
  void contextsThatSeveralSetAreAllInTheConversation() {
    List<Thread> writers =
        IntStream.range(0, 6)
            .mapToObj(
                index ->
                    new Thread(
                        () -> {
                          List<Message> list = messages(talk.context("chat"));
                          list.add(Message.user("by " + index));
                          talk.setContext("chat", list);
                        }))
            .toList();
    writers.forEach(Thread::start);
    writers.forEach(ConversationsDoorTest::join);

    assertThat(texts(talk.after("chat", 0, 100).messages()))
        .contains("by 0", "by 1", "by 2", "by 3", "by 4", "by 5");
  }

  @Test
  void limitsAreToldWithWhatWasSeen() {
    assertThatThrownBy(() -> talk.append(" ", Message.user("a")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("id of a conversation");
    assertThatThrownBy(() -> talk.window("chat", 0)).hasMessageContaining("1 to 1000");
    assertThatThrownBy(() -> talk.list("", 1_001)).hasMessageContaining("1001");
    assertThatThrownBy(() -> talk.append("chat", Collections.nCopies(1_001, Message.user("a"))))
        .hasMessageContaining("1001 messages at once: expected at most 1000");
    assertThatThrownBy(() -> talk.append("chat", Message.user("a").attributes(Json.of("[1]"))))
        .hasMessageContaining("no JSON object");
    String long7 = "x".repeat(7_000_000);
    assertThatThrownBy(() -> talk.setContext("chat", Collections.nCopies(3, Message.user(long7))))
        .hasMessageContaining("21000006 characters");
    assertThatThrownBy(() -> Message.user("x".repeat(Message.MOST_CHARACTERS)))
        .hasMessageContaining("expected at most 10000000");
    assertThat(talk.append("chat", List.of())).isEmpty();
    assertThat(talk.find("chat")).isEmpty();
  }

  @Test
  void withTheStoreAwayItSaysSo() {
    store.goAway();
    assertThatThrownBy(() -> talk.append("chat", Message.user("a")))
        .isInstanceOfSatisfying(AdapterException.class, e -> assertThat(e.retryable()).isTrue());
  }

  @Test
  void whatNoStoreKeepsIsReplaced() {
    assertThat(Message.user("a\u0000b\uD83D").content()).isEqualTo("a\uFFFDb\uFFFD");
    assertThat(new ToolResult("1", "cat", "\uDE00\uD83D\uDE00\u0000", false).content())
        .isEqualTo("\uFFFD\uD83D\uDE00\uFFFD");
  }

  private static List<Message> messages(List<Posted> posted) {
    return new ArrayList<>(posted.stream().map(Posted::message).toList());
  }

  private static List<Long> sequences(List<Posted> posted) {
    return posted.stream().map(Posted::sequence).toList();
  }

  private static List<String> texts(List<Posted> posted) {
    return posted.stream().map(said -> said.message().content()).toList();
  }

  private static void join(Thread thread) {
    try {
      thread.join(SOON.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
    assertThat(thread.isAlive()).isFalse();
  }
}
