package io.selfupgrade.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.agent.Json;
import io.selfupgrade.memory.Embedding;
import io.selfupgrade.memory.Memory;
import io.selfupgrade.memory.MemoryStats;
import io.selfupgrade.memory.MemoryUpkeep.Embedded;
import io.selfupgrade.memory.MemoryUpkeep.Merge;
import io.selfupgrade.memory.MemoryUpkeep.Unembedded;
import io.selfupgrade.memory.MetadataFilter;
import io.selfupgrade.memory.Ranking;
import io.selfupgrade.memory.RecallQuery;
import io.selfupgrade.memory.Recalled;
import io.selfupgrade.memory.Remembered;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

/** Obligations of {@link io.selfupgrade.memory.MemoryStore} on vectors. */
abstract class MemoryVectorContract extends MemoryContract {

  private static final Embedding WRONG = Embedding.of("wrong", new float[] {1, 2, 3});

  @Test
  void theNearestComeFirstThenTheNewer() {
    Remembered far = remember(Memory.of("far").embedding(at(-0.8)));
    Remembered older = remember(Memory.of("older").embedding(at(0.5, 2)));
    passShort();
    Remembered newer = remember(Memory.of("newer").embedding(at(0.5, 2)));
    Remembered near = remember(Memory.of("near").embedding(at(0.9)));
    remember(Memory.of("no vector"));

    List<Recalled> hits = recall(RecallQuery.of(wanted()));

    assertThat(hits).extracting(Recalled::remembered).containsExactly(near, newer, older, far);
    double[] cosines = {0.9, 0.5, 0.5, -0.8};
    for (int i = 0; i < cosines.length; i++) {
      Recalled hit = hits.get(i);
      assertThat(hit.similarity().orElseThrow()).isCloseTo(cosines[i], ROUNDED);
      assertThat(hit.score()).isCloseTo((1 + cosines[i]) / 2, ROUNDED);
      assertThat(hit.foundBy()).isEqualTo(Ranking.Way.VECTOR);
      assertThat(hit.textScore()).isZero();
    }
    assertThat(found(RecallQuery.of(wanted()).limit(2))).containsExactly(near, newer);
  }

  @Test
  void lengthsOfVectorsDoNotCount() {
    Embedding tenth = scaled(at(0.9), 0.1f);
    Remembered near = remember(Memory.of("near").embedding(tenth));
    Remembered far = remember(Memory.of("far").embedding(scaled(at(0.2), 20)));

    List<Recalled> hits = recall(RecallQuery.of(scaled(wanted(), 30)));

    assertThat(hits).extracting(Recalled::remembered).containsExactly(near, far);
    assertThat(hits.get(0).similarity().orElseThrow()).isCloseTo(0.9, ROUNDED);
    assertThat(hits.get(1).similarity().orElseThrow()).isCloseTo(0.2, ROUNDED);
  }

  @Test
  void whatIsFarBelowTheMinimumScoreIsNotFound() {
    Remembered near = remember(Memory.of("near").embedding(at(0.9)));
    Remembered far = remember(Memory.of("far").embedding(at(0.1)));
    RecallQuery query = RecallQuery.of(wanted());

    assertThat(found(query.minScore(0.5))).containsExactly(near, far);
    assertThat(found(query.minScore(0.6))).containsExactly(near);
    assertThat(found(query.minScore(0.98))).isEmpty();
  }

  @Test
  void vectorsOfOtherModelsAreNeverCompared() {
    Remembered mine = remember(Memory.of("mine").embedding(at(-0.5)));
    Remembered other = remember(Memory.of("other").embedding(of(OTHER_MODEL, wanted())));
    settleAll();

    assertThat(found(wanted())).containsExactly(mine);
    assertThat(found(of(OTHER_MODEL, wanted()))).containsExactly(other);
    assertThat(found(of("unknown", wanted()))).isEmpty();
    assertThat(found(RecallQuery.of("other").embedding(of("unknown", wanted()))))
        .containsExactly(other);
  }

  @Test
  void whatAFilterLeavesOutMakesNoHitBeMissed() {
    Random random = new Random(42);
    List<Memory> batch = new ArrayList<>();
    for (int i = 0; i < 600; i++) {
      boolean rare = i % 50 == 7;
      Embedding vector = rare ? at(-0.5 - 0.0005 * i, 3) : at(0.5 + random.nextDouble() / 2.1, 2);
      Json metadata = Json.of("{\"rare\": " + rare + ", \"number\": " + i + "}");
      batch.add(labelled("l" + i, metadata).embedding(vector));
    }
    rememberAll(batch);
    RecallQuery rare = RecallQuery.of(wanted()).where(MetadataFilter.eq("rare", true));

    for (boolean settled : List.of(false, true)) {
      assertThat(found(rare)).as("settled: %s", settled).hasSize(10).allMatch(this::isRare);
      assertThat(found(rare.limit(100))).hasSize(12);
      assertThat(found(rare).get(0).memory().externalId()).contains("l7");
      RecallQuery one = RecallQuery.of(wanted()).where(MetadataFilter.eq("number", 557));
      assertThat(found(one)).hasSize(1);
      assertThat(found(RecallQuery.of(wanted()).limit(1_000))).hasSize(600);
      settleAll();
    }
  }

