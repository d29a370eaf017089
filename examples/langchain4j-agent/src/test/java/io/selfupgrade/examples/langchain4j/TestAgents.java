package io.selfupgrade.examples.langchain4j;

import io.selfupgrade.SelfUpgrade;
import io.selfupgrade.store.AgentStore;
import io.selfupgrade.testkit.InMemoryStore;
import java.time.Clock;

/** Agents that only remember. */
final class TestAgents {

  private TestAgents() {}

  static SelfUpgrade inMemory() {
    return on(new InMemoryStore(Clock.systemUTC()));
  }

  static SelfUpgrade on(AgentStore store) {
    return SelfUpgrade.builder("test")
        .version("1.0.0")
        .store(store)
        .memory(m -> m.embedder(Trigrams.embedder()))
        .build();
  }

  static SelfUpgradeEmbeddingStore documents(SelfUpgrade agent) {
    return new SelfUpgradeEmbeddingStore(agent.memory(), Trigrams.embedder().model());
  }
}
