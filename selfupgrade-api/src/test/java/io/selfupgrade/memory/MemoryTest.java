package io.selfupgrade.memory;

import static io.selfupgrade.memory.EmbeddingTest.refuses;
import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.agent.Json;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** What is remembered. */
class MemoryTest {

  private static final Embedding VECTOR = Embedding.of("e5", 1, 2);

  @Test
  void eachPartIsSetApart() {
    Memory memory =
        Memory.of("fact")
            .tier(Tier.LONG_TERM)
            .metadata(Json.of("{\"a\": 1}"))
            .importance(0.9)
            .externalId("id")
            .embedding(VECTOR)
            .forAll();

    assertThat(memory)
        .isEqualTo(
            new Memory(
                "fact",
                Tier.LONG_TERM,
                Json.of("{\"a\": 1}"),
                0.9,
                Optional.of("id"),
                Optional.of(VECTOR),
                true));
    assertThat(Memory.of("fact").tier()).isEqualTo(Tier.WORKING);
    assertThat(Memory.of("fact").importance()).isEqualTo(0.5);
    assertThat(Memory.of("fact").shared()).isFalse();
  }

  @Test
  void anotherTextHasAnotherVector() {
    Memory other = Memory.of("fact").embedding(VECTOR).content("another");

    assertThat(other.embedding()).isEmpty();
    assertThat(other.content()).isEqualTo("another");
  }

  @Test
  void whatIsOnlyAVectorCanBeReadWithoutItAndNotRemembered() {
    Memory vector = Memory.of(VECTOR);
    Memory read = vector.embedding(Optional.empty());

    assertThat(vector.content()).isEmpty();
    assertThat(new MemoryStore.Entry(vector, Optional.empty()).memory()).isEqualTo(vector);
    refuses(() -> new MemoryStore.Entry(read, Optional.empty()), "without content and vector");
    Remembered kept = new Remembered(new UUID(1, 2), read, Instant.EPOCH, Optional.empty());
    refuses(() -> new MemoryUpkeep.Merge(kept, read, List.of(kept)), "without content and vector");
  }

  @Test
  void whatIsOutOfItsRangeIsRefusedByName() {
    refuses(() -> Memory.of(""), "content of 0 characters");
    refuses(() -> Memory.of(" \n"), "content of 2 characters", "not blank");
    refuses(() -> Memory.of("a\0b"), "content of 3 characters", "character 0");
    refuses(() -> Memory.of("a".repeat(100_001)), "100001", "100000");
    refuses(() -> Memory.of("fact").content(" "), "content");
    refuses(() -> Memory.of("fact").content(""), "content");
    refuses(() -> Memory.of("fact").externalId(""), "external id of 0");
    refuses(() -> Memory.of("fact").externalId("a".repeat(201)), "external id of 201", "200");
    refuses(() -> Memory.of("fact").importance(1.1), "importance 1.1", "0 to 1");
    refuses(() -> Memory.of("fact").importance(Double.NaN), "importance NaN");
  }

  @Test
  void tiersAreNamedByTheirLabels() {
    for (Tier tier : Tier.values()) {
      assertThat(Tier.labelled(tier.label())).isEqualTo(tier);
    }
    refuses(() -> Tier.labelled("WORKING"), "tier \"WORKING\"", "short-term");
  }
}
