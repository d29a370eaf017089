package io.selfupgrade;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.ConfigurationException;
import io.selfupgrade.agent.Json;
import io.selfupgrade.failover.Role;
import io.selfupgrade.memory.Memories;
import io.selfupgrade.memory.Memory;
import io.selfupgrade.memory.Ranking;
import io.selfupgrade.memory.RecallQuery;
import io.selfupgrade.memory.Remembered;
import io.selfupgrade.memory.Tier;
import io.selfupgrade.testkit.Eventually;
import io.selfupgrade.testkit.FaultyStore;
import io.selfupgrade.testkit.InMemoryStore;
import io.selfupgrade.testkit.ManualClock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** An agent that remembers. */
class MemoryDoorTest {

  private static final AgentName NAME = new AgentName("rememberer");
  private static final Duration SOON = Duration.ofSeconds(20);

  private final ManualClock clock = ManualClock.at(Instant.parse("2026-01-01T00:00:00Z"));
  private final FaultyStore store = FaultyStore.around(new InMemoryStore(clock));
  private SelfUpgrade agent = SelfUpgrade.builder("rememberer").store(store).memory().build();

  @AfterEach
  void close() {
    agent.close();
  }

  @Test
  void anAgentThatOnlyRemembersNeedsNoStartAndHoldsNoLease() {
    List<String> before = threads();
    Memories memory = agent.memory();
    assertThat(store.calls()).isZero();

    Remembered kept = memory.remember("Anna likes it short");

    assertThat(memory.get(kept.id())).contains(kept);
    assertThat(memory.recall("who is anna?").get(0).why()).isEqualTo("has anna: 33 % of the words");
    assertThat(store.leadership().read(NAME)).isEmpty();
    assertThat(store.instances().living(NAME)).isEmpty();
    assertThat(threads()).isEqualTo(before);
  }

  @Test
  void tiersLiveAsLongAsTheySay() {
    Memories memory = agent.memory();
    Remembered day = memory.remember("a note for today", Tier.SHORT_TERM);
    Remembered month = memory.remember("a note for the month");
    memory.remember("a note for ever", Tier.LONG_TERM);
    assertThat(memory.recall("note")).hasSize(3);

    clock.advance(Duration.ofHours(24));
    assertThat(memory.get(day.id())).isEmpty();
    clock.advance(Duration.ofDays(29));
    assertThat(memory.get(month.id())).isEmpty();
    assertThat(memory.recall("note")).hasSize(1);
    assertThat(memory.stats().expired()).isEqualTo(2);
  }

  @Test
  void aLifeCanBeSet() {
    agent.close();
    agent =
        SelfUpgrade.builder("rememberer")
            .store(store)
            .memory(m -> m.life(Tier.LONG_TERM, Duration.ofDays(365)))
            .build();

    Remembered kept = agent.memory().remember("for a year", Tier.LONG_TERM);

    assertThat(kept.expiresAt()).contains(kept.createdAt().plus(Duration.ofDays(365)));
  }

  @Test
  void thePrimaryRemovesWhatHasExpired() {
    for (int i = 0; i < 1_200; i++) {
      agent.memory().remember("note " + i, Tier.SHORT_TERM);
    }
    clock.advance(Duration.ofDays(2));

    agent.start();

    Eventually.holds("it leads", SOON, () -> agent.role() == Role.PRIMARY);
    Eventually.holds(
        "they are removed",
        SOON,
        () -> {
          clock.advance(Duration.ofMinutes(1));
          return agent.memory().stats().expired() == 0;
        });
  }

  @Test
  void recallByVectorSaysWhatIsMissing() {
    RecallQuery query = RecallQuery.of("meaning").by(Ranking.Way.VECTOR);

    assertThatThrownBy(() -> agent.memory().recall(query))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("embedder")
        .hasMessageContaining("FULL_TEXT");
  }

  @Test
  void whatCannotBeKeptIsRefused() {
    Memories memory = agent.memory();
    for (String metadata : List.of("[]", "7", "{", "{} {}")) {
      Memory wrong = Memory.of("x").metadata(Json.of(metadata));
      assertThatThrownBy(() -> memory.remember(wrong)).isInstanceOf(IllegalArgumentException.class);
    }
    for (String content : List.of("", " ", "a\0b", "x".repeat(100_001))) {
      assertThatThrownBy(() -> memory.remember(content))
          .isInstanceOf(IllegalArgumentException.class);
    }
    assertThatThrownBy(() -> Memory.of("x").importance(Double.NaN)).hasMessageContaining("NaN");
    assertThat(store.calls()).isZero();
  }

  @Test
  void withoutMemoryItNamesTheBuilderCall() {
    try (SelfUpgrade bare = SelfUpgrade.builder("bare").store(store).build()) {
      assertThatThrownBy(bare::memory)
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("memory(m -> ...)");
    }
    assertThatThrownBy(
            () ->
                SelfUpgrade.builder("bare")
                    .store(store)
                    .memory(m -> m.life(Tier.WORKING, Duration.ZERO))
                    .build())
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("m.life(");
  }

  private static List<String> threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .map(Thread::getName)
        .filter(name -> name.startsWith("selfupgrade"))
        .sorted()
        .toList();
  }
}
