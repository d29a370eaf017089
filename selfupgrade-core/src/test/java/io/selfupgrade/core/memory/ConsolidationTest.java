package io.selfupgrade.core.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selfupgrade.agent.Json;
import io.selfupgrade.memory.Consolidation;
import io.selfupgrade.memory.Consolidation.Result;
import io.selfupgrade.memory.Embedding;
import io.selfupgrade.memory.Memory;
import io.selfupgrade.memory.MemoryUpkeep.Used;
import io.selfupgrade.memory.Ranking.Way;
import io.selfupgrade.memory.RecallQuery;
import io.selfupgrade.memory.Recalled;
import io.selfupgrade.memory.Remembered;
import io.selfupgrade.memory.Summarizer;
import io.selfupgrade.memory.Tier;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Promotion, and one of several that say nearly the same. */
class ConsolidationTest {

  private final MemoryScene scene = new MemoryScene();
  private final MemoryEngine bare = scene.bare();
  private final MemoryEngine memory = scene.engine();

  @Test
  void whatIsUsedOrImportantMovesToTheLongTermTier() {
    Remembered used = bare.remember("the user likes tea");
    Remembered important = bare.remember(Memory.of("the password rule").importance(0.8));
    Remembered plain = bare.remember("small talk");
    for (int i = 0; i < 3; i++) {
      bare.recall("tea");
    }

    assertThat(bare.consolidate()).isEqualTo(new Result(2, 0, 0, 0));

    assertThat(tier(used)).isEqualTo(Tier.LONG_TERM);
    assertThat(tier(important)).isEqualTo(Tier.LONG_TERM);
    assertThat(bare.get(used.id()).orElseThrow().expiresAt()).isEmpty();
    assertThat(tier(plain)).isEqualTo(Tier.WORKING);
    assertThat(bare.consolidate()).as("again").isEqualTo(new Result(0, 0, 0, 0));
  }

  @Test
  void anyNumberIsPromoted() {
    bare.rememberAll(
        IntStream.range(0, 1_001).mapToObj(i -> Memory.of("note " + i).importance(1)).iterator(),
        done -> {});

    assertThat(bare.consolidate().promoted()).isEqualTo(1_001);
  }

  @Test
  void theMostImportantThenTheMostUsedThenTheNewestIsKept() {
    Remembered old = memory.remember("a kitten");
    scene.passes(Duration.ofSeconds(1));
    Remembered used = memory.remember("the cat");
    scene.passes(Duration.ofSeconds(1));
    Remembered newest = memory.remember("one kitten");
    memory.remember("a car");
    memory.recall(RecallQuery.of("the").by(Way.FULL_TEXT));

    assertThat(memory.consolidate()).isEqualTo(new Result(0, 1, 2, 0));

    assertThat(memory.get(used.id()).orElseThrow().memory()).isEqualTo(used.memory());
    assertThat(memory.get(old.id())).isEmpty();
    assertThat(memory.get(newest.id())).isEmpty();
    assertThat(memory.stats().vectors().byModel())
        .as("its vector stays")
        .containsEntry("words", 2L);

    Remembered important = memory.remember(Memory.of("this cat").importance(0.6));
    assertThat(memory.consolidate().merged()).isEqualTo(1);
    assertThat(memory.get(important.id())).isPresent();
    assertThat(memory.get(used.id())).isEmpty();
    assertThat(scene.memories().uses(MemoryScene.AGENT, List.of(important.id())))
        .extracting(Used::uses)
        .containsExactly(1L);
  }

  @Test
  void theNewestIsKeptAmongEquals() {
    memory.remember("a kitten");
    scene.passes(Duration.ofSeconds(1));
    Remembered newest = memory.remember("a cat");

    memory.consolidate();

    assertThat(memory.recall("kitten")).extracting(Recalled::remembered).hasSize(1);
    assertThat(memory.get(newest.id())).isPresent();
  }

  @Test
  void eachMemberOfAGroupIsAlikeToTheOneThatIsKept() {
    Remembered middle = at(15, 0.5);
    Remembered first = at(0, 0.6);
    Remembered last = at(30, 0.55);

    assertThat(bare.consolidate()).isEqualTo(new Result(0, 1, 1, 0));

    assertThat(bare.get(first.id())).isPresent();
    assertThat(bare.get(middle.id())).isEmpty();
    assertThat(bare.get(last.id())).as("alike to the one that is gone only").isPresent();
  }

