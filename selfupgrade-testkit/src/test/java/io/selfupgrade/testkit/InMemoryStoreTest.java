package io.selfupgrade.testkit;

import io.selfupgrade.store.AgentStore;
import java.time.Duration;
import java.time.Instant;

/** The in-memory store keeps the contract. */
class InMemoryStoreTest extends AgentStoreContract {

  private final ManualClock clock = ManualClock.at(Instant.parse("2026-01-01T00:00:00Z"));
  private final InMemoryStore first = new InMemoryStore(clock);

  @Override
  protected AgentStore newStore() {
    return InMemoryStore.sharing(first);
  }

  @Override
  protected AgentStore anotherStore() {
    return InMemoryStore.sharing(first);
  }

  @Override
  protected AgentStore storeWithoutSchema() {
    return new InMemoryStore(clock);
  }

  @Override
  protected void passTime(Duration time) {
    clock.advance(time);
  }
}
