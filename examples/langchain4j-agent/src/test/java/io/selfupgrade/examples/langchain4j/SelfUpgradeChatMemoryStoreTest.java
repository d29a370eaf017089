package io.selfupgrade.examples.langchain4j;

import static org.assertj.core.api.Assertions.assertThat;

import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.CustomMessage;
import dev.langchain4j.data.message.ImageContent;
import dev.langchain4j.data.message.SystemMessage;
import dev.langchain4j.data.message.TextContent;
import dev.langchain4j.data.message.ToolExecutionResultMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.memory.ChatMemory;
import dev.langchain4j.memory.chat.MessageWindowChatMemory;
import io.selfupgrade.SelfUpgrade;
import io.selfupgrade.agent.Json;
import io.selfupgrade.conversation.Message;
import io.selfupgrade.conversation.Posted;
import io.selfupgrade.conversation.ToolCall;
import io.selfupgrade.conversation.ToolResult;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

final class SelfUpgradeChatMemoryStoreTest {

  private final SelfUpgrade agent = TestAgents.inMemory();
  private final SelfUpgradeChatMemoryStore store =
      new SelfUpgradeChatMemoryStore(agent.conversations());

  @AfterEach
  void close() {
    agent.close();
  }

  static Stream<ChatMessage> messages() {
    ToolExecutionRequest call =
        ToolExecutionRequest.builder().id("1").name("add").arguments("{\"a\": 1}").build();
    return Stream.of(
        SystemMessage.from("Be brief."),
        UserMessage.from("Hello"),
        UserMessage.from(""),
        UserMessage.from("Zoë", "Hello"),
        UserMessage.from(TextContent.from("What is"), TextContent.from("this?")),
        UserMessage.from(
            TextContent.from("What is this?"),
            ImageContent.from("aGVsbG8=", "image/png", ImageContent.DetailLevel.HIGH)),
        UserMessage.builder()
            .addContent(TextContent.from("a"))
            .attributes(Map.of("k", "v", "j", List.of(1, 2)))
            .build(),
        AiMessage.from("Hello"),
        AiMessage.from(""),
        AiMessage.from(call),
        AiMessage.from("I add", List.of(call)),
        AiMessage.from("", List.of(call)),
        AiMessage.from(List.of(call, call)),
        AiMessage.from(ToolExecutionRequest.builder().name("add").build()),
        AiMessage.from(
            ToolExecutionRequest.builder().id("i".repeat(300)).name("n".repeat(300)).build()),
        AiMessage.from(ToolExecutionRequest.builder().id("").name("").arguments("no JSON").build()),
        AiMessage.builder().text("So").thinking("Hm").attributes(Map.of("signature", "x")).build(),
        ToolExecutionResultMessage.from("1", "add", "2"),
        ToolExecutionResultMessage.from(call, "2"),
        ToolExecutionResultMessage.builder().text("no name").build(),
        ToolExecutionResultMessage.builder()
            .id("1")
            .toolName("add")
            .text("")
            .isError(false)
            .build(),
        ToolExecutionResultMessage.builder()
            .id("1")
            .toolName("add")
            .text("no")
            .isError(true)
            .build(),
        ToolExecutionResultMessage.builder()
            .id("1")
            .toolName("draw")
            .contents(TextContent.from("here"), ImageContent.from("http://localhost/a.png"))
            .attributes(Map.of("took", 5))
            .build(),
        CustomMessage.from(Map.of("role", "control", "text", "think")));
  }

  @ParameterizedTest
  @MethodSource("messages")
  void everyMessageComesBackAsItWas(ChatMessage message) {
    store.updateMessages("chat", List.of(message));

    assertThat(store.getMessages("chat")).containsExactly(message);

    store.updateMessages("chat", store.getMessages("chat"));

    assertThat(said()).hasSize(1);
  }

  @Test
  void charactersThatNoStoreKeepsAreReplacedAndTheChatGoesOn() {
    store.updateMessages(
        "chat",
        List.of(
            UserMessage.from("a\0b\uD800c"),
            AiMessage.builder().text("\0").attributes(Map.of("\0", List.of("\uDC00"))).build()));

    assertThat(store.getMessages("chat"))
        .containsExactly(
            UserMessage.from("a\uFFFDb\uFFFDc"),
            AiMessage.builder()
                .text("\uFFFD")
                .attributes(Map.of("\uFFFD", List.of("\uFFFD")))
                .build());

    store.updateMessages("chat", store.getMessages("chat"));

    assertThat(said()).hasSize(2);
  }

