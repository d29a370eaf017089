package io.selfupgrade;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.agent.Json;
import io.selfupgrade.core.memory.WordEmbedder;
import io.selfupgrade.memory.Consolidation;
import io.selfupgrade.memory.Embedder;
import io.selfupgrade.memory.Memories;
import io.selfupgrade.memory.Memory;
import io.selfupgrade.memory.MetadataFilter;
import io.selfupgrade.memory.Ranking.Way;
import io.selfupgrade.memory.RecallQuery;
import io.selfupgrade.memory.Recalled;
import io.selfupgrade.memory.Tier;
import io.selfupgrade.store.AgentStore;
import io.selfupgrade.testkit.InMemoryStore;
import io.selfupgrade.testkit.ManualClock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What the page on memory shows, run. */
class MemorySnippetTest {

  private final WordEmbedder model = new WordEmbedder("words", 8);

  @Test
  void whatThePageShowsWorks() {
    try (SelfUpgrade agent = agent(new InMemoryStore(ManualClock.at(Instant.EPOCH)))) {
      Memories memory = agent.memory();

      // region remember
      memory.remember("Anna likes her tea without sugar", Tier.LONG_TERM);
      memory.remember(
          Memory.of("The kitten is fed at four")
              .metadata(Json.of("{\"room\": \"kitchen\", \"page\": 3}"))
              .importance(0.8)
              .externalId("note-17"));
      // endregion

      // region recall
      List<Recalled> hits =
          memory.recall(
              RecallQuery.of("when does the cat get its food?")
                  .in(Tier.WORKING, Tier.LONG_TERM)
                  .where(MetadataFilter.eq("room", "kitchen").and(MetadataFilter.gte("page", 2)))
                  .minScore(0.3)
                  .limit(5));
      hits.forEach(hit -> System.out.println(hit.why() + ": " + hit.remembered().memory()));
      // endregion

      assertThat(hits).hasSize(1);
      assertThat(hits.get(0).foundBy()).isEqualTo(Way.HYBRID);

      // region consolidate
      memory.consolidate(
          Consolidation.DEFAULT
              .alike(0.97)
              .summarizer(alike -> alike.get(0).memory().content())); // or ask your model
      // endregion
      assertThat(memory.stats().all()).isEqualTo(2);
    }
  }

  private SelfUpgrade agent(AgentStore store) {
    // region agent
    Embedder embedder = Embedder.of("e5-small", 8, texts -> model.embed(texts));
    return SelfUpgrade.builder("my-bot")
        .store(store)
        .memory(
            m -> m.embedder(embedder).shared("family").life(Tier.SHORT_TERM, Duration.ofHours(6)))
        .build();
    // endregion
  }
}
