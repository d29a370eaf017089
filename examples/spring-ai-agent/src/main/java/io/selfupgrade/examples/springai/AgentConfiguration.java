package io.selfupgrade.examples.springai;

import io.selfupgrade.SelfUpgrade;
import io.selfupgrade.SelfUpgradeBuilder;
import io.selfupgrade.agent.Secret;
import io.selfupgrade.core.local.DirectoryReleases;
import io.selfupgrade.memory.Embedder;
import io.selfupgrade.schedule.Schedule;
import io.selfupgrade.store.AgentStore;
import io.selfupgrade.supabase.PostgresStore;
import io.selfupgrade.upgrade.Keys;
import io.selfupgrade.upgrade.Trust;
import io.selfupgrade.upgrade.UpgradeTimes;
import java.nio.file.Path;
import java.time.Duration;
import org.springframework.ai.chat.memory.ChatMemory;
import org.springframework.ai.chat.memory.MessageWindowChatMemory;
import org.springframework.ai.embedding.EmbeddingModel;
import org.springframework.ai.vectorstore.SearchRequest;
import org.springframework.ai.vectorstore.VectorStore;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;

/** The agent, and what Spring AI keeps in it. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(AgentSettings.class)
class AgentConfiguration {

  private static final int WINDOW = 20;

  @Bean
  AgentStore agentStore(AgentSettings settings) {
    return PostgresStore.at(Secret.of(settings.databaseUrl()));
  }

  // region agent
  @Bean
  SelfUpgrade agent(
      AgentStore store,
      AgentSettings settings,
      Embedder embedder,
      PrimaryPort port,
      ObjectProvider<VectorStore> documents) {
    SelfUpgradeBuilder agent =
        SelfUpgrade.builder("spring-ai-agent")
            .store(store)
            .memory(m -> m.embedder(embedder))
            .whilePrimary(port);
    if (!settings.releases().isEmpty()) {
      agent.upgrades(
          u ->
              u.from(DirectoryReleases.in(Path.of(settings.releases())))
                  .trust(Trust.keys(Keys.file(Path.of(settings.releaseKey()))))
                  .lookAt(looks(settings))
                  .times(times(settings))
                  .criticalPath("recalls", () -> recall(documents.getObject())));
    }
    return agent.build();
  }

  /** What a version must be able to do: one that cannot is taken back. */
  private static void recall(VectorStore documents) {
    documents.similaritySearch(SearchRequest.builder().query("What do you know?").build());
  }

  // endregion

  @Bean
  static PrimaryPort primaryPort(Environment environment) {
    return new PrimaryPort(environment);
  }

  // region memory
  @Bean
  VectorStore documents(SelfUpgrade agent, EmbeddingModel model, Embedder embedder) {
    return SelfUpgradeVectorStore.builder(agent.memory(), model, embedder.model()).build();
  }

  @Bean
  ChatMemory chatMemory(SelfUpgrade agent) {
    return MessageWindowChatMemory.builder()
        .chatMemoryRepository(new SelfUpgradeChatMemoryRepository(agent.conversations()))
        .maxMessages(WINDOW)
        .build();
  }

  // endregion

  private static Schedule looks(AgentSettings settings) {
    Duration every = settings.lookEvery();
    return Schedule.every(every == null ? Duration.ofHours(6) : every);
  }

  private static UpgradeTimes times(AgentSettings settings) {
    UpgradeTimes usual = UpgradeTimes.DEFAULT;
    return new UpgradeTimes(
        usual.smoke(),
        usual.ready(),
        usual.drain(),
        settings.probation(),
        settings.probation().multipliedBy(3));
  }
}
