package io.selfupgrade.examples.langchain4j;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.conversation.Message;
import io.selfupgrade.conversation.Message.Role;
import io.selfupgrade.conversation.Posted;
import io.selfupgrade.store.AgentStore;
import io.selfupgrade.supabase.PostgresStore;
import io.selfupgrade.testkit.Eventually;
import io.selfupgrade.testkit.InMemoryStore;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** LangChain4j's services with the agent's stores and tools, over several turns and a restart. */
final class ChatAgentTest {

  private static final Duration SOON = Duration.ofSeconds(60);

  @TempDir private Path directory;

  @Test
  void goesOnWhereItWasAfterARestartInMemory() {
    InMemoryStore rows = new InMemoryStore(Clock.systemUTC());
    goesOnWhereItWas(() -> InMemoryStore.sharing(rows));
  }

  @Test
  void goesOnWhereItWasAfterARestartInPostgres() {
    goesOnWhereItWas(() -> PostgresStore.embedded(directory.resolve("postgres")));
  }

  private static void goesOnWhereItWas(Supplier<AgentStore> store) {
    try (ChatAgent first = agent(store.get())) {
      assertThat(first.chat("a", "Remember that Zorro is a cat."))
          .isEqualTo("Remembered: Zorro is a cat");
      assertThat(first.chat("a", "Is there a newer version?")).contains("upgrades are not");
      assertThat(first.chat("b", "Hello")).startsWith("I am a script");
    }
    try (ChatAgent second = agent(store.get())) {
      assertThat(second.chat("a", "Who is Zorro?")).contains("Zorro is a cat");

      assertThat(said(second, "a").stream().map(Message::role))
          .containsExactly(
              Role.SYSTEM,
              Role.USER,
              Role.ASSISTANT,
              Role.TOOL,
              Role.ASSISTANT,
              Role.USER,
              Role.ASSISTANT,
              Role.TOOL,
              Role.ASSISTANT,
              Role.USER,
              Role.ASSISTANT,
              Role.TOOL,
              Role.ASSISTANT);
      assertThat(said(second, "a").get(2).toolCalls())
          .singleElement()
          .satisfies(
              call -> {
                assertThat(call.name()).isEqualTo("remember");
                assertThat(call.arguments()).isEqualTo("{\"fact\": \"Zorro is a cat\"}");
              });
      assertThat(said(second, "a").get(7).toolResults())
          .singleElement()
          .satisfies(result -> assertThat(result.error()).isTrue());
      // What was retrieved for the model is not part of what was said.
      assertThat(said(second, "a").get(9)).isEqualTo(Message.user("Who is Zorro?"));
      assertThat(said(second, "b")).hasSize(3);
    }
  }

  @Test
  void whatItLearntIsShownToTheModelAndLearntAnewWhenItChanges() {
    try (ChatAgent agent = agent(new InMemoryStore(Clock.systemUTC()))) {
      agent.learn("prices", "A ticket to the harbour costs two crowns.");
      agent.learn("hours", "The harbour is closed on Mondays.");
      agent.learn("prices", "A ticket to the harbour costs three crowns.");

      assertThat(agent.chat("a", "What does a ticket to the harbour cost?"))
          .contains("three crowns")
          .doesNotContain("two crowns");
      assertThat(agent.agent().memory().stats().living().values()).contains(2L);
    }
  }

  @Test
  void remindsOnceInTheConversationThatAsked() {
    try (ChatAgent agent = agent(new InMemoryStore(Clock.systemUTC()))) {
      agent.start();
      agent.chat("a", "Remind me in 1 second to water the plants.");

      Eventually.holds(
          "the reminder",
          SOON,
          () -> said(agent, "a").contains(Message.assistant("Reminder: water the plants")));
      Eventually.holds(
          "nothing is left of it",
          SOON,
          () -> agent.agent().tasks().list().stream().noneMatch(AgentTools::isReminder));
      assertThat(said(agent, "a")).hasSize(6);
    }
  }

  private static ChatAgent agent(AgentStore store) {
    return new ChatAgent(store, Trigrams.embedder(), new ScriptedModel());
  }

  private static List<Message> said(ChatAgent agent, String chat) {
    return agent.agent().conversations().after(chat, 0, 100).messages().stream()
        .map(Posted::message)
        .toList();
  }
}
