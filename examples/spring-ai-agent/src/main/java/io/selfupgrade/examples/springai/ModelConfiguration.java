package io.selfupgrade.examples.springai;

import io.selfupgrade.memory.Embedder;
import org.springframework.ai.chat.model.ChatModel;
import org.springframework.ai.document.MetadataMode;
import org.springframework.ai.embedding.EmbeddingModel;
import org.springframework.ai.openai.OpenAiChatModel;
import org.springframework.ai.openai.OpenAiChatOptions;
import org.springframework.ai.openai.OpenAiEmbeddingModel;
import org.springframework.ai.openai.OpenAiEmbeddingOptions;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** The models: those of a service that speaks OpenAI's protocol, or without a key a script. */
@Configuration(proxyBeanMethods = false)
class ModelConfiguration {

  @Bean
  ChatModel chatModel(AgentSettings settings) {
    AgentSettings.Model model = settings.model();
    if (model.isScripted()) {
      return new ScriptedChatModel();
    }
    return OpenAiChatModel.builder()
        .options(
            OpenAiChatOptions.builder()
                .baseUrl(model.url().toString())
                .apiKey(model.key())
                .model(model.chat())
                .build())
        .build();
  }

  @Bean
  EmbeddingModel embeddingModel(AgentSettings settings) {
    AgentSettings.Model model = settings.model();
    if (model.isScripted()) {
      return new HashedWords();
    }
    return OpenAiEmbeddingModel.builder()
        .metadataMode(MetadataMode.NONE)
        .options(
            OpenAiEmbeddingOptions.builder()
                .baseUrl(model.url().toString())
                .apiKey(model.key())
                .model(model.embedding())
                .dimensions(model.dimension())
                .build())
        .build();
  }

  // region embedder
  /** The same model for what the agent itself remembers, and embeds anew when it changes. */
  @Bean
  Embedder embedder(EmbeddingModel embeddingModel, AgentSettings settings) {
    AgentSettings.Model model = settings.model();
    return model.isScripted()
        ? Embedder.of(HashedWords.NAME, HashedWords.DIMENSION, embeddingModel::embed)
        : Embedder.of(model.embedding(), model.dimension(), embeddingModel::embed);
  }
  // endregion
}
