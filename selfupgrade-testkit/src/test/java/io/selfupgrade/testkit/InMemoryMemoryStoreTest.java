package io.selfupgrade.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.InstanceId;
import io.selfupgrade.agent.Json;
import io.selfupgrade.memory.Embedding;
import io.selfupgrade.memory.Memory;
import io.selfupgrade.memory.MemoryScope;
import io.selfupgrade.memory.MemoryStats.Search;
import io.selfupgrade.memory.MemoryStore;
import io.selfupgrade.memory.MemoryUpkeep.Unembedded;
import io.selfupgrade.memory.RecallQuery;
import io.selfupgrade.memory.Remembered;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What the contract leaves open: how long vectors are, and what metadata has to be. */
class InMemoryMemoryStoreTest {

  private static final Embedding TWO = Embedding.of("e5", 1, 2);
  private static final Embedding THREE = Embedding.of("e5", 1, 2, 3);

  private final MemoryStore memories =
      new InMemoryStore(ManualClock.at(Instant.parse("2026-01-01T00:00:00Z"))).memories();
  private final MemoryScope scope = MemoryScope.of(new AgentName("agent"));

  @Test
  void vectorsAreLookedForOnceThereIsRoomForThem() {
    remember(Memory.of("fact"));
    assertThat(memories.recall(scope, RecallQuery.of(TWO))).isEmpty();
    assertThat(memories.stats(scope).vectors().search()).isEqualTo(Search.NONE);

    assertThat(memories.prepareVectors(2)).isEqualTo(Search.EXACT);

    assertThat(memories.stats(scope).vectors().search()).isEqualTo(Search.EXACT);
  }

  @Test
  void theFirstVectorSaysHowLongAllAre() {
    remember(Memory.of("fact").embedding(TWO));

    assertThat(memories.stats(scope).vectors().search()).isEqualTo(Search.EXACT);
    assertThatThrownBy(() -> remember(Memory.of("another").embedding(THREE)))
        .hasMessageContaining("e5/3")
        .hasMessageContaining("have 2");
  }

  @Test
  void vectorsOfBothLengthsInABatchAreRefusedBeforeThereIsOne() {
    MemoryStore.Entry two =
        new MemoryStore.Entry(Memory.of("two").embedding(TWO), Optional.empty());
    MemoryStore.Entry three =
        new MemoryStore.Entry(Memory.of("three").embedding(THREE), Optional.empty());

    assertThatThrownBy(() -> memories.rememberAll(author(), List.of(two, three)))
        .isInstanceOf(IllegalArgumentException.class);

    assertThat(memories.stats(scope).all()).isZero();
    assertThat(memories.stats(scope).vectors().search()).isEqualTo(Search.NONE);
  }

  @Test
  void roomForAnotherLengthLetsGoOfVectorsThatCanBeMadeAnew() {
    Remembered kept = remember(Memory.of("fact").embedding(TWO));

    assertThat(memories.prepareVectors(3)).isEqualTo(Search.EXACT);

    assertThat(memories.get(scope, kept.id())).contains(kept);
    assertThat(memories.unembedded(scope.agent(), "e5", 10))
        .containsExactly(new Unembedded(kept.id(), "fact", kept.createdAt()));
    remember(Memory.of("another").embedding(THREE));
    assertThat(memories.recall(scope, RecallQuery.of(THREE))).hasSize(1);
  }

  @Test
  void metadataHasToBeAnObject() {
    for (String text : List.of("[1]", "1", "{\"a\": }", "{\"a\": 1", "{} {}", "nothing")) {
      assertThatThrownBy(() -> remember(Memory.of("fact").metadata(Json.of(text))))
          .as(text)
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("expected");
    }
    assertThat(memories.stats(scope).all()).isZero();
  }

  private Remembered remember(Memory memory) {
    return memories.remember(author(), new MemoryStore.Entry(memory, Optional.empty()));
  }

  private MemoryStore.Author author() {
    return new MemoryStore.Author(scope, InstanceId.random(), 0);
  }
}
