package io.selfupgrade.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.agent.AgentName;
import io.selfupgrade.failover.LeadershipSession;
import io.selfupgrade.store.AgentStore;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class FaultyStoreTest {

  private static final AgentName AGENT = new AgentName("bot");
  private static final Duration SOON = Duration.ofSeconds(10);

  private final InMemoryStore inner = new InMemoryStore(Clock.systemUTC());
  private final FaultyStore store = FaultyStore.around(inner);

  /** While it is not told to fail it keeps the contract of what it stands around. */
  @Nested
  class WithoutFaults extends AgentStoreContract {

    @Override
    protected AgentStore newStore() {
      return FaultyStore.around(InMemoryStore.sharing(inner));
    }

    @Override
    protected AgentStore anotherStore() {
      return newStore();
    }

    @Override
    protected AgentStore storeWithoutSchema() {
      return FaultyStore.around(new InMemoryStore(Clock.systemUTC()));
    }
  }

  @Test
  void whileAwayEveryCallFailsBeforeTheStore() {
    store.goAway();

    assertFault(() -> store.open(AgentStore.SchemaMode.APPLY));
    assertFault(() -> store.journal().freeze(AGENT, "why"));
    assertFault(() -> store.leadership().read(AGENT));
    assertFault(() -> store.leadership().openSession(AGENT));

    assertThat(inner.journal().frozen(AGENT)).isEmpty();
    store.comeBack();
    assertThat(store.leadership().read(AGENT)).isEmpty();
    assertThat(store.calls()).isEqualTo(5);
  }

  @Test
  void sessionsBreakWhenItGoesAwayAndStayBroken() {
    LeadershipSession session = store.leadership().openSession(AGENT);
    assertThat(session.tryLock(1)).isPresent();
    CountDownLatch begun = new CountDownLatch(1);
    CompletableFuture<Boolean> waiting =
        CompletableFuture.supplyAsync(
            () -> {
              begun.countDown();
              return session.await(Duration.ofMinutes(5));
            });
    Eventually.holds("the thread runs", SOON, () -> begun.getCount() == 0);

    store.goAway();

    Eventually.holds("the wait ended", SOON, waiting::isCompletedExceptionally);
    store.comeBack();
    assertThatThrownBy(() -> session.tryLock(1)).isInstanceOf(AdapterException.class);
    session.close();
    try (LeadershipSession next = store.leadership().openSession(AGENT)) {
      assertThat(next.tryLock(1)).isPresent();
    }
  }

  @Test
  void theNextCallOfAMethodFailsBeforeOrAfterTheStore() {
    store.failNext("freeze", FaultyStore.Moment.BEFORE);
    assertThat(store.journal().frozen(AGENT)).isEmpty();
    assertFault(() -> store.journal().freeze(AGENT, "why"));
    assertThat(inner.journal().frozen(AGENT)).isEmpty();

    store.failNext("freeze", FaultyStore.Moment.AFTER);
    assertFault(() -> store.journal().freeze(AGENT, "why"));
    assertThat(inner.journal().frozen(AGENT)).contains("why");

    store.journal().freeze(AGENT, "again");
    assertThat(store.journal().frozen(AGENT)).contains("again");
  }

  @Test
  void theNthCallFailsOnce() {
    store.failCall(3, FaultyStore.Moment.BEFORE);

    assertThat(store.leadership().read(AGENT)).isEmpty();
    assertThat(store.journal().confirmedVersion(AGENT)).isEqualTo(Optional.empty());
    assertFault(() -> store.leadership().read(AGENT));
    assertThat(store.leadership().read(AGENT)).isEmpty();
  }

  @Test
  void whatTheStoreThrowsComesThrough() {
    assertThatThrownBy(() -> store.open(AgentStore.SchemaMode.VERIFY))
        .isInstanceOf(AdapterException.class)
        .hasMessageContaining("no schema");
  }

  private static void assertFault(ThrowingCallable call) {
    assertThatThrownBy(call)
        .asInstanceOf(InstanceOfAssertFactories.type(AdapterException.class))
        .satisfies(e -> assertThat(e.retryable()).isTrue())
        .satisfies(e -> assertThat(e.operation()).startsWith("fault:"));
  }
}
