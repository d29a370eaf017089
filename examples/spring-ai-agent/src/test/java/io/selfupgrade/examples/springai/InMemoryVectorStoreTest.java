package io.selfupgrade.examples.springai;

import io.selfupgrade.store.AgentStore;
import io.selfupgrade.testkit.InMemoryStore;
import java.time.Clock;

final class InMemoryVectorStoreTest extends VectorStoreCases {

  @Override
  AgentStore store() {
    return new InMemoryStore(Clock.systemUTC());
  }
}
