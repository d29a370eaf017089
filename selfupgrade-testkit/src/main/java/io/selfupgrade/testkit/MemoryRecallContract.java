package io.selfupgrade.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.memory.Memory;
import io.selfupgrade.memory.Ranking;
import io.selfupgrade.memory.RecallQuery;
import io.selfupgrade.memory.Recalled;
import io.selfupgrade.memory.Remembered;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

/**
 * Obligations of {@link io.selfupgrade.memory.MemoryStore} on what is found by words, and by both.
 */
abstract class MemoryRecallContract extends MemoryContract {

  /** Ages are near zero: what they change is less. */
  private static final Offset<Double> SCORE = Offset.offset(1e-6);

  @Test
  void moreWordsComeFirstThenMoreImportanceThenTheNewer() {
    Remembered one = remember(Memory.of("red apples, they say"));
    Remembered both = remember(Memory.of("APPLES are green or red."));
    passShort();
    Remembered newer = remember(Memory.of("a red bicycle"));
    Remembered important = remember(Memory.of("green tea").importance(0.9));
    remember(Memory.of("nothing of the kind"));

    List<Recalled> hits = recall(RecallQuery.of("Red, green; red!"));

    assertThat(hits).extracting(Recalled::remembered).containsExactly(both, important, newer, one);
    assertThat(hits.get(0).score()).isEqualTo(1);
    assertThat(hits.get(0).words()).containsExactlyInAnyOrder("red", "green");
    assertThat(hits.get(0).foundBy()).isEqualTo(Ranking.Way.FULL_TEXT);
    assertThat(hits.get(1).score()).isEqualTo(0.5);
    assertThat(hits.get(1).textScore()).isEqualTo(0.5);
    assertThat(hits.get(1).words()).containsExactly("green");
    assertThat(found(RecallQuery.of("red green").limit(2))).containsExactly(both, important);
  }

  @Test
  void aQueryWithoutWordsOrWithSyntaxIsJustAQuery() {
    Remembered kept = remember(Memory.of("cats and dogs"));

    assertThat(found("...")).isEmpty();
    assertThat(found("cats & !dogs | ('")).containsExactly(kept);
  }

  @Test
  void wordsBelowTheMinimumScoreFindNothing() {
    Remembered all = remember(Memory.of("red green blue white"));
    Remembered half = remember(Memory.of("red green"));
    Remembered one = remember(Memory.of("red"));
    RecallQuery query = RecallQuery.of("red green blue white");

    assertThat(found(query)).containsExactly(all, half, one);
    assertThat(found(query.minScore(0.5))).containsExactly(all, half);
    assertThat(found(query.minScore(0.6))).containsExactly(all);
    assertThat(found(RecallQuery.of("red black").minScore(1))).isEmpty();
  }

  @Test
  void theBestWayIsBothIfThereAreBothElseWhatThereIs() {
    Remembered word = remember(Memory.of("whales").importance(0.9));
    Remembered near = remember(Memory.of("fish").embedding(at(0.9)));
    RecallQuery words = RecallQuery.of("whales");

    assertThat(found(words)).containsExactly(word);
    assertThat(found(RecallQuery.of(wanted()))).containsExactly(near);
    RecallQuery both = words.embedding(wanted());
    assertThat(found(both)).containsExactlyInAnyOrder(word, near);
    assertThat(found(both.by(Ranking.Way.FULL_TEXT))).containsExactly(word);
    assertThat(found(both.by(Ranking.Way.VECTOR))).containsExactly(near);
    assertThat(found(both.by(Ranking.Way.HYBRID))).isEqualTo(found(both));
  }

