package io.selfupgrade.conversation;

import io.selfupgrade.agent.Json;
import java.util.List;
import java.util.Objects;

/**
 * Something that was said in a conversation, by whomever.
 *
 * <p>A message has at most {@link #MOST_CHARACTERS} characters, all its texts together. Characters
 * that no store keeps, the character 0 and halves of surrogate pairs, become U+FFFD: what a tool
 * prints must not keep a conversation from going on.
 *
 * @param role who speaks
 * @param content the text; may be empty
 * @param toolCalls what an {@link Role#ASSISTANT} asks for, at most 128
 * @param toolResults what a {@link Role#TOOL} answers, 1 to 128; its content is empty
 * @param attributes an object of the caller's; {@link Json#EMPTY} by default
 */
public record Message(
    Role role,
    String content,
    List<ToolCall> toolCalls,
    List<ToolResult> toolResults,
    Json attributes) {

  /** Limit of the length of a message. */
  public static final int MOST_CHARACTERS = 10_000_000;

  private static final int MOST_TOOLS = 128;

  /**
   * Validates and copies.
   *
   * @throws IllegalArgumentException if a part does not go with the role, or is too much
   */
  public Message {
    Objects.requireNonNull(role, "role");
    Objects.requireNonNull(attributes, "attributes");
    content = MessageText.keepable("content", content);
    toolCalls = List.copyOf(toolCalls);
    toolResults = List.copyOf(toolResults);
    if (!toolCalls.isEmpty() && role != Role.ASSISTANT) {
      throw new IllegalArgumentException(
          "a message of " + role + " calls tools: expected an ASSISTANT");
    }
    if (toolResults.isEmpty() == (role == Role.TOOL) || (role == Role.TOOL && !content.isEmpty())) {
      throw new IllegalArgumentException(
          "a message of "
              + role
              + " with "
              + toolResults.size()
              + " results of tools and "
              + content.length()
              + " characters of its own: expected results from a TOOL, and nothing else from it");
    }
    if (toolCalls.size() > MOST_TOOLS || toolResults.size() > MOST_TOOLS) {
      throw new IllegalArgumentException(
          "a message with "
              + toolCalls.size()
              + " calls of tools and "
              + toolResults.size()
              + " results: expected at most "
              + MOST_TOOLS);
    }
    long characters = characters(content, toolCalls, toolResults, attributes);
    if (characters > MOST_CHARACTERS) {
      throw new IllegalArgumentException(
          "a message of "
              + characters
              + " characters: expected at most "
              + MOST_CHARACTERS
              + "; keep what is so large elsewhere, and its address here");
    }
  }

  /** Makes an instruction to the model. */
  public static Message system(String content) {
    return new Message(Role.SYSTEM, content, List.of(), List.of(), Json.EMPTY);
  }

  /** Makes a message of a person, or of whoever talks to the agent. */
  public static Message user(String content) {
    return new Message(Role.USER, content, List.of(), List.of(), Json.EMPTY);
  }

  /** Makes an answer of the model, with the calls of tools that it asks for. */
  public static Message assistant(String content, ToolCall... calls) {
    return new Message(Role.ASSISTANT, content, List.of(calls), List.of(), Json.EMPTY);
  }

  /** Makes what tools answered. */
  public static Message tool(ToolResult... results) {
    return new Message(Role.TOOL, "", List.of(), List.of(results), Json.EMPTY);
  }

  /** Returns the same message with other attributes. */
  public Message attributes(Json other) {
    return new Message(role, content, toolCalls, toolResults, other);
  }

  /** Returns the length of all its texts together. */
  public long characters() {
    return characters(content, toolCalls, toolResults, attributes);
  }

  private static long characters(
      String content, List<ToolCall> calls, List<ToolResult> results, Json attributes) {
    return content.length()
        + calls.stream().mapToLong(ToolCall::characters).sum()
        + results.stream().mapToLong(ToolResult::characters).sum()
        + attributes.text().length();
  }

  /** Who speaks. */
  public enum Role {
    /** Whoever instructs the model. */
    SYSTEM,
    /** Whoever talks to the agent. */
    USER,
    /** The model. */
    ASSISTANT,
    /** A tool that the model has called. */
    TOOL
  }
}
