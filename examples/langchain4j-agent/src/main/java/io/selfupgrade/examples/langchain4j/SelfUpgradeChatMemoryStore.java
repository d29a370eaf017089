package io.selfupgrade.examples.langchain4j;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.ChatMessageDeserializer;
import dev.langchain4j.data.message.ChatMessageSerializer;
import dev.langchain4j.data.message.Content;
import dev.langchain4j.data.message.SystemMessage;
import dev.langchain4j.data.message.TextContent;
import dev.langchain4j.data.message.ToolExecutionResultMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.store.memory.chat.ChatMemoryStore;
import io.selfupgrade.agent.Json;
import io.selfupgrade.conversation.Conversations;
import io.selfupgrade.conversation.Message;
import io.selfupgrade.conversation.Posted;
import io.selfupgrade.conversation.ToolCall;
import io.selfupgrade.conversation.ToolResult;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * LangChain4j's {@link ChatMemoryStore} over the conversations of an agent.
 *
 * <p>LangChain4j hands over its whole window each time. What is new in it is added to the
 * conversation, what has left it stays there: {@link Conversations#after} reads all that was ever
 * said. The memory's id, as text, is the conversation's. Thread-safe.
 *
 * <p>Texts, tool calls and their results are kept as a conversation has them, for everybody to
 * read; a message that is more than that (images, thoughts, attributes) is kept as LangChain4j
 * writes it too, and comes back as it was.
 */
public final class SelfUpgradeChatMemoryStore implements ChatMemoryStore {

  /** Key of the attributes that hold a message as LangChain4j writes it. */
  private static final String WHOLE = "langchain4j";

  private static final int LONGEST_NAME = 200;

  /** Writes equal messages equally. */
  private static final ObjectMapper MAPPER =
      JsonMapper.builder().enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS).build();

  private final Conversations conversations;

  /** Makes a store over the conversations of an agent. */
  public SelfUpgradeChatMemoryStore(Conversations conversations) {
    this.conversations = Objects.requireNonNull(conversations, "conversations");
  }

  @Override
  public List<ChatMessage> getMessages(Object memoryId) {
    List<ChatMessage> messages = new ArrayList<>();
    for (Posted posted : conversations.context(memoryId.toString())) {
      messages.addAll(read(posted.message()));
    }
    return messages;
  }

  @Override
  public void updateMessages(Object memoryId, List<ChatMessage> messages) {
    conversations.setContext(
        memoryId.toString(), messages.stream().map(SelfUpgradeChatMemoryStore::write).toList());
  }

  /** Deletes the conversation, all that was ever said in it: LangChain4j's {@code clear()}. */
  @Override
  public void deleteMessages(Object memoryId) {
    conversations.delete(memoryId.toString());
  }

  private static Message write(ChatMessage message) {
    Message plain = plain(message);
    if (read(plain).equals(List.of(message))) {
      return plain;
    }
    Message whole = plain.attributes(whole(message));
    // It may have had nothing more than characters that no store keeps.
    return read(plain).equals(read(whole)) ? plain : whole;
  }

  private static Message plain(ChatMessage message) {
    if (message instanceof SystemMessage system) {
      return Message.system(system.text());
    } else if (message instanceof UserMessage user) {
      return Message.user(texts(user.contents()));
    } else if (message instanceof AiMessage ai) {
      return Message.assistant(
          orEmpty(ai.text()),
          ai.toolExecutionRequests().stream()
              .map(SelfUpgradeChatMemoryStore::call)
              .toArray(ToolCall[]::new));
    } else if (message instanceof ToolExecutionResultMessage result) {
      return Message.tool(
          new ToolResult(
              name(result.id(), ""),
              name(result.toolName(), ""),
              texts(result.contents()),
              Boolean.TRUE.equals(result.isError())));
    }
    // A message of the host's own making, which says nothing by itself.
    return Message.user("");
  }

  private static ToolCall call(ToolExecutionRequest request) {
    return new ToolCall(
        name(request.id(), ""), name(request.name(), "?"), orEmpty(request.arguments()));
  }

  private static String texts(List<Content> contents) {
    return contents.stream()
        .filter(TextContent.class::isInstance)
        .map(content -> ((TextContent) content).text())
        .collect(Collectors.joining("\n"));
  }

  /** Returns a name that a conversation takes; what had to be cut is in the whole message. */
  private static String name(@Nullable String name, String otherwise) {
    String given = name == null || name.isEmpty() ? otherwise : name;
    return given.substring(0, Math.min(given.length(), LONGEST_NAME));
  }

  private static String orEmpty(@Nullable String text) {
    return text == null ? "" : text;
  }

  private static Json whole(ChatMessage message) {
    try {
      Object tree = MAPPER.readValue(ChatMessageSerializer.messageToJson(message), Object.class);
      return Json.of(MAPPER.writeValueAsString(Map.of(WHOLE, keepable(tree))));
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("a message of type " + message.type() + " is no JSON", e);
    }
  }

  /** Replaces in all texts what no store keeps, as a conversation does in those of its own. */
  private static Object keepable(Object tree) {
    if (tree instanceof Map<?, ?> object) {
      Map<Object, Object> kept = new HashMap<>();
      object.forEach((key, value) -> kept.put(keepable(key), keepable(value)));
      return kept;
    } else if (tree instanceof List<?> array) {
      return array.stream().map(SelfUpgradeChatMemoryStore::keepable).toList();
    }
    return tree instanceof String text ? Message.user(text).content() : tree;
  }

  /** Returns the messages that LangChain4j has for one of a conversation. */
  private static List<ChatMessage> read(Message message) {
    if (!message.attributes().equals(Json.EMPTY)) {
      JsonNode whole = attributes(message).path(WHOLE);
      if (whole.isObject()) {
        return List.of(ChatMessageDeserializer.messageFromJson(whole.toString()));
      }
    }
    return switch (message.role()) {
      // LangChain4j has no empty instructions.
      case SYSTEM ->
          message.content().isBlank() ? List.of() : List.of(SystemMessage.from(message.content()));
      case USER -> List.of(UserMessage.from(message.content()));
      case ASSISTANT -> List.of(answer(message));
      case TOOL -> message.toolResults().stream().map(SelfUpgradeChatMemoryStore::result).toList();
    };
  }

  private static ChatMessage answer(Message message) {
    if (message.toolCalls().isEmpty()) {
      return AiMessage.from(message.content());
    }
    return AiMessage.builder()
        .text(message.content().isEmpty() ? null : message.content())
        .toolExecutionRequests(
            message.toolCalls().stream()
                .map(
                    call ->
                        ToolExecutionRequest.builder()
                            .id(call.id().isEmpty() ? null : call.id())
                            .name(call.name())
                            .arguments(call.arguments())
                            .build())
                .toList())
        .build();
  }

  private static ChatMessage result(ToolResult result) {
    return ToolExecutionResultMessage.builder()
        .id(result.callId().isEmpty() ? null : result.callId())
        .toolName(result.name())
        .text(result.content())
        .isError(result.error())
        .build();
  }

  private static JsonNode attributes(Message message) {
    try {
      return MAPPER.readTree(message.attributes().text());
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("the attributes of a message are not JSON", e);
    }
  }
}