  @Test
  void bothWaysPutTheirPlacesTogether() {
    Remembered both = remember(Memory.of("blue whales").importance(0.9).embedding(at(0.9)));
    Remembered words = remember(Memory.of("whales").importance(0.2));
    Remembered meaning = remember(Memory.of("fish").importance(1).embedding(at(0.8)));
    Remembered last = remember(Memory.of("whales").importance(0.1).embedding(at(-0.5)));
    RecallQuery query = RecallQuery.of("blue whales").embedding(wanted());

    for (Ranking.Weights weights :
        List.of(
            Ranking.Weights.DEFAULT,
            new Ranking.Weights(3, 1, 0, 0),
            new Ranking.Weights(1, 5, 0.5, 0.5))) {
      List<Recalled> hits = recall(query.ranking(new Ranking(Ranking.Way.HYBRID, 0, weights)));

      assertThat(hits)
          .hasSize(4)
          .isSortedAccordingTo((a, b) -> Double.compare(b.score(), a.score()));
      assertScore(hits, both, weights, OptionalInt.of(1), OptionalInt.of(1));
      assertScore(hits, words, weights, OptionalInt.empty(), OptionalInt.of(2));
      assertScore(hits, meaning, weights, OptionalInt.of(2), OptionalInt.empty());
      assertScore(hits, last, weights, OptionalInt.of(3), OptionalInt.of(3));
    }
    Recalled best = recall(query).get(0);
    assertThat(best.remembered()).isEqualTo(both);
    assertThat(best.similarity().orElseThrow()).isCloseTo(0.9, ROUNDED);
    assertThat(best.textScore()).isEqualTo(1);
    assertThat(best.words()).isEqualTo(Set.of("blue", "whales"));
    assertThat(hit(recall(query), words).similarity()).isEmpty();
    assertThat(hit(recall(query), meaning).words()).isEmpty();
    assertThat(hit(recall(query), meaning).textScore()).isZero();
  }

  @Test
  void bothWaysHaveNoMoreThanTheirBestPlaces() {
    List<Memory> batch = new ArrayList<>();
    for (int i = 0; i < 60; i++) {
      batch.add(Memory.of("fish " + i).embedding(at(0.9 - 0.02 * i)));
    }
    rememberAll(batch);
    Remembered far = remember(Memory.of("whales").embedding(at(-0.9)));
    RecallQuery query = RecallQuery.of("whales").embedding(wanted());

    List<Recalled> hits = recall(query);
    assertThat(hits).hasSize(10);
    assertScore(hits, far, Ranking.Weights.DEFAULT, OptionalInt.empty(), OptionalInt.of(1));
    assertThat(hit(hits, far).similarity()).as("it is not among the 50 nearest").isEmpty();
    List<Recalled> more = recall(query.limit(40));
    assertThat(more).hasSize(40);
    assertScore(more, far, Ranking.Weights.DEFAULT, OptionalInt.of(61), OptionalInt.of(1));
    assertThat(recall(query.limit(100))).hasSize(61);
  }

  @Test
  void scoresOfBothBelowTheMinimumFindNothing() {
    Remembered both = remember(Memory.of("whales").importance(1).embedding(at(0.9)));
    Remembered words = remember(Memory.of("whales too").importance(0.9));
    RecallQuery query = RecallQuery.of("whales").embedding(wanted());

    assertThat(found(query)).containsExactly(both, words);
    assertThat(found(query.minScore(0.9))).containsExactly(both);
    assertThat(found(RecallQuery.of("sharks").embedding(at(0, 2)).minScore(0.9))).isEmpty();
  }

  private static void assertScore(
      List<Recalled> hits,
      Remembered of,
      Ranking.Weights weights,
      OptionalInt byVector,
      OptionalInt byText) {
    double expected = weights.score(byVector, byText, of.memory().importance(), Duration.ZERO);
    assertThat(hit(hits, of).score())
        .as("%s with %s", of.memory().content(), weights)
        .isCloseTo(expected, SCORE);
  }

  private static Recalled hit(List<Recalled> hits, Remembered of) {
    return hits.stream()
        .filter(hit -> hit.remembered().equals(of))
        .findFirst()
        .orElseThrow(() -> new AssertionError(of.memory().content() + " is not among " + hits));
  }
}
