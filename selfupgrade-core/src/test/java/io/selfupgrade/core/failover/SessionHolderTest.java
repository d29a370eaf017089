package io.selfupgrade.core.failover;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.testkit.InMemoryStore;
import java.time.Clock;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SessionHolderTest {

  private static final Duration SHORT = Duration.ofMillis(50);
  private static final Duration LONG = Duration.ofMinutes(1);

  private final InMemoryStore store = new InMemoryStore(Clock.systemUTC());
  private final SessionHolder holder = new SessionHolder(store, new AgentName("listening"));

  @AfterEach
  void close() {
    holder.close();
    store.close();
  }

  @Test
  void aFreshSessionTellsToLookOnceMore() {
    long start = System.nanoTime();

    assertThat(holder.await(LONG)).isTrue();

    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(LONG.dividedBy(2));
    assertThat(holder.await(SHORT)).isFalse();
  }

  @Test
  void aSessionThatWasPreparedTellsTheSame() {
    holder.prepare();

    assertThat(holder.await(LONG)).isTrue();
    assertThat(holder.await(SHORT)).isFalse();
  }

  @Test
  void aSessionThatReplacesAnotherTellsItAgain() {
    holder.await(SHORT);
    holder.discard();

    assertThat(holder.await(LONG)).isTrue();
  }
}
