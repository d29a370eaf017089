package io.selfupgrade.core.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Json;
import io.selfupgrade.memory.Embedding;
import io.selfupgrade.memory.Memories;
import io.selfupgrade.memory.Memory;
import io.selfupgrade.memory.MemoryFilter;
import io.selfupgrade.memory.Ranking.Way;
import io.selfupgrade.memory.RecallQuery;
import io.selfupgrade.memory.Recalled;
import io.selfupgrade.memory.Remembered;
import io.selfupgrade.memory.Tier;
import io.selfupgrade.testkit.FaultyStore.Moment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Remembering and recalling. */
class MemoryEngineTest {

  private final MemoryScene scene = new MemoryScene();
  private final Memories memory = scene.engine();

  @Test
  void nothingIsAskedBeforeTheFirstUse() {
    assertThat(scene.store.calls()).isZero();
    assertThat(scene.embedder.calls()).isZero();
  }

  @Test
  void aMeaningIsFoundByOtherWords() {
    Remembered kitten = memory.remember("the kitten sleeps");
    memory.remember("the car is red");

    List<Recalled> hits = memory.recall("a cat");

    assertThat(hits.get(0).remembered()).isEqualTo(kitten);
    assertThat(hits.get(0).foundBy()).isEqualTo(Way.VECTOR);
    assertThat(hits.get(0).why()).startsWith("means something like it (1.00)");
    assertThat(memory.recall("the automobile").get(0).foundBy()).isEqualTo(Way.HYBRID);
  }

  @Test
  void roomForVectorsIsMadeOnceByHoweverManyThreads() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(4);
    try {
      List<Callable<Remembered>> work =
          IntStream.range(0, 8)
              .<Callable<Remembered>>mapToObj(i -> () -> memory.remember("cat " + i))
              .toList();
      for (var done : threads.invokeAll(work)) {
        assertThat(done.get().id()).isNotNull();
      }
    } finally {
      threads.shutdownNow();
    }