  @Test
  void aSummaryTakesThePlaceOfTheText() {
    Remembered kept =
        memory.remember(
            Memory.of("a kitten").importance(0.7).externalId("pet").metadata(Json.of("{\"a\":1}")));
    memory.remember("the cat");
    List<List<Remembered>> asked = new ArrayList<>();
    Summarizer summarizer =
        alike -> {
          asked.add(alike);
          return "a car, of all things";
        };

    assertThat(memory.consolidate(Consolidation.DEFAULT.summarizer(summarizer)).merged())
        .isEqualTo(1);

    assertThat(asked).hasSize(1);
    assertThat(asked.get(0)).hasSize(2).startsWith(kept);
    Remembered now = memory.find("pet").orElseThrow();
    assertThat(now.id()).isEqualTo(kept.id());
    assertThat(now.memory()).isEqualTo(kept.memory().content("a car, of all things"));
    assertThat(memory.recall(RecallQuery.of("automobile").by(Way.VECTOR))).hasSize(1);
  }

  @Test
  void aSummarizerThatFailsIsCountedAndASummaryIsEmbeddedLaterIfNeedBe() {
    memory.remember("a kitten");
    memory.remember("the cat");
    Consolidation failing =
        Consolidation.DEFAULT.summarizer(
            alike -> {
              throw new IllegalStateException("no model");
            });

    assertThat(memory.consolidate(failing)).isEqualTo(new Result(0, 0, 0, 1));
    assertThat(memory.stats().all()).isEqualTo(2);

    scene.embedder.away(true);
    memory.consolidate(Consolidation.DEFAULT.summarizer(alike -> "an automobile"));
    assertThat(memory.stats().vectors().byModel()).isEmpty();
    scene.embedder.away(false);
    memory.tidy(() -> false);
    assertThat(memory.recall("car")).hasSize(1);
  }

  @Test
  @SuppressWarnings("NullAway")
  void aSummaryThatCannotBeKeptIsRefused() {
    memory.remember("a kitten");
    memory.remember("the cat");

    for (String wrong : new String[] {null, "", " ", "x".repeat(100_001)}) {
      assertThatThrownBy(() -> memory.consolidate(Consolidation.DEFAULT.summarizer(all -> wrong)))
          .isInstanceOf(IllegalArgumentException.class);
    }
    assertThat(memory.stats().all()).isEqualTo(2);
  }

  @Test
  void withoutAnEmbedderTheOnlyModelCountsAndOfSeveralNone() {
    at(0, 0.5);
    at(1, 0.5);
    assertThat(bare.consolidate().removed()).isEqualTo(1);

    at(2, 0.5);
    bare.remember(Memory.of("other").embedding(Embedding.of("other", 1, 0)));
    assertThat(bare.consolidate().removed()).isZero();
    assertThat(bare.stats().all()).isEqualTo(3);
  }

  @Test
  void whatIsOnlyAVectorAndWhatIsInAnotherTierStays() {
    Embedding same = Embedding.of("mine", 1, 0);
    bare.remember(Memory.of(same));
    bare.remember(Memory.of(same));
    at(0, 0.5);
    bare.remember(Memory.of("long").tier(Tier.LONG_TERM).embedding(same));

    assertThat(bare.consolidate()).isEqualTo(new Result(0, 0, 0, 0));
    assertThat(bare.consolidate(Consolidation.DEFAULT.mergingNothing()).merged()).isZero();
  }

  @Test
  void manyDuplicatesBecomeFewAndThenOne() {
    memory.rememberAll(
        IntStream.range(0, 400).mapToObj(i -> Memory.of("kitten " + i)).iterator(), done -> {});

    Result first = memory.consolidate();
    assertThat(first.merged() + memory.stats().all()).isPositive();
    assertThat(first.removed()).isEqualTo(400 - memory.stats().all());
    assertThat(memory.stats().all()).isLessThanOrEqualTo(10);
    memory.consolidate();
    assertThat(memory.stats().all()).isEqualTo(1);
  }

  private Remembered at(double degrees, double importance) {
    double angle = Math.toRadians(degrees);
    Embedding vector = Embedding.of("mine", (float) Math.cos(angle), (float) Math.sin(angle));
    return bare.remember(
        Memory.of("at " + degrees).importance(importance).embedding(Optional.of(vector)));
  }

  private Tier tier(Remembered of) {
    return bare.get(of.id()).orElseThrow().memory().tier();
  }
}
