package io.selfupgrade.examples.springai;

import java.util.List;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.messages.Message;
import org.springframework.ai.chat.messages.MessageType;
import org.springframework.ai.chat.messages.ToolResponseMessage;
import org.springframework.ai.chat.model.ChatModel;
import org.springframework.ai.chat.model.ChatResponse;
import org.springframework.ai.chat.model.Generation;
import org.springframework.ai.chat.prompt.ChatOptions;
import org.springframework.ai.chat.prompt.Prompt;
import org.springframework.ai.model.tool.ToolCallingChatOptions;
import tools.jackson.databind.json.JsonMapper;

/**
 * Stands in for a model where no key is set.
 *
 * <p>To {@code Remember X} it calls the tool {@code remember}; else it says how many messages of
 * the user it sees, and the first thing that it is told to know.
 */
final class ScriptedChatModel implements ChatModel {

  private static final String REMEMBER = "Remember ";
  private static final JsonMapper JSON = JsonMapper.builder().build();

  @Override
  public ChatResponse call(Prompt prompt) {
    List<Message> messages = prompt.getInstructions();
    return new ChatResponse(List.of(new Generation(answer(messages))));
  }

  @Override
  public ChatOptions getOptions() {
    return ToolCallingChatOptions.builder().build();
  }

  private static AssistantMessage answer(List<Message> messages) {
    Message last = messages.get(messages.size() - 1);
    if (last instanceof ToolResponseMessage tool) {
      return new AssistantMessage(tool.getResponses().get(0).responseData());
    }
    String said = String.valueOf(last.getText());
    if (said.startsWith(REMEMBER)) {
      return AssistantMessage.builder()
          .content("")
          .toolCalls(List.of(call(messages.size(), said.substring(REMEMBER.length()))))
          .build();
    }
    long heard = messages.stream().filter(one -> one.getMessageType() == MessageType.USER).count();
    return new AssistantMessage("You have said " + heard + " things. " + known(messages));
  }

  private static AssistantMessage.ToolCall call(int number, String fact) {
    Fact arguments = new Fact(fact);
    return new AssistantMessage.ToolCall(
        "call-" + number, "function", "remember", JSON.writeValueAsString(arguments));
  }

  private static String known(List<Message> messages) {
    return messages.stream()
        .filter(one -> one.getMessageType() == MessageType.SYSTEM)
        .map(one -> String.valueOf(one.getText()))
        .flatMap(String::lines)
        .filter(line -> line.startsWith(Assistant.FACT))
        .map(line -> "I know: " + line.substring(Assistant.FACT.length()))
        .findFirst()
        .orElse("I know nothing of it.");
  }

  private record Fact(String fact) {}
}