  private boolean isRare(Remembered remembered) {
    return remembered.memory().metadata().text().contains("true");
  }

  @Test
  void theNearestOfManyAreFoundWhetherTheyAreInTheIndexOrNot() {
    Random random = new Random(7);
    Embedding query = random(random);
    List<Embedding> vectors = new ArrayList<>();
    for (int part = 0; part < 2; part++) {
      settleAll();
      List<Memory> batch = new ArrayList<>();
      for (int i = 0; i < 150; i++) {
        vectors.add(random(random));
        batch.add(Memory.of("fact").embedding(vectors.get(vectors.size() - 1)));
      }
      rememberAll(batch);
    }
    double[] expected =
        vectors.stream()
            .map(vector -> vector.cosine(query))
            .sorted(Comparator.reverseOrder())
            .limit(10)
            .mapToDouble(Double::doubleValue)
            .toArray();

    double[] seen =
        recall(RecallQuery.of(query)).stream()
            .mapToDouble(hit -> hit.similarity().orElseThrow())
            .toArray();

    assertThat(seen).containsExactly(expected, ROUNDED);
  }

  @Test
  void whatIsStoredIsFoundByTheNextCall() {
    settleAll();
    for (int i = 0; i < 10; i++) {
      Remembered kept = remember(Memory.of("fact " + i).embedding(at(0.5 + 0.04 * i)));
      assertThat(found(RecallQuery.of(wanted()).limit(1))).containsExactly(kept);
      if (i % 3 == 0) {
        settleAll();
      }
    }
  }

  @Test
  void aMemoryMayBeOnlyAVector() {
    Remembered kept = remember(Memory.of(at(0.9)));

    assertThat(kept.memory().content()).isEmpty();
    assertThat(read(kept.id())).contains(kept);
    assertThat(found(wanted())).containsExactly(kept);
    assertThat(found(RecallQuery.of("content").embedding(wanted()))).containsExactly(kept);
    assertThat(memories().unembedded(scene.agent, OTHER_MODEL, 10)).isEmpty();
  }

  @Test
  void hitsHaveTheirVectorsIfTheQueryAsksForIt() {
    Embedding vector = random(new Random(3));
    Memory memory = Memory.of("fact").externalId("a");
    Remembered kept = remember(memory.embedding(vector));
    Remembered none = remember(Memory.of("fact without"));
    settleAll();

    for (RecallQuery query :
        List.of(
            RecallQuery.of(wanted()),
            RecallQuery.of("fact"),
            RecallQuery.of("fact").embedding(wanted()))) {
      assertThat(found(query)).contains(kept);
      List<Remembered> with = found(query.withEmbeddings());
      Remembered hit =
          with.stream().filter(one -> one.id().equals(kept.id())).findFirst().orElseThrow();
      Embedding returned = hit.memory().embedding().orElseThrow();
      assertThat(returned.model()).isEqualTo(MODEL);
      assertThat(returned.values()).containsExactly(vector.values(), Offset.offset(2e-3f));
      assertThat(hit.memory().embedding(Optional.empty())).isEqualTo(memory);
    }
    assertThat(found(RecallQuery.of("fact").withEmbeddings())).contains(none);
    assertThat(read(kept.id()).orElseThrow().memory().embedding()).isEmpty();
    assertThat(memories().find(mine(), List.of("a"))).containsExactly(kept);
  }

  @Test
  void aVectorOfAnotherLengthIsRefusedByNameAndNothingIsStored() {
    Remembered kept = remember(Memory.of("kept").externalId("a").embedding(at(0.9)));
    Remembered other = remember(Memory.of("other").embedding(at(0.9)));
    Unembedded read = new Unembedded(kept.id(), "kept", kept.createdAt());
    Memory wrong = Memory.of("new").embedding(WRONG);

    refuses(() -> remember(wrong.externalId("a")));
    refuses(() -> rememberAll(List.of(Memory.of("new"), wrong)));
    refuses(() -> recall(RecallQuery.of(WRONG)));
    refuses(() -> recall(RecallQuery.of("kept").embedding(WRONG)));
    Embedded right = new Embedded(read, of(OTHER_MODEL, wanted()));
    refuses(() -> memories().embed(scene.agent, List.of(right, new Embedded(read, WRONG))));
    refuses(() -> memories().merge(author(mine()), new Merge(kept, wrong, List.of(other))));

    assertThat(memories().stats(mine()).all()).isEqualTo(2);
    assertThat(found(wanted())).containsExactlyInAnyOrder(kept, other);
  }

  private static void refuses(ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(String.valueOf(WRONG.dimension()))
        .hasMessageContaining(String.valueOf(DIMENSION));
  }

