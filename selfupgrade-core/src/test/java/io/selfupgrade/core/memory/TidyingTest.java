package io.selfupgrade.core.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.InstanceId;
import io.selfupgrade.memory.Embedding;
import io.selfupgrade.memory.Memories;
import io.selfupgrade.memory.Memory;
import io.selfupgrade.memory.Ranking.Way;
import io.selfupgrade.memory.RecallQuery;
import io.selfupgrade.memory.Remembered;
import io.selfupgrade.memory.Tier;
import io.selfupgrade.testkit.FaultyStore.Moment;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What is done in the background: another model, what has no vector, what has expired. */
class TidyingTest {

  private final MemoryScene scene = new MemoryScene();

  @Test
  void withAnotherModelAllIsEmbeddedAnewWhileRecallGoesOn() {
    remember(scene.engine(), 600);
    WordEmbedder newer = new WordEmbedder("newer", 4);
    Memories memory = scene.engine(newer);

    assertThat(memory.recall("kitten")).as("by words before").hasSize(10);
    assertThat(memory.recall(RecallQuery.of("kitten").by(Way.VECTOR))).isEmpty();
    memory.tidy();

    assertThat(memory.recall(RecallQuery.of("cat").by(Way.VECTOR))).hasSize(10);
    assertThat(memory.stats().vectors().byModel()).containsOnlyKeys("newer");
    assertThat(newer.calls()).as("2 queries by meaning, 3 batches, 1 query").isEqualTo(6);
    memory.tidy();
    assertThat(newer.calls()).as("all is embedded").isEqualTo(6);
  }

  @Test
  void embeddingAnewGoesOnWhereItWasEnded() {
    remember(scene.engine(), 600);
    AtomicInteger asked = new AtomicInteger();
    MemoryEngine memory = scene.engine(new WordEmbedder("newer", 4));

    memory.tidy(() -> asked.incrementAndGet() > 1);
    assertThat(memory.stats().vectors().byModel()).containsEntry("newer", 256L);

    scene.engine(new WordEmbedder("newer", 4)).tidy(() -> false);
    assertThat(memory.stats().vectors().byModel()).containsOnlyKeys("newer");
    memory.tidy(() -> false);
    assertThat(memory.stats().vectors().byModel()).containsEntry("newer", 600L);
  }

  @Test
  void aModelWithVectorsOfAnotherLengthTakesThePlace() {
    remember(scene.engine(), 10);
    Memories memory = scene.engine(new WordEmbedder("longer", 6));

    assertThat(memory.recall("kitten")).hasSize(10);
    memory.tidy();

    assertThat(memory.recall("cat")).hasSize(10);
    assertThat(memory.stats().vectors().byModel()).containsOnlyKeys("longer");
  }

