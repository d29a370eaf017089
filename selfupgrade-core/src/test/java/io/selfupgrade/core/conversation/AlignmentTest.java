package io.selfupgrade.core.conversation;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.InstanceId;
import io.selfupgrade.conversation.Message;
import io.selfupgrade.conversation.Message.Role;
import io.selfupgrade.conversation.Posted;
import io.selfupgrade.testkit.InMemoryStore;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What becomes of lists that a framework's memory hands over, of which the truth is known. */
class AlignmentTest {

  private static final long SEED = Long.getLong("seed", System.nanoTime());
  private static final int ROUNDS = Integer.getInteger("rounds", 300);

  private InMemoryStore store;
  private ConversationEngine talk;

  @BeforeEach
  void open() {
    store = new InMemoryStore(Clock.systemUTC());
    talk =
        new ConversationEngine(
            new AgentName("framework"),
            InstanceId.random(),
            () -> store.conversations(),
            Optional::empty);
  }

  /** Messages that all differ: the conversation is exactly what was said, in its order. */
  @Test
  void aWindowThatMovesLosesAndDoublesNothing() {
    Random random = new Random(SEED);
    Said said = new Said();
    for (int i = 0; i < ROUNDS; i++) {
      said.move(random, "message " + i);
      assertHandedOver(said);
    }
    assertThat(texts(everything())).as("seed " + SEED).isEqualTo(said.all);
  }

  /** Two words only: as long as the list changes, each new message is one. */
  @Test
  void aWindowOfEqualMessagesLosesAndDoublesNothing() {
    Random random = new Random(SEED);
    Said said = new Said();
    for (int i = 0; i < ROUNDS; i++) {
      List<Message> before = said.withoutSystem();
      said.move(random, random.nextBoolean() ? "yes" : "no");
      if (said.withoutSystem().equals(before)) {
        // Nobody could tell that from nothing.
        said.all.remove(said.all.size() - 1);
      }
      assertHandedOver(said);
    }
    assertThat(texts(everything())).as("seed " + SEED).isEqualTo(said.all);
  }

  /** A window as short as a turn: the question is the same, but asked again. */
  @Test
  void aTurnThatTookThePlaceOfAnotherIsNewAllOfIt() {
    talk.setContext("chat", List.of(Message.user("yes"), Message.assistant("a")));
    talk.setContext("chat", List.of(Message.user("yes"), Message.assistant("b")));

    assertThat(texts(everything())).containsExactly("yes", "a", "yes", "b");
  }

  @Test
  void whatIsTakenBackOrSaidAnotherWayLeavesTheRestKnown() {
    List<Message> list =
        List.of(Message.user("1"), Message.assistant("2"), Message.user("3"), Message.user("4"));
    talk.setContext("chat", list);
    talk.setContext("chat", list.subList(0, 3));
    assertThat(everything()).hasSize(4);
    talk.setContext("chat", List.of(list.get(0), list.get(1), Message.user("three")));

    assertThat(texts(everything())).containsExactly("1", "2", "3", "4", "three");
    assertThat(talk.context("chat")).extracting(Posted::sequence).containsExactly(1L, 2L, 5L);
  }

  /** Whatever a framework does to its list, that is the context, and nothing is lost. */
  @Test
  void anyListBecomesTheContextAndNothingIsLost() {
    Random random = new Random(SEED);
    List<Message> list = new ArrayList<>();
    List<String> before = List.of();
    for (int i = 0; i < ROUNDS; i++) {
      for (int change = random.nextInt(4); change >= 0; change--) {
        if (list.isEmpty() || random.nextInt(3) > 0) {
          list.add(
              random.nextInt(list.size() + 1),
              random.nextInt(5) == 0
                  ? Message.system("rule " + random.nextInt(3))
                  : Message.user("word " + random.nextInt(6)));
        } else {
          list.remove(random.nextInt(list.size()));
        }
      }
      talk.setContext("chat", list);
      assertThat(messages(talk.context("chat"))).as("seed " + SEED).isEqualTo(list);
      List<String> now = texts(everything());
      assertThat(now.subList(0, before.size())).as("seed " + SEED).isEqualTo(before);
      before = now;
    }
  }

  private void assertHandedOver(Said said) {
    talk.setContext("chat", said.window);
    assertThat(messages(talk.context("chat"))).as("seed " + SEED).isEqualTo(said.window);
  }

  private List<Posted> everything() {
    List<Posted> all = new ArrayList<>();
    long from = 0;
    for (; ; ) {
      var page = talk.after("chat", from, 100);
      all.addAll(page.messages());
      if (!page.more()) {
        return all;
      }
      from = all.get(all.size() - 1).sequence();
    }
  }

  private static List<Message> messages(List<Posted> posted) {
    return posted.stream().map(Posted::message).toList();
  }

  private static List<String> texts(List<Posted> posted) {
    return posted.stream().map(said -> said.message().content()).toList();
  }

  /** A memory as frameworks have it: a window, its system message kept first or where it is. */
  private static final class Said {

    private static final int MOST = 5;

    final List<Message> window = new ArrayList<>();
    final List<String> all = new ArrayList<>();

    void move(Random random, String text) {
      if (random.nextInt(6) == 0) {
        window.removeIf(message -> message.role() == Role.SYSTEM);
        add(random.nextBoolean() ? 0 : window.size(), Message.system("rule " + all.size()));
      }
      add(window.size(), random.nextBoolean() ? Message.user(text) : Message.assistant(text));
    }

    List<Message> withoutSystem() {
      return window.stream().filter(message -> message.role() != Role.SYSTEM).toList();
    }

    private void add(int place, Message message) {
      window.add(place, message);
      all.add(message.content());
      while (window.size() > MOST) {
        window.remove(window.get(0).role() == Role.SYSTEM ? 1 : 0);
      }
    }
  }
}