  @Test
  void roomIsNotRemadeUnderAMemoryThatIsOnlyAVector() {
    Remembered kept = remember(Memory.of(at(0.9)));
    MemoryStats.Search search = memories().prepareVectors(DIMENSION);

    assertThatThrownBy(() -> memories().prepareVectors(DIMENSION + 1))
        .isInstanceOfSatisfying(AdapterException.class, e -> assertThat(e.retryable()).isFalse());

    assertThat(found(wanted())).containsExactly(kept);
    assertThat(memories().prepareVectors(DIMENSION)).isEqualTo(search);
    assertThat(memories().stats(mine()).vectors().search()).isEqualTo(search);
  }

  @Test
  void whatIsDoneInTheBackgroundChangesNothingThatIsReturned() {
    for (int i = 0; i < 20; i++) {
      remember(Memory.of("fact " + i).importance(i / 20.0).embedding(at(0.9 - 0.05 * i)));
    }
    RecallQuery meaning = RecallQuery.of(wanted()).limit(20);
    List<Remembered> before = found(meaning);
    List<Remembered> words = found("fact");
    MemoryStats.Vectors stats = memories().stats(mine()).vectors();

    int settled = memories().settle(scene.agent, 5);

    assertThat(settled).isLessThanOrEqualTo(5);
    assertThat(memories().stats(mine()).vectors().fresh()).isEqualTo(stats.fresh() - settled);
    assertThat(found(meaning)).isEqualTo(before).hasSize(20);
    settleAll();
    assertThat(found(meaning)).isEqualTo(before);
    memories().prepareVectors(DIMENSION);
    assertThat(found(meaning)).isEqualTo(before);
    assertThat(found("fact")).isEqualTo(words);
    assertThat(memories().stats(mine()).vectors().byModel()).isEqualTo(stats.byModel());
  }

  @Test
  void thoseWithoutAVectorOfTheModelAreListedTheOldestFirst() {
    Remembered first = remember(Memory.of("first"));
    passShort();
    Remembered second = remember(Memory.of("second").embedding(of(OTHER_MODEL, wanted())));
    passShort();
    Remembered third = remember(Memory.of("third"));
    remember(Memory.of("has one").embedding(wanted()));
    remember(Memory.of("brief"), Optional.of(SHORT));
    passShort();

    assertThat(memories().unembedded(scene.agent, MODEL, 10))
        .containsExactly(unembedded(first), unembedded(second), unembedded(third));
    assertThat(memories().unembedded(scene.agent, MODEL, 2))
        .containsExactly(unembedded(first), unembedded(second));
  }

  @Test
  void vectorsAreAddedAndThoseOfAnotherModelReplaced() {
    Remembered none = remember(Memory.of("none"));
    Remembered other = remember(Memory.of("other").embedding(of(OTHER_MODEL, wanted())));
    settleAll();

    int stored =
        memories().embed(scene.agent, List.of(embedded(none, at(0.5)), embedded(other, at(0.9))));

    assertThat(stored).isEqualTo(2);
    assertThat(found(wanted())).containsExactly(other, none);
    assertThat(found(of(OTHER_MODEL, wanted()))).isEmpty();
    assertThat(memories().unembedded(scene.agent, MODEL, 10)).isEmpty();
    assertThat(memories().stats(mine()).vectors().byModel()).isEqualTo(Map.of(MODEL, 2L));
    settleAll();
    assertThat(found(wanted())).containsExactly(other, none);
    assertThat(memories().embed(scene.agent, List.of())).isZero();
  }

  @Test
  void aMemoryThatHasChangedSinceGetsNoVectorOfWhatItSaidBefore() {
    Remembered replaced = remember(Memory.of("replaced").externalId("a"));
    Remembered forgotten = remember(Memory.of("forgotten"));
    Remembered merged = remember(Memory.of("merged"));
    Remembered gone = remember(Memory.of("gone"));
    Remembered theirs = remember(stranger(), Memory.of("theirs"), FOR_EVER);
    remember(Memory.of("another text").externalId("a"));
    memories().forget(mine(), forgotten.id());
    Merge merge = new Merge(merged, Memory.of("one text"), List.of(gone));
    assertThat(memories().merge(author(mine()), merge)).isTrue();
    Unembedded unknown = new Unembedded(UUID.randomUUID(), "unknown", Instant.EPOCH);
    List<Embedded> late = new ArrayList<>(List.of(new Embedded(unknown, wanted())));
    for (Remembered read : List.of(replaced, forgotten, merged, gone, theirs)) {
      late.add(embedded(read, wanted()));
    }

    assertThat(memories().embed(scene.agent, late)).isZero();

    assertThat(found(wanted())).isEmpty();
    assertThat(memories().unembedded(scene.agent, MODEL, 10)).hasSize(2);
  }

  private static Embedded embedded(Remembered read, Embedding vector) {
    return new Embedded(unembedded(read), vector);
  }

  private static Unembedded unembedded(Remembered read) {
    return new Unembedded(read.id(), read.memory().content(), read.createdAt());
  }

  private static Embedding scaled(Embedding vector, float by) {
    float[] values = vector.values();
    for (int i = 0; i < values.length; i++) {
      values[i] *= by;
    }
    return Embedding.of(vector.model(), values);
  }
}
