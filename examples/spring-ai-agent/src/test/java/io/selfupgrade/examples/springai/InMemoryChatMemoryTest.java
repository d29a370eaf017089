package io.selfupgrade.examples.springai;

import io.selfupgrade.store.AgentStore;
import io.selfupgrade.testkit.InMemoryStore;
import java.time.Clock;

final class InMemoryChatMemoryTest extends ChatMemoryCases {

  @Override
  AgentStore store() {
    return new InMemoryStore(Clock.systemUTC());
  }
}
