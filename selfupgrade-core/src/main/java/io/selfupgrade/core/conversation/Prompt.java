package io.selfupgrade.core.conversation;

import io.selfupgrade.conversation.Message;
import io.selfupgrade.conversation.Posted;
import io.selfupgrade.conversation.ToolCall;
import io.selfupgrade.conversation.ToolResult;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Messages as models take them: no result of a tool without the call that it answers. */
final class Prompt {

  private Prompt() {}

  /**
   * Returns the last messages, and the calls before them that their results need.
   *
   * @param messages in their order, some more than are wanted
   */
  static List<Posted> window(List<Posted> messages, int most) {
    int begin = Math.max(0, messages.size() - most);
    int needed = begin;
    Set<String> wanted = unanswered(messages.subList(begin, messages.size()));
    for (int i = begin - 1; i >= 0 && !wanted.isEmpty(); i--) {
      if (wanted.removeAll(calls(messages.get(i).message()))) {
        needed = i;
      }
    }
    return complete(messages.subList(needed, messages.size()));
  }

  /** Returns them without results whose call is not there. */
  static List<Posted> complete(List<Posted> messages) {
    List<Posted> complete = new ArrayList<>(messages.size());
    Set<String> called = new HashSet<>();
    for (Posted posted : messages) {
      called.addAll(calls(posted.message()));
      if (called.containsAll(results(posted.message()))) {
        complete.add(posted);
      }
    }
    return List.copyOf(complete);
  }

  private static Set<String> unanswered(List<Posted> messages) {
    Set<String> called = new HashSet<>();
    Set<String> unanswered = new HashSet<>();
    for (Posted posted : messages) {
      called.addAll(calls(posted.message()));
      Set<String> results = results(posted.message());
      results.removeAll(called);
      unanswered.addAll(results);
    }
    return unanswered;
  }

  private static Set<String> calls(Message message) {
    Set<String> keys = new HashSet<>();
    for (ToolCall call : message.toolCalls()) {
      keys.add(key(call.id(), call.name()));
    }
    return keys;
  }

  private static Set<String> results(Message message) {
    Set<String> keys = new HashSet<>();
    for (ToolResult result : message.toolResults()) {
      keys.add(key(result.callId(), result.name()));
    }
    return keys;
  }

  /** Some models give no ids: then the name has to do. */
  private static String key(String id, String name) {
    return id.isEmpty() ? "name " + name : "id " + id;
  }
}