  @Test
  void toolCallsAndResultsAreToBeReadByAll() {
    ToolExecutionRequest call =
        ToolExecutionRequest.builder().id("1").name("add").arguments("{}").build();
    store.updateMessages(
        "chat",
        List.of(
            AiMessage.from(call),
            ToolExecutionResultMessage.builder()
                .id("1")
                .toolName("add")
                .text("boom")
                .isError(true)
                .build()));

    assertThat(said())
        .containsExactly(
            Message.assistant("", new ToolCall("1", "add", "{}")),
            Message.tool(new ToolResult("1", "add", "boom", true)));
  }

  @Test
  void aWindowMovesOnAndTheConversationKeepsAll() {
    ChatMemory memory = window();
    memory.add(SystemMessage.from("Be brief."));
    List<ChatMessage> all = new ArrayList<>();
    for (int i = 0; i < 30; i++) {
      all.add(i % 2 == 0 ? UserMessage.from("question " + i) : AiMessage.from("answer"));
      memory.add(all.get(i));
    }

    assertThat(window().messages())
        .hasSize(6)
        .startsWith(SystemMessage.from("Be brief."))
        .endsWith(all.subList(25, 30).toArray(ChatMessage[]::new));
    assertThat(said()).hasSize(31);
    assertThat(said().stream().map(Message::content).skip(1))
        .containsExactlyElementsOf(
            IntStream.range(0, 30).mapToObj(i -> i % 2 == 0 ? "question " + i : "answer").toList());
  }

  @Test
  void anotherInstructionTakesThePlaceOfTheFirstOne() {
    ChatMemory memory = window();
    memory.add(SystemMessage.from("Be brief."));
    memory.add(UserMessage.from("Hello"));
    memory.add(SystemMessage.from("Be kind."));

    assertThat(window().messages())
        .containsExactlyInAnyOrder(SystemMessage.from("Be kind."), UserMessage.from("Hello"));
    assertThat(said())
        .containsExactly(
            Message.system("Be brief."), Message.user("Hello"), Message.system("Be kind."));
  }

  @Test
  void aMessageIsKnownAgainWhateverTheOrderOfItsAttributes() {
    Map<String, Object> attributes = new LinkedHashMap<>();
    Map<String, Object> reversed = new LinkedHashMap<>();
    for (int i = 0; i < 20; i++) {
      attributes.put("key" + i, Map.of("n", i));
      reversed.put("key" + (19 - i), new HashMap<>(Map.of("n", 19 - i)));
    }
    store.updateMessages(
        "chat", List.of(AiMessage.builder().text("a").attributes(attributes).build()));
    store.updateMessages(
        "chat",
        List.of(AiMessage.builder().text("a").attributes(reversed).build(), UserMessage.from("b")));

    assertThat(said()).hasSize(2);
  }

  @Test
  void whatOthersSayJoinsTheChat() {
    window().add(UserMessage.from("Hello"));
    agent
        .conversations()
        .append(
            "chat",
            List.of(
                Message.assistant("", new ToolCall("", "a", "{}"), new ToolCall("", "b", "{}")),
                Message.tool(
                    new ToolResult("", "a", "1", false), new ToolResult("", "b", "2", false)),
                Message.system(" "),
                Message.assistant("Reminder").attributes(Json.of("{\"by\": \"a task\"}"))));

    assertThat(window().messages())
        .hasSize(5)
        .endsWith(
            ToolExecutionResultMessage.builder().toolName("a").text("1").isError(false).build(),
            ToolExecutionResultMessage.builder().toolName("b").text("2").isError(false).build(),
            AiMessage.from("Reminder"));
  }

  @Test
  void clearingDeletesTheConversation() {
    window().add(UserMessage.from("Hello"));
    window().clear();

    assertThat(window().messages()).isEmpty();
    assertThat(agent.conversations().find("chat")).isEmpty();
  }

  private ChatMemory window() {
    return MessageWindowChatMemory.builder()
        .id("chat")
        .maxMessages(6)
        .chatMemoryStore(store)
        .build();
  }

  private List<Message> said() {
    return agent.conversations().after("chat", 0, 100).messages().stream()
        .map(Posted::message)
        .toList();
  }
}