    assertThat(scene.store.calls()).as("8 memories and 1 room").isEqualTo(9);
    assertThat(memory.stats().vectors().byModel()).containsEntry("words", 8L);
  }

  @Test
  void roomThatCouldNotBeMadeIsAskedForAgain() {
    scene.store.failNext("prepareVectors", Moment.BEFORE);
    assertThatThrownBy(() -> memory.remember("a cat")).isInstanceOf(AdapterException.class);

    memory.remember("a cat");

    assertThat(memory.recall(RecallQuery.of("kitten").by(Way.VECTOR))).hasSize(1);
  }

  @Test
  void whileTheEmbedderFailsMemoriesAreKeptAndFoundByTheirWords() {
    scene.embedder.away(true);
    Remembered kept = memory.remember("a kitten");
    assertThat(memory.rememberAll(List.of(Memory.of("a car"), Memory.of("rain")))).isEqualTo(2);

    assertThat(memory.recall("kitten").get(0).remembered()).isEqualTo(kept);
    assertThat(memory.recall("cat")).isEmpty();
    assertThat(memory.stats().vectors().byModel()).isEmpty();

    scene.embedder.away(false);
    memory.tidy();
    assertThat(memory.recall("cat").get(0).remembered()).isEqualTo(kept);
    assertThat(memory.stats().vectors().byModel()).containsEntry("words", 3L);
  }

  @Test
  void whoAsksForMeaningByNameGetsTheEmbeddersFailure() {
    memory.remember("a kitten");
    scene.embedder.away(true);

    for (Way way : List.of(Way.VECTOR, Way.HYBRID)) {
      assertThatThrownBy(() -> memory.recall(RecallQuery.of("cat").by(way)))
          .isInstanceOfSatisfying(
              AdapterException.class,
              e -> {
                assertThat(e.port()).isEqualTo("Embedder");
                assertThat(e.retryable()).isTrue();
                assertThat(e)
                    .hasMessageContaining("words")
                    .hasCauseInstanceOf(RuntimeException.class);
                assertThat(e.getMessage()).doesNotContain("sk-secret");
              });
    }
  }

  @Test
  void withoutAnEmbedderTheBuilderCallIsNamed() {
    Memories bare = scene.bare();
    bare.remember("a kitten");

    for (Way way : List.of(Way.VECTOR, Way.HYBRID)) {
      assertThatThrownBy(() -> bare.recall(RecallQuery.of("cat").by(way)))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("memory(m -> m.embedder(...))")
          .hasMessageContaining("FULL_TEXT");
    }
    assertThat(bare.recall("kitten").get(0).foundBy()).isEqualTo(Way.FULL_TEXT);
  }

  @Test
  void vectorsOfTheCallersAreTakenAsTheyAre() {
    Memories bare = scene.bare();
    Remembered kept = bare.remember(Memory.of("x").embedding(Embedding.of("mine", 1, 0)));
    Embedding near = Embedding.of("mine", 1, 0.1f);

    assertThat(bare.recall(RecallQuery.of(near)).get(0).remembered()).isEqualTo(kept);
    assertThat(bare.recall(RecallQuery.of("x").embedding(near)).get(0).foundBy())
        .isEqualTo(Way.HYBRID);
    assertThat(bare.recall(RecallQuery.of(near).withEmbeddings()).get(0).remembered().memory())
        .extracting(Memory::embedding)
        .isEqualTo(Optional.of(Embedding.of("mine", 1, 0)));
    assertThatThrownBy(() -> bare.remember(Memory.of("y").embedding(Embedding.of("mine", 1, 0, 0))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("2")
        .hasMessageContaining("3");
  }

  @Test
  void aGivenVectorOfAnotherLengthThanTheEmbeddersIsRefused() {
    assertThatThrownBy(
            () -> memory.remember(Memory.of("a cat").embedding(Embedding.of("other", 1, 0))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("other/2 has 2 numbers: expected 4")
        .hasMessageContaining("words");
    assertThat(scene.store.calls()).isZero();
  }

  @Test
  void whatIsNoVectorOfTheModelIsNamed() {
    memory.remember("a cat");
    RecallQuery query = RecallQuery.of("cat").by(Way.VECTOR);
    List<List<float[]>> wrong = new ArrayList<>();
    wrong.add(List.of());
    wrong.add(List.of(new float[3]));
    wrong.add(List.of(new float[] {1, 2, Float.NaN, 4}));
    wrong.add(List.of(new float[] {1, 2, Float.POSITIVE_INFINITY, 4}));
    wrong.add(List.of(new float[4]));
    List<String> named =
        List.of("", "3 numbers at 0: expected 4", "NaN at 2", "Infinity at 2", "all zeros");
    for (int i = 0; i < wrong.size(); i++) {
      List<float[]> answer = wrong.get(i);
      scene.embedder.answer(vectors -> answer);
      assertThatThrownBy(() -> memory.recall(query))
          .isInstanceOf(AdapterException.class)
          .hasMessageContaining("Embedder")
          .hasMessageContaining("words")
          .hasMessageContaining(named.get(i));
    }
    scene.embedder.answer(vectors -> Stream.concat(vectors.stream(), vectors.stream()).toList());
    memory.rememberAll(List.of(Memory.of("one"), Memory.of("two")));
    assertThat(memory.stats().vectors().byModel()).containsEntry("words", 1L);
  }

  @Test
  void aQueryIsEmbeddedAsAQuery() {
    memory.remember("a kitten");
    memory.recall("cat");

    assertThat(scene.embedder.asked()).containsExactly("a kitten", "cat");
    memory.recall(RecallQuery.of("cat").by(Way.FULL_TEXT));
    memory.recall(RecallQuery.of(Embedding.of("words", 1, 0, 0, 0)));
    assertThat(scene.embedder.calls()).as("no call where none is needed").isEqualTo(2);
  }

  @Test
  void manyAreEmbeddedAndStoredInBatches() {
    List<Long> told = new ArrayList<>();
    Iterator<Memory> memories =
        IntStream.range(0, 2_500).mapToObj(i -> Memory.of("cat number " + i)).iterator();

    assertThat(memory.rememberAll(memories, told::add)).isEqualTo(2_500);

    assertThat(told).containsExactly(1_000L, 2_000L, 2_500L);
    assertThat(scene.embedder.calls()).as("of at most 256 texts").isEqualTo(4 + 4 + 2);
    assertThat(scene.store.calls()).as("3 batches and 1 room").isEqualTo(4);
    assertThat(memory.stats().vectors().byModel()).containsEntry("words", 2_500L);
    assertThat(memory.rememberAll(List.of())).isZero();
  }

  @Test
  void aBatchIsBoundedByItsCharactersToo() {
    List<Long> told = new ArrayList<>();
    String long100 = "x".repeat(100_000);

    memory.rememberAll(
        IntStream.range(0, 90).mapToObj(i -> Memory.of(long100)).iterator(), told::add);

    assertThat(told).containsExactly(40L, 80L, 90L);
    assertThat(scene.embedder.calls()).as("of at most 400,000 characters").isEqualTo(10 + 10 + 3);
  }

  @Test
  void aBadOneIsNamedByItsPlaceAndEarlierBatchesStay() {
    Stream<Memory> good = IntStream.range(0, 1_500).mapToObj(i -> Memory.of("cat " + i));
    Memory bad = Memory.of("bad").metadata(Json.of("[]"));

    assertThatThrownBy(
            () -> memory.rememberAll(Stream.concat(good, Stream.of(bad)).iterator(), done -> {}))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("memory 1500: ")
        .hasMessageContaining("no JSON object");
    assertThat(memory.stats().all()).isEqualTo(1_000);
    assertThatThrownBy(() -> memory.rememberAll(java.util.Collections.singletonList(null)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("memory 0: ");
  }

  @Test
  void aBatchThatTheStoreRefusesIsNamedByItsPlaces() {
    Memories bare = scene.bare();
    bare.remember(Memory.of("x").embedding(Embedding.of("mine", 1, 0)));

    assertThatThrownBy(() -> bare.rememberAll(List.of(Memory.of(Embedding.of("mine", 1, 0, 0)))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("memories 0 to 0: ");
  }

  @Test
  void aSharedMemoryNeedsANamespaceAndIsSeenByAllOfIt() {
    assertThatThrownBy(() -> memory.remember(Memory.of("for all").forAll()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("memory(m -> m.shared(...))");

    Optional<AgentName> family = Optional.of(new AgentName("family"));
    Memories one = scene.engine(new AgentName("one"), Optional.of(scene.embedder), family);
    Memories other = scene.engine(new AgentName("other"), Optional.of(scene.embedder), family);
    Remembered shared = one.remember(Memory.of("the kitten is fed").externalId("fed").forAll());

    assertThat(other.recall("cat").get(0).remembered()).isEqualTo(shared);
    assertThat(other.find("fed")).contains(shared);
    Remembered own = other.remember(Memory.of("not by me").externalId("fed"));
    assertThat(other.find("fed")).as("the own one first").contains(own);
    assertThat(memory.get(shared.id())).isEmpty();
  }

  @Test
  void memoriesAreFoundForgottenPromotedAndEnded() {
    Remembered note = memory.remember(Memory.of("a note").externalId("note"));
    assertThat(memory.find("note")).contains(note);
    assertThat(memory.find("nothing")).isEmpty();

    assertThat(memory.promote(note.id(), Tier.LONG_TERM)).isTrue();
    assertThat(memory.get(note.id()).orElseThrow().expiresAt()).isEmpty();
    assertThat(memory.promote(note.id(), Tier.SHORT_TERM)).isTrue();
    scene.passes(Duration.ofHours(23));
    assertThat(memory.get(note.id())).isPresent();
    assertThat(memory.expire(note.id(), Duration.ofHours(2))).isTrue();
    scene.passes(Duration.ofMinutes(119));
    assertThat(memory.get(note.id())).isPresent();
    assertThat(memory.expire(note.id(), Duration.ZERO)).isTrue();
    assertThat(memory.get(note.id())).isEmpty();

    UUID nobody = UUID.randomUUID();
    assertThat(memory.promote(nobody, Tier.LONG_TERM)).isFalse();
    assertThat(memory.expire(nobody, Duration.ZERO)).isFalse();
    assertThat(memory.forget(nobody)).isFalse();
    for (Duration wrong : List.of(Duration.ofSeconds(-1), Duration.ofDays(36_501))) {
      assertThatThrownBy(() -> memory.expire(nobody, wrong))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("expected 0 to 36,500 days");
    }
  }

  @Test
  void aFilterForgetsAnyNumber() {
    memory.rememberAll(
        IntStream.range(0, 2_001)
            .mapToObj(i -> Memory.of("cat " + i).tier(i == 0 ? Tier.LONG_TERM : Tier.WORKING))
            .iterator(),
        done -> {});

    assertThat(memory.forget(MemoryFilter.ALL.in(Tier.WORKING))).isEqualTo(2_000);
    assertThat(memory.stats().all()).isEqualTo(1);
  }

  @Test
  void withTheStoreAwayItSaysSoAndAsksNoEmbedder() {
    memory.remember("a cat");
    scene.store.goAway();
    int before = scene.embedder.calls();

    assertThatThrownBy(() -> memory.get(UUID.randomUUID()))
        .isInstanceOfSatisfying(AdapterException.class, e -> assertThat(e.retryable()).isTrue());
    assertThat(scene.embedder.calls()).isEqualTo(before);
  }
}
