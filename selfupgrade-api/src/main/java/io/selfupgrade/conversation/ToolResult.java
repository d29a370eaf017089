package io.selfupgrade.conversation;

/**
 * What a tool answered.
 *
 * @param callId the id of the call; at most 200 characters, empty where the call had none
 * @param name of the tool, at most 200 characters
 * @param content what it answered, or what went wrong
 * @param error whether it failed
 */
public record ToolResult(String callId, String name, String content, boolean error) {

  /**
   * Validates, and replaces what no store keeps as {@link Message} does.
   *
   * @throws IllegalArgumentException if id or name is out of its range
   */
  public ToolResult {
    callId = MessageText.identifier("id of a tool call", callId, 0);
    name = MessageText.identifier("name of a tool", name, 0);
    content = MessageText.keepable("content", content);
  }

  long characters() {
    return (long) callId.length() + name.length() + content.length();
  }
}
