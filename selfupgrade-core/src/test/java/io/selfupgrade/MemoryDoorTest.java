package io.selfupgrade;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.ConfigurationException;
import io.selfupgrade.agent.Json;
import io.selfupgrade.core.memory.WordEmbedder;
import io.selfupgrade.failover.Role;
import io.selfupgrade.memory.Embedder;
import io.selfupgrade.memory.Embedding;
import io.selfupgrade.memory.Memories;
import io.selfupgrade.memory.Memory;
import io.selfupgrade.memory.Ranking;
import io.selfupgrade.memory.RecallQuery;
import io.selfupgrade.memory.Remembered;
import io.selfupgrade.memory.SetAside;
import io.selfupgrade.memory.Tier;
import io.selfupgrade.testkit.Eventually;
import io.selfupgrade.testkit.FaultyStore;
import io.selfupgrade.testkit.InMemoryStore;
import io.selfupgrade.testkit.ManualClock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.function.Consumer;
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

  @Test
  void whatIsWrongWithTheSettingsIsNamedAtOnce() {
    WordEmbedder good = new WordEmbedder("words", 4);
    assertProblems(m -> m.embedder(new WordEmbedder("", 4)), "model() is named \"\"");
    assertProblems(m -> m.embedder(new WordEmbedder("x".repeat(201), 4)), "1 to 200 characters");
    assertProblems(m -> m.embedder(new WordEmbedder("words", 0)), "dimension() is 0");
    assertProblems(m -> m.embedder(new WordEmbedder("words", 4_001)), "4001: expected 1 to 4000");
    assertProblems(m -> m.embedder(good).embedder(good), "m.embedder(...)) is called twice");
    assertProblems(m -> m.embedder(null), "m.embedder(...)) got null");
    assertProblems(m -> m.embedder(new Unreachable()), "java.lang.UnsupportedOperationException");
    assertProblems(m -> m.shared("No Name!"), "memory(m -> m.shared(...))");
    assertProblems(m -> m.shared("a").shared("b"), "m.shared(...)) is called twice");
    assertProblems(m -> m.shared(null), "m.shared(...)) got null");
    assertThat(good.calls()).isZero();
  }

  /** An embedder whose model cannot be asked for its length. */
  private static final class Unreachable implements Embedder {
    @Override
    public String model() {
      return "far";
    }

    @Override
    public int dimension() {
      throw new UnsupportedOperationException("the key sk-secret was not accepted");
    }

    @Override
    public List<float[]> embed(List<String> texts) {
      return List.of();
    }
  }

  private void assertProblems(Consumer<MemoryBuilder> how, String problem) {
    assertThatThrownBy(() -> SelfUpgrade.builder("bare").store(store).memory(how).build())
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining(problem)
        .hasMessageNotContaining("sk-secret");
  }

  @Test
  void thePrimaryEmbedsWhatHasNoVectorYet() {
    WordEmbedder embedder = new WordEmbedder("words", 4);
    agent.memory().remember("a kitten");
    agent.close();
    agent =
        SelfUpgrade.builder("rememberer").store(store).memory(m -> m.embedder(embedder)).build();
    assertThat(embedder.calls()).isZero();

    agent.start();

    Eventually.holds("it leads", SOON, () -> agent.role() == Role.PRIMARY);
    Eventually.holds(
        "it is embedded",
        SOON,
        () -> {
          clock.advance(Duration.ofSeconds(20));
          return agent.memory().stats().vectors().byModel().containsKey("words");
        });
    assertThat(agent.memory().recall("cat")).hasSize(1);
  }

  @Test
  void usesAreToldWhenTheAgentIsClosed() {
    Remembered note = agent.memory().remember("a note");
    agent.memory().recall("note");

    agent.close();

    assertThat(store.memories().uses(NAME, List.of(note.id())))
        .extracting(used -> used.uses())
        .containsExactly(1L);
  }

  @Test
  void anAgentThatWasNeverUsedAsksNothingWhenItIsClosed() {
    agent.memory();
    agent.close();

    assertThat(store.calls()).isZero();
    assertThatThrownBy(() -> agent.memory().recall("note"))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("closed");
  }

  @Test
  void aLocalInstanceReplacesNoVectors() {
    Memories memory = agent.memory();
    memory.remember(Memory.of("a kitten").embedding(Embedding.of("words", 1, 0, 0, 0)));
    try (SelfUpgrade local =
        SelfUpgrade.builder("rememberer")
            .store(store)
            .role(Role.LOCAL)
            .memory(m -> m.embedder(new WordEmbedder("longer", 6)))
            .build()) {
      assertThat(local.memory().recall("kitten")).hasSize(1);
      local.memory().tidy();
      assertThat(memory.stats().vectors().byModel()).containsOnlyKeys("words");
    }
  }

  @Test
  void nothingIsSetAsideWhereNothingWasRolledBack() {
    Memories memory = agent.memory();
    memory.remember("a note");
    assertThat(memory.setAside()).isEmpty();
    SetAside group = new SetAside(agent.instance(), 0, 1, clock.instant(), clock.instant());
    assertThat(memory.setAside(group, 10)).isEmpty();
    assertThat(memory.restore(group)).isZero();
    assertThat(memory.drop(group)).isZero();
    for (int most : new int[] {0, 1_001}) {
      assertThatThrownBy(() -> memory.setAside(group, most))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("expected 1 to 1000");
    }
    assertThat(memory.stats().all()).isEqualTo(1);
  }

  private static List<String> threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .map(Thread::getName)
        .filter(name -> name.startsWith("selfupgrade"))
        .sorted()
        .toList();
  }
}
