package io.selfupgrade.examples.springai;

import java.util.List;
import java.util.stream.Collectors;
import org.springframework.ai.chat.client.ChatClient;
import org.springframework.ai.chat.client.advisor.MessageChatMemoryAdvisor;
import org.springframework.ai.chat.client.advisor.ToolCallingAdvisor;
import org.springframework.ai.chat.memory.ChatMemory;
import org.springframework.ai.chat.messages.SystemMessage;
import org.springframework.ai.chat.messages.UserMessage;
import org.springframework.ai.chat.model.ChatModel;
import org.springframework.ai.document.Document;
import org.springframework.ai.tool.annotation.Tool;
import org.springframework.ai.tool.annotation.ToolParam;
import org.springframework.ai.vectorstore.SearchRequest;
import org.springframework.ai.vectorstore.VectorStore;
import org.springframework.stereotype.Component;

/** Answers, with what was said before and what is known: put your own agent in its place. */
@Component
final class Assistant {

  /** Begins a line of the instructions that says something known. */
  static final String FACT = "- ";

  private static final int FACTS = 4;

  /** Within the loop that calls tools, so that calls and responses are remembered too. */
  private static final int WITHIN_TOOL_CALLS = ToolCallingAdvisor.DEFAULT_ORDER + 1;

  private final VectorStore documents;
  private final ChatClient chat;

  Assistant(ChatModel model, ChatMemory memory, VectorStore documents) {
    this.documents = documents;
    // region chat
    this.chat =
        ChatClient.builder(model)
            .defaultAdvisors(
                MessageChatMemoryAdvisor.builder(memory).order(WITHIN_TOOL_CALLS).build())
            .defaultTools(new Notebook(documents))
            .build();
    // endregion
  }

  String answer(String conversation, String said) {
    List<Document> known =
        documents.similaritySearch(
            SearchRequest.builder().query(said).topK(FACTS).similarityThreshold(0.2).build());
    String instructions =
        known.stream()
            .map(document -> FACT + document.getText())
            .collect(Collectors.joining("\n", "Answer with what you know:\n", ""));
    String answer =
        chat.prompt()
            .messages(new SystemMessage(instructions), new UserMessage(said))
            .advisors(advisor -> advisor.param(ChatMemory.CONVERSATION_ID, conversation))
            .call()
            .content();
    return answer == null ? "" : answer;
  }

  /** The tools that the model may call. */
  record Notebook(VectorStore documents) {

    @Tool(description = "Keeps a fact, for all conversations to come")
    String remember(@ToolParam(description = "one sentence") String fact) {
      documents.add(List.of(new Document(fact)));
      return "I have noted: " + fact;
    }
  }
}