  @Test
  void whoseVersionMayGoReplacesNoVectors() {
    remember(scene.engine(), 10);
    scene.mayReplace = false;
    MemoryEngine onTrial = scene.engine(new WordEmbedder("longer", 6));

    Remembered kept = onTrial.remember("a new kitten");
    assertThat(onTrial.rememberAll(java.util.List.of(Memory.of("more kitten")))).isEqualTo(1);
    onTrial.tidy();

    assertThat(onTrial.recall("new")).extracting(hit -> hit.remembered()).containsExactly(kept);
    assertThatThrownBy(() -> onTrial.recall(RecallQuery.of("cat").by(Way.VECTOR)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(onTrial.stats().vectors().byModel()).containsOnlyKeys("words");
    assertThat(scene.engine().recall("cat")).as("the version before finds them").hasSize(10);

    scene.mayReplace = true;
    onTrial.standingChanged();
    onTrial.tidy(() -> false);
    assertThat(onTrial.stats().vectors().byModel()).containsOnlyKeys("longer");
    assertThat(onTrial.recall("cat")).hasSize(10);
  }

  @Test
  void aTextThatTheEmbedderRefusesDoesNotHoldUpTheOthers() {
    scene.embedder.away(true);
    MemoryEngine memory = scene.engine();
    Remembered bad = memory.remember("poison for the kitten");
    remember(memory, 300);
    scene.embedder.away(false);
    scene.embedder.refuse("poison");

    memory.tidy(() -> false);

    assertThat(memory.stats().vectors().byModel()).containsEntry("words", 300L);
    assertThat(memory.recall("poison").get(0).remembered()).isEqualTo(bad);
    int calls = scene.embedder.calls();
    memory.tidy();
    assertThat(scene.embedder.calls()).as("it is not tried all the time").isEqualTo(calls);

    scene.embedder.refuse("nothing");
    scene.passes(Duration.ofHours(1));
    memory.tidy();
    assertThat(memory.stats().vectors().byModel()).containsEntry("words", 301L);
  }

  @Test
  void whileTheEmbedderIsAwayARoundAsksItTwiceAndGivesUp() {
    scene.embedder.away(true);
    MemoryEngine memory = scene.engine();
    remember(memory, 300);
    int calls = scene.embedder.calls();

    memory.tidy(() -> false);

    assertThat(scene.embedder.calls()).isEqualTo(calls + 2);
    scene.embedder.away(false);
    memory.tidy(() -> false);
    assertThat(memory.stats().vectors().byModel()).containsEntry("words", 300L);
  }

  @Test
  void whatWasReplacedInBetweenGetsNoVectorOfItsOldText() {
    scene.embedder.away(true);
    MemoryEngine memory = scene.engine();
    memory.remember(Memory.of("a kitten").externalId("pet"));
    scene.embedder.away(false);
    Memories bare = scene.bare();
    scene.embedder.answer(
        vectors -> {
          bare.remember(Memory.of("a car").externalId("pet"));
          scene.embedder.answer(same -> same);
          return vectors;
        });

    memory.tidy(() -> false);
    assertThat(memory.recall(RecallQuery.of("cat").by(Way.VECTOR))).isEmpty();

    scene.passes(Tidying.BETWEEN_LOOKS);
    memory.tidy(() -> false);
    assertThat(memory.recall(RecallQuery.of("automobile").by(Way.VECTOR))).hasSize(1);
  }

  @Test
  void aRoundWithNothingToDoAsksNothing() {
    MemoryEngine memory = scene.engine();
    memory.remember("a kitten");
    memory.tidy(() -> false);
    long calls = scene.store.calls();

    for (int minute = 1; minute < 10; minute++) {
      scene.passes(Duration.ofMinutes(1));
      memory.tidy(() -> false);
    }
    assertThat(scene.store.calls()).isEqualTo(calls);

    scene.passes(Duration.ofMinutes(1));
    memory.tidy(() -> false);
    assertThat(scene.store.calls()).as("others write too").isGreaterThan(calls);
    calls = scene.store.calls();
    memory.remember("a car");
    memory.tidy(() -> false);
    assertThat(scene.store.calls()).isGreaterThan(calls + 1);
  }

  @Test
  void aRoundEndsSoonAndTheNextGoesOn() {
    remember(scene.engine(), 600);
    WordEmbedder slow = new WordEmbedder("slow", 4);
    slow.answer(
        vectors -> {
          scene.passes(Duration.ofSeconds(30));
          return vectors;
        });
    MemoryEngine memory = scene.engine(slow);

    memory.tidy(() -> false);
    assertThat(slow.calls()).isEqualTo(2);
    memory.tidy(() -> false);
    assertThat(memory.stats().vectors().byModel()).containsEntry("slow", 600L);
  }

  @Test
  void whatCouldNotBeSetAsideIsSetAsideByTheNextRound() {
    scene.fence = Optional.of(new Fence(MemoryScene.AGENT, InstanceId.random(), 3));
    MemoryEngine memory = scene.bare();
    memory.tidy(() -> false);
    memory.standingChanged();
    scene.store.failNext("setAside", Moment.BEFORE);
    assertThatThrownBy(memory::setAsideRolledBack).isInstanceOf(AdapterException.class);

    scene.store.failNext("setAside", Moment.BEFORE);
    assertThatThrownBy(() -> memory.tidy(() -> false))
        .as("the round looked again")
        .isInstanceOf(AdapterException.class);
    memory.tidy(() -> false);
    long calls = scene.store.calls();
    memory.tidy(() -> false);
    assertThat(scene.store.calls()).as("it is done").isEqualTo(calls);
  }

  @Test
  void whatHasExpiredIsRemovedInBatchesThatCanBeEnded() {
    MemoryEngine memory = scene.bare();
    memory.rememberAll(
        IntStream.range(0, 1_200)
            .mapToObj(i -> Memory.of("note " + i).tier(Tier.SHORT_TERM))
            .iterator(),
        done -> {});
    scene.passes(Duration.ofDays(2));
    AtomicInteger asked = new AtomicInteger();

    memory.removeExpired(() -> asked.incrementAndGet() > 1);
    assertThat(memory.stats().expired()).isEqualTo(700);
    memory.tidy();
    assertThat(memory.stats().expired()).isZero();
  }

  @Test
  void aVectorOfTheCallersIsReplacedByTheEmbedders() {
    MemoryEngine memory = scene.engine();
    memory.remember(Memory.of("a kitten").embedding(Embedding.of("mine", 0, 0, 1, 0)));
    memory.remember(Memory.of(Embedding.of("mine", 0, 0, 1, 0)));

    memory.tidy();

    assertThat(memory.recall("cat")).hasSize(1);
    assertThat(memory.stats().vectors().byModel())
        .as("what is only a vector stays")
        .containsEntry("words", 1L)
        .containsEntry("mine", 1L);
  }

  private static void remember(Memories memory, int number) {
    memory.rememberAll(
        IntStream.range(0, number).mapToObj(i -> Memory.of("kitten " + i)).iterator(), done -> {});
  }
}
