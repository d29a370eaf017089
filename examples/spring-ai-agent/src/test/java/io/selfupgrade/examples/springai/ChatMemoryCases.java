package io.selfupgrade.examples.springai;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.SelfUpgrade;
import io.selfupgrade.conversation.Conversations;
import io.selfupgrade.conversation.Message.Role;
import io.selfupgrade.conversation.Posted;
import io.selfupgrade.store.AgentStore;
import java.math.BigDecimal;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.ai.chat.memory.ChatMemory;
import org.springframework.ai.chat.memory.ChatMemoryRepository;
import org.springframework.ai.chat.memory.MessageWindowChatMemory;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.messages.Message;
import org.springframework.ai.chat.messages.SystemMessage;
import org.springframework.ai.chat.messages.ToolResponseMessage;
import org.springframework.ai.chat.messages.ToolResponseMessage.ToolResponse;
import org.springframework.ai.chat.messages.UserMessage;
import org.springframework.ai.content.Media;
import org.springframework.core.io.ByteArrayResource;
import org.springframework.util.MimeTypeUtils;

/** What Spring AI's chat memory is held to, on whichever store. */
abstract class ChatMemoryCases {

  private static final String CHAT = "chat-7";

  private SelfUpgrade agent;
  private Conversations conversations;
  private ChatMemoryRepository repository;

  abstract AgentStore store();

  @BeforeEach
  void open() {
    agent = SelfUpgrade.builder("chats-" + UUID.randomUUID()).store(store()).build();
    conversations = agent.conversations();
    repository = new SelfUpgradeChatMemoryRepository(conversations);
  }

  @AfterEach
  void close() {
    agent.close();
  }

  @Test
  void messagesComeBackAsTheyWere() {
    List<Message> messages =
        List.of(
            SystemMessage.builder().text("Be kind.").metadata(Map.of("by", "host")).build(),
            new UserMessage("What is the weather in Sofia and in Rome?"),
            AssistantMessage.builder()
                .content("I look.")
                .properties(Map.of("id", "m-1", "index", 0, "cost", 0.5, "tags", List.of("a")))
                .toolCalls(List.of(call("c-1", "Sofia"), call("c-2", "Rome")))
                .build(),
            ToolResponseMessage.builder()
                .responses(
                    List.of(
                        new ToolResponse("c-1", "weather", "{\"t\": 3}"),
                        new ToolResponse("c-2", "weather", "")))
                .metadata(Map.of("took", 12))
                .build(),
            new AssistantMessage("3 degrees in Sofia; of Rome I know nothing."));

    repository.saveAll(CHAT, messages);

    assertThat(repository.findByConversationId(CHAT)).isEqualTo(messages);
  }

  @Test
  void callsOfOtherTypesKeepTheirType() {
    AssistantMessage.ToolCall other =
        new AssistantMessage.ToolCall("c-1", "custom", "grep", "no json");
    Message message =
        AssistantMessage.builder().content("").toolCalls(List.of(call("c", "x"), other)).build();

    repository.saveAll(CHAT, List.of(message));

    assertThat(repository.findByConversationId(CHAT)).containsExactly(message);
  }

  @Test
  void mediaComeBack() {
    Media linked = new Media(MimeTypeUtils.IMAGE_PNG, URI.create("https://example.org/a.png"));
    Media held =
        Media.builder()
            .mimeType(MimeTypeUtils.APPLICATION_OCTET_STREAM)
            .data(new ByteArrayResource(new byte[] {0, 1, -1}))
            .id("file-1")
            .name("three-bytes")
            .build();

    repository.saveAll(
        CHAT, List.of(UserMessage.builder().text("Look.").media(linked, held).build()));

    List<Media> found = ((UserMessage) repository.findByConversationId(CHAT).get(0)).getMedia();
    assertThat(found.get(0).getData()).isEqualTo("https://example.org/a.png");
    assertThat(found.get(0).getMimeType()).isEqualTo(MimeTypeUtils.IMAGE_PNG);
    assertThat(found.get(1).getDataAsByteArray()).containsExactly(0, 1, -1);
    assertThat(found.get(1).getId()).isEqualTo("file-1");
    assertThat(found.get(1).getName()).isEqualTo("three-bytes");
  }

