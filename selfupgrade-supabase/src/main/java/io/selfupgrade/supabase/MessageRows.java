package io.selfupgrade.supabase;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import io.selfupgrade.agent.Json;
import io.selfupgrade.conversation.ConversationStore.Span;
import io.selfupgrade.conversation.Message;
import io.selfupgrade.conversation.Posted;
import io.selfupgrade.conversation.ToolCall;
import io.selfupgrade.conversation.ToolResult;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Messages as columns, and back. */
final class MessageRows {

  /** What {@link #posted} reads, of a row m. */
  static final String COLUMNS =
      "m.seq, m.role, m.content, m.tool_calls::text as tool_calls, m.tool_results::text as"
          + " tool_results, m.attributes, m.at, m.instance, m.epoch";

  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxStringLength(Message.MOST_CHARACTERS)
                  .maxNestingDepth(4)
                  .build())
          .build();

  private MessageRows() {}

  /** Returns the columns of messages to add, in the order of {@code unnest}. */
  static List<Arguments.Column> columns(List<Message> messages) {
    return List.of(
        Arguments.Column.of("text", messages, message -> message.role().name()),
        Arguments.Column.of("text", messages, Message::content),
        Arguments.Column.of("text", messages, message -> calls(message.toolCalls())),
        Arguments.Column.of("text", messages, message -> results(message.toolResults())),
        Arguments.Column.of("text", messages, message -> message.attributes().text()),
        Arguments.Column.of("int4", messages, message -> (int) message.characters()));
  }

  /** Returns spans as the column has them. */
  static Arguments.Column spans(List<Span> spans) {
    List<Long> places = new ArrayList<>();
    for (Span span : spans) {
      places.add(span.first());
      places.add(span.last());
    }
    return Arguments.Column.of("int8", places, place -> place);
  }

  static Posted posted(Row row) throws SQLException {
    Message message =
        new Message(
            row.constant(Message.Role.class, "role"),
            row.text("content"),
            calls(row.text("tool_calls")),
            results(row.text("tool_results")),
            Json.of(row.text("attributes")));
    return new Posted(
        row.number("seq"),
        message,
        row.instant("at"),
        row.instance("instance"),
        row.number("epoch"));
  }

  private static String calls(List<ToolCall> calls) {
    return array(
        calls,
        (call, json) -> {
          json.writeStringField("id", call.id());
          json.writeStringField("name", call.name());
          json.writeStringField("arguments", call.arguments());
        });
  }

  private static String results(List<ToolResult> results) {
    return array(
        results,
        (result, json) -> {
          json.writeStringField("callId", result.callId());
          json.writeStringField("name", result.name());
          json.writeStringField("content", result.content());
          json.writeBooleanField("error", result.error());
        });
  }

  private static <T> String array(List<T> items, Fields<T> fields) {
    StringWriter text = new StringWriter();
    try (JsonGenerator json = FACTORY.createGenerator(text)) {
      json.writeStartArray();
      for (T item : items) {
        json.writeStartObject();
        fields.write(item, json);
        json.writeEndObject();
      }
      json.writeEndArray();
    } catch (IOException e) {
      throw new UncheckedIOException("a text takes whatever is written", e);
    }
    return text.toString();
  }

  private static List<ToolCall> calls(String json) throws SQLException {
    List<ToolCall> calls = new ArrayList<>();
    for (Map<String, String> fields : objects(json)) {
      calls.add(
          new ToolCall(
              fields.getOrDefault("id", ""),
              fields.getOrDefault("name", ""),
              fields.getOrDefault("arguments", "")));
    }
    return calls;
  }

  private static List<ToolResult> results(String json) throws SQLException {
    List<ToolResult> results = new ArrayList<>();
    for (Map<String, String> fields : objects(json)) {
      results.add(
          new ToolResult(
              fields.getOrDefault("callId", ""),
              fields.getOrDefault("name", ""),
              fields.getOrDefault("content", ""),
              Boolean.parseBoolean(fields.get("error"))));
    }
    return results;
  }

  /** Reads objects of texts and truth values; what a later version adds besides is left out. */
  private static List<Map<String, String>> objects(String text) throws SQLException {
    List<Map<String, String>> objects = new ArrayList<>();
    try (JsonParser json = FACTORY.createParser(text)) {
      json.nextToken();
      while (json.nextToken() == JsonToken.START_OBJECT) {
        Map<String, String> fields = new HashMap<>();
        while (json.nextToken() == JsonToken.FIELD_NAME) {
          String name = json.currentName();
          if (json.nextToken().isScalarValue()) {
            fields.put(name, json.getText());
          } else {
            json.skipChildren();
          }
        }
        objects.add(fields);
      }
    } catch (IOException e) {
      throw new SQLException("a message's calls or results of tools cannot be read", e);
    }
    return objects;
  }

  @FunctionalInterface
  private interface Fields<T> {
    void write(T item, JsonGenerator json) throws IOException;
  }
}
