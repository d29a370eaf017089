package io.selfupgrade.conversation;

/**
 * A call of a tool that a model asks for.
 *
 * @param id what its result names; at most 200 characters, empty where the model gives none
 * @param name of the tool, 1 to 200 characters
 * @param arguments as the model wrote them, mostly a JSON object; nothing is read into them
 */
public record ToolCall(String id, String name, String arguments) {

  /**
   * Validates, and replaces what no store keeps as {@link Message} does.
   *
   * @throws IllegalArgumentException if id or name is out of its range
   */
  public ToolCall {
    id = MessageText.identifier("id of a tool call", id, 0);
    name = MessageText.identifier("name of a tool", name, 1);
    arguments = MessageText.keepable("arguments", arguments);
  }

  long characters() {
    return (long) id.length() + name.length() + arguments.length();
  }
}
