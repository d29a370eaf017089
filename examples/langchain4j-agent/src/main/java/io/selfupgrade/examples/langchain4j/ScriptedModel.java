package io.selfupgrade.examples.langchain4j;

import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.ToolExecutionResultMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.output.FinishReason;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Stands in for a language model: knows a few sentences, calls tools as a model does, and repeats
 * what they say. Needs no key, and says the same each time.
 */
final class ScriptedModel implements ChatModel {

  private static final List<Rule> RULES =
      List.of(
          rule("remember(?: that)? (.+?)\\.?", "remember", said -> text("fact", said.group(1))),
          rule(
              "remind me in (\\d+) (minute|second)s? (?:to|of) (.+?)\\.?",
              "remindMe",
              said ->
                  "{\"seconds\": "
                      + Long.parseLong(said.group(1)) * (said.group(2).equals("minute") ? 60 : 1)
                      + ", "
                      + text("what", said.group(3)).substring(1)),
          rule("what is planned\\?", "listTasks", said -> "{}"),
          rule("how are you\\?", "checkHealth", said -> "{}"),
          rule("is there a newer version\\?", "lookForUpgrade", said -> "{}"),
          rule("(.+)\\?", "recall", said -> text("about", said.group(1))));

  @Override
  public ChatResponse doChat(ChatRequest request) {
    ChatMessage last = request.messages().get(request.messages().size() - 1);
    AiMessage answer =
        last instanceof ToolExecutionResultMessage result
            ? AiMessage.from(result.text())
            : last instanceof UserMessage user
                ? answer(firstParagraph(user.singleText()), request)
                : AiMessage.from("I have nothing to say to that.");
    return ChatResponse.builder()
        .aiMessage(answer)
        .finishReason(
            answer.hasToolExecutionRequests() ? FinishReason.TOOL_EXECUTION : FinishReason.STOP)
        .build();
  }

  /** Leaves out what LangChain4j adds to a message of what it has retrieved. */
  private static String firstParagraph(String text) {
    return text.strip().split("\n\n", 2)[0];
  }

  private static AiMessage answer(String said, ChatRequest request) {
    for (Rule rule : RULES) {
      Optional<String> arguments = rule.arguments(said);
      if (arguments.isPresent()) {
        return AiMessage.from(
            ToolExecutionRequest.builder()
                .id("call-" + request.messages().size())
                .name(rule.tool)
                .arguments(arguments.get())
                .build());
      }
    }
    return AiMessage.from(
        "I am a script: say \"Remember that ...\", \"Remind me in 5 minutes to ...\", \"What is"
            + " planned?\", \"How are you?\", or ask for what you told me.");
  }

  private static Rule rule(String pattern, String tool, Function<MatchResult, String> arguments) {
    return new Rule(
        Pattern.compile(pattern, Pattern.CASE_INSENSITIVE | Pattern.DOTALL), tool, arguments);
  }

  private static String text(String key, String value) {
    String escaped = value.replace("\\", "\\\\").replace("\"", "\\\"").replaceAll("\\s+", " ");
    return "{\"" + key + "\": \"" + escaped + "\"}";
  }

  private record Rule(Pattern pattern, String tool, Function<MatchResult, String> how) {
    Optional<String> arguments(String said) {
      Matcher matcher = pattern.matcher(said);
      return matcher.matches() ? Optional.of(how.apply(matcher.toMatchResult())) : Optional.empty();
    }
  }
}
