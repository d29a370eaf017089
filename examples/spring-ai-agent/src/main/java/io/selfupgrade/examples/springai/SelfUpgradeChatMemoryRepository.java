package io.selfupgrade.examples.springai;

import io.selfupgrade.agent.Json;
import io.selfupgrade.conversation.Conversation;
import io.selfupgrade.conversation.Conversations;
import io.selfupgrade.conversation.Posted;
import io.selfupgrade.conversation.ToolCall;
import io.selfupgrade.conversation.ToolResult;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.springframework.ai.chat.memory.ChatMemoryRepository;
import org.springframework.ai.chat.messages.AbstractMessage;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.messages.Message;
import org.springframework.ai.chat.messages.SystemMessage;
import org.springframework.ai.chat.messages.ToolResponseMessage;
import org.springframework.ai.chat.messages.ToolResponseMessage.ToolResponse;
import org.springframework.ai.chat.messages.UserMessage;
import org.springframework.ai.content.Media;
import org.springframework.ai.content.MediaContent;
import org.springframework.util.MimeTypeUtils;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * Keeps Spring AI's chat memory as conversations of the agent. Thread-safe.
 *
 * <p>Spring AI hands over the whole window each time. What it says anew is added to the
 * conversation, and the window becomes what the model is shown; nothing is rewritten. So what a
 * window has lost stays in the conversation, in its order and with its times: {@link
 * Conversations#after} reads it.
 *
 * <p>Tool calls and their responses, metadata and media are kept. Metadata comes back as JSON has
 * it: a date as its text, say.
 */
public final class SelfUpgradeChatMemoryRepository implements ChatMemoryRepository {

  // Sorted, as messages are known again by what they say.
  private static final JsonMapper JSON =
      JsonMapper.builder().enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS).build();

  private static final TypeReference<Map<String, Object>> OBJECT = new TypeReference<>() {};
  private static final int PAGE = 1_000;
  private static final String METADATA = "metadata";
  private static final String MEDIA = "media";
  private static final String TYPES = "types";
  private static final String FUNCTION = "function";

  private final Conversations conversations;

  /** Makes a repository over the conversations of an agent. */
  public SelfUpgradeChatMemoryRepository(Conversations conversations) {
    this.conversations = conversations;
  }

  @Override
  public List<String> findConversationIds() {
    List<String> ids = new ArrayList<>();
    List<Conversation> page = conversations.list("", PAGE);
    while (!page.isEmpty()) {
      page.forEach(conversation -> ids.add(conversation.id()));
      page = conversations.list(ids.get(ids.size() - 1), PAGE);
    }
    return ids;
  }

  @Override
  public List<Message> findByConversationId(String conversation) {
    return conversations.context(conversation).stream()
        .map(Posted::message)
        .map(SelfUpgradeChatMemoryRepository::told)
        .toList();
  }

  @Override
  public void saveAll(String conversation, List<Message> messages) {
    conversations.setContext(
        conversation, messages.stream().map(SelfUpgradeChatMemoryRepository::kept).toList());
  }

  @Override
  public void deleteByConversationId(String conversation) {
    conversations.delete(conversation);
  }

  private static io.selfupgrade.conversation.Message kept(Message message) {
    List<ToolCall> calls = List.of();
    List<ToolResult> results = List.of();
    if (message instanceof AssistantMessage assistant) {
      calls =
          assistant.getToolCalls().stream()
              .map(call -> new ToolCall(text(call.id()), call.name(), text(call.arguments())))
              .toList();
    } else if (message instanceof ToolResponseMessage tool) {
      results = tool.getResponses().stream().map(SelfUpgradeChatMemoryRepository::result).toList();
    }
    return new io.selfupgrade.conversation.Message(
        role(message), text(message.getText()), calls, results, attributes(message));
  }

  private static ToolResult result(ToolResponse response) {
    return new ToolResult(
        text(response.id()), text(response.name()), text(response.responseData()), false);
  }

  private static io.selfupgrade.conversation.Message.Role role(Message message) {
    return io.selfupgrade.conversation.Message.Role.valueOf(message.getMessageType().name());
  }

  private static String text(@Nullable String text) {
    return text == null ? "" : text;
  }

  /** Returns what a message of the agent has no place for. */
  private static Json attributes(Message message) {
    Map<String, Object> attributes = new LinkedHashMap<>();
    Map<String, Object> metadata = new LinkedHashMap<>(message.getMetadata());
    metadata.remove(AbstractMessage.MESSAGE_TYPE);
    putSome(attributes, METADATA, metadata, metadata.isEmpty());
    if (message instanceof MediaContent content) {
      List<Map<String, Object>> media =
          content.getMedia().stream().map(SelfUpgradeChatMemoryRepository::kept).toList();
      putSome(attributes, MEDIA, media, media.isEmpty());
    }
    if (message instanceof AssistantMessage assistant) {
      List<String> types = assistant.getToolCalls().stream().map(call -> call.type()).toList();
      putSome(attributes, TYPES, types, types.stream().allMatch(FUNCTION::equals));
    }
    // Twice, so that what is read and written once more is the same text: 1.50 is 1.5 then.
    return attributes.isEmpty()
        ? Json.EMPTY
        : Json.of(JSON.writeValueAsString(read(JSON.writeValueAsString(attributes))));
  }

  private static void putSome(Map<String, Object> to, String key, Object value, boolean none) {
    if (!none) {
      to.put(key, value);
    }
  }

  private static Map<String, Object> kept(Media media) {
    Map<String, Object> kept = new LinkedHashMap<>();
    kept.put("type", media.getMimeType().toString());
    kept.put("name", media.getName());
    if (media.getId() != null) {
      kept.put("id", media.getId());
    }
    if (media.getData() instanceof byte[] bytes) {
      kept.put("bytes", Base64.getEncoder().encodeToString(bytes));
    } else {
      kept.put("data", media.getData().toString());
    }
    return kept;
  }

  private static Message told(io.selfupgrade.conversation.Message message) {
    Map<String, Object> attributes = read(message.attributes().text());
    Map<String, Object> metadata = object(attributes.getOrDefault(METADATA, Map.of()));
    List<Media> media =
        list(attributes.get(MEDIA)).stream().map(one -> media(object(one))).toList();
    return switch (message.role()) {
      case SYSTEM -> SystemMessage.builder().text(message.content()).metadata(metadata).build();
      case USER ->
          UserMessage.builder().text(message.content()).media(media).metadata(metadata).build();
      case ASSISTANT ->
          AssistantMessage.builder()
              .content(message.content())
              .properties(metadata)
              .toolCalls(calls(message.toolCalls(), list(attributes.get(TYPES))))
              .media(media)
              .build();
      case TOOL ->
          ToolResponseMessage.builder()
              .responses(
                  message.toolResults().stream()
                      .map(one -> new ToolResponse(one.callId(), one.name(), one.content()))
                      .toList())
              .metadata(metadata)
              .build();
    };
  }

  private static List<AssistantMessage.ToolCall> calls(List<ToolCall> calls, List<?> types) {
    return IntStream.range(0, calls.size())
        .mapToObj(
            i ->
                new AssistantMessage.ToolCall(
                    calls.get(i).id(),
                    types.isEmpty() ? FUNCTION : types.get(i).toString(),
                    calls.get(i).name(),
                    calls.get(i).arguments()))
        .toList();
  }

  private static Media media(Map<String, Object> kept) {
    Object bytes = kept.get("bytes");
    Media.Builder media =
        Media.builder()
            .mimeType(MimeTypeUtils.parseMimeType(text((String) kept.get("type"))))
            .name(text((String) kept.get("name")))
            .data(
                bytes == null
                    ? text((String) kept.get("data"))
                    : Base64.getDecoder().decode(bytes.toString()));
    String id = (String) kept.get("id");
    return (id == null ? media : media.id(id)).build();
  }

  private static Map<String, Object> read(String json) {
    return JSON.readValue(json, OBJECT);
  }

  private static Map<String, Object> object(Object value) {
    return JSON.convertValue(value, OBJECT);
  }

  private static List<?> list(@Nullable Object value) {
    return value instanceof List<?> list ? list : List.of();
  }
}