  /** Spring AI's own repository in memory does as it is told. */
  @Test
  void windowMovesOnAsInSpringsOwnRepositoryAndNothingOfTheConversationIsLost() {
    ChatMemory memory = window(4);
    ChatMemory springs = MessageWindowChatMemory.builder().maxMessages(4).build();
    List<String> said = new ArrayList<>();
    for (int i = 0; i < 30; i++) {
      Message message =
          switch (i % 7) {
            case 0 -> new SystemMessage("Be kind " + i);
            case 1, 4 -> new UserMessage("question " + i);
            default -> new AssistantMessage("answer " + i);
          };
      memory.add(CHAT, message);
      springs.add(CHAT, message);
      said.add(message.getText());

      assertThat(memory.get(CHAT)).isEqualTo(springs.get(CHAT));
    }

    assertThat(all()).extracting(posted -> posted.message().content()).isEqualTo(said);
    assertThat(all()).extracting(Posted::at).isSorted();
  }

  @Test
  void whatWasSaidIsNeverWrittenAgain() {
    ChatMemory memory = window(6);
    memory.add(CHAT, List.of(new UserMessage("one"), new AssistantMessage("two")));
    List<Posted> before = all();

    for (int i = 0; i < 9; i++) {
      memory.add(CHAT, new UserMessage("more " + i));
    }
    repository.saveAll(CHAT, repository.findByConversationId(CHAT));

    assertThat(all()).startsWith(before.toArray(Posted[]::new)).hasSize(11);
    assertThat(all()).extracting(Posted::at).isSorted();
  }

  @Test
  void whatIsReadAndSavedAgainIsKnownAgain() {
    Message odd =
        AssistantMessage.builder()
            .content("a\u0000b")
            .properties(Map.of("z", 1L, "a", 1.50f, "m", new BigDecimal("2.10")))
            .toolCalls(List.of(call("c-1", "x")))
            .build();
    repository.saveAll(CHAT, List.of(new UserMessage("ask"), odd));

    repository.saveAll(CHAT, repository.findByConversationId(CHAT));
    repository.saveAll(CHAT, List.of(new UserMessage("ask"), odd));

    assertThat(all()).hasSize(2);
  }

  @Test
  void otherSystemMessageTakesTheFirstPlace() {
    ChatMemory memory = window(4);
    memory.add(CHAT, List.of(new SystemMessage("old"), new UserMessage("hello")));
    memory.add(CHAT, new SystemMessage("new"));

    assertThat(memory.get(CHAT).stream().map(Message::getText)).containsExactly("hello", "new");
    assertThat(all()).extracting(posted -> posted.message().content()).contains("old");
  }

  @Test
  void conversationsAreListedAndDeletedEachForItself() {
    IntStream.range(0, 1_003)
        .forEach(i -> repository.saveAll("chat-" + i, List.of(new UserMessage("hello " + i))));

    repository.deleteByConversationId(CHAT);
    repository.deleteByConversationId("unknown");

    assertThat(repository.findConversationIds())
        .hasSize(1_002)
        .doesNotContain(CHAT)
        .contains("chat-8", "chat-1002");
    assertThat(repository.findByConversationId(CHAT)).isEmpty();
    assertThat(repository.findByConversationId("unknown")).isEmpty();
    assertThat(repository.findByConversationId("chat-8"))
        .containsExactly(new UserMessage("hello 8"));
  }

  @Test
  void clearedMemoryIsGone() {
    ChatMemory memory = window(4);
    memory.add(CHAT, new UserMessage("one"));

    memory.clear(CHAT);

    assertThat(memory.get(CHAT)).isEmpty();
    assertThat(all()).isEmpty();
  }

  @Test
  void rolesAreThoseOfSpring() {
    repository.saveAll(
        CHAT, List.of(new SystemMessage("s"), new UserMessage("u"), new AssistantMessage("a")));

    assertThat(all())
        .extracting(posted -> posted.message().role())
        .containsExactly(Role.SYSTEM, Role.USER, Role.ASSISTANT);
  }

  private ChatMemory window(int most) {
    return MessageWindowChatMemory.builder()
        .chatMemoryRepository(repository)
        .maxMessages(most)
        .build();
  }

  private List<Posted> all() {
    return conversations.after(CHAT, 0, 1_000).messages();
  }

  private static AssistantMessage.ToolCall call(String id, String city) {
    return new AssistantMessage.ToolCall(id, "function", "weather", "{\"city\": \"" + city + "\"}");
  }
}
