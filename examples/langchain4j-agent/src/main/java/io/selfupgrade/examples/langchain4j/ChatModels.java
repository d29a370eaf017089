package io.selfupgrade.examples.langchain4j;

import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.openai.OpenAiChatModel;
import java.util.Map;

/** Chooses who talks. */
final class ChatModels {

  private ChatModels() {}

  /**
   * Returns any model that is spoken to as OpenAI's are, else a script.
   *
   * @param environment {@code OPENAI_MODEL}, its name; {@code OPENAI_API_KEY}, if it asks for one;
   *     {@code OPENAI_BASE_URL}, such as {@code http://localhost:11434/v1}. Without a name and a
   *     key there is no model
   */
  static ChatModel of(Map<String, String> environment) {
    String key = environment.getOrDefault("OPENAI_API_KEY", "");
    String name = environment.getOrDefault("OPENAI_MODEL", "");
    String url = environment.getOrDefault("OPENAI_BASE_URL", "");
    if (key.isBlank() && name.isBlank()) {
      return new ScriptedModel();
    }
    OpenAiChatModel.OpenAiChatModelBuilder model =
        OpenAiChatModel.builder()
            .apiKey(key.isBlank() ? "none" : key)
            .modelName(name.isBlank() ? "gpt-4o-mini" : name);
    return url.isBlank() ? model.build() : model.baseUrl(url).build();
  }
}
