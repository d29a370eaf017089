package io.selfupgrade.memory;

import static io.selfupgrade.memory.EmbeddingTest.refuses;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import java.util.OptionalInt;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

/** How hits are put in order. */
class RankingTest {

  private static final Offset<Double> EXACT = within(1e-12);
  private static final OptionalInt NONE = OptionalInt.empty();
  private static final Ranking.Weights PLACES = new Ranking.Weights(1, 1, 0, 0);

  @Test
  void theFirstByBothWaysHasOne() {
    assertThat(score(PLACES, first(), first())).isEqualTo(1);
    assertThat(Ranking.Weights.DEFAULT.score(first(), first(), 1, Duration.ZERO)).isEqualTo(1);
  }

  @Test
  void eachWayCountsByItsWeightAndPlace() {
    assertThat(score(PLACES, first(), NONE)).isEqualTo(0.5);
    assertThat(score(PLACES, NONE, OptionalInt.of(62))).isCloseTo(0.25, EXACT);
    assertThat(score(PLACES, NONE, NONE)).isZero();
    Ranking.Weights meaning = new Ranking.Weights(3, 1, 0, 0);
    assertThat(score(meaning, first(), NONE)).isCloseTo(0.75, EXACT);
    assertThat(score(meaning, NONE, first())).isCloseTo(0.25, EXACT);
    assertThat(score(new Ranking.Weights(0, 1, 0, 0), first(), NONE)).isZero();
  }

  @Test
  void whatIsUnimportantIsScoredDown() {
    Ranking.Weights weights = new Ranking.Weights(1, 1, 0.2, 0);

    assertThat(weights.score(first(), first(), 1, Duration.ZERO)).isEqualTo(1);
    assertThat(weights.score(first(), first(), 0.5, Duration.ZERO)).isCloseTo(0.9, EXACT);
    assertThat(weights.score(first(), first(), 0, Duration.ZERO)).isCloseTo(0.8, EXACT);
  }

  @Test
  void whatIsOldIsScoredDownByHalfLives() {
    Ranking.Weights weights = new Ranking.Weights(1, 1, 0, 0.4);

    assertThat(weights.score(first(), first(), 0, Duration.ZERO)).isEqualTo(1);
    assertThat(weights.score(first(), first(), 0, Ranking.Weights.HALF_LIFE)).isCloseTo(0.8, EXACT);
    assertThat(weights.score(first(), first(), 0, Ranking.Weights.HALF_LIFE.multipliedBy(2)))
        .isCloseTo(0.7, EXACT);
    assertThat(weights.score(first(), first(), 0, Duration.ofDays(36_500))).isCloseTo(0.6, EXACT);
  }

  @Test
  void aNearNeighbourIsPassedByImportanceAndAFarOneIsNot() {
    Ranking.Weights weights = Ranking.Weights.DEFAULT;
    double unimportant = weights.score(first(), first(), 0, Duration.ZERO);

    OptionalInt second = OptionalInt.of(2);
    assertThat(weights.score(second, second, 1, Duration.ZERO)).isGreaterThan(unimportant);
    OptionalInt fifth = OptionalInt.of(5);
    assertThat(weights.score(fifth, fifth, 1, Duration.ZERO)).isLessThan(unimportant);
  }

  @Test
  void whatIsOutOfItsRangeIsRefusedByName() {
    refuses(() -> new Ranking.Weights(-1, 1, 0, 0), "weight of meaning -1.0", "0 to 100");
    refuses(() -> new Ranking.Weights(1, 101, 0, 0), "weight of words 101.0");
    refuses(() -> new Ranking.Weights(1, Double.NaN, 0, 0), "weight of words NaN");
    refuses(() -> new Ranking.Weights(1, 1, 0.51, 0), "weight of importance 0.51", "0 to 0.5");
    refuses(() -> new Ranking.Weights(1, 1, 0, -0.1), "weight of recency -0.1");
    refuses(() -> new Ranking.Weights(0, 0, 0, 0), "weigh nothing");
    refuses(() -> new Ranking(Ranking.Way.BEST, Double.NaN, PLACES), "minimum score NaN");
    refuses(() -> new Ranking(Ranking.Way.BEST, -0.1, PLACES), "minimum score -0.1", "0 to 1");
  }

  @Test
  void anotherWayLeavesTheRest() {
    Ranking ranking = new Ranking(Ranking.Way.BEST, 0.3, PLACES);

    assertThat(ranking.by(Ranking.Way.VECTOR))
        .isEqualTo(new Ranking(Ranking.Way.VECTOR, 0.3, PLACES));
  }

  private static double score(Ranking.Weights weights, OptionalInt meaning, OptionalInt words) {
    return weights.score(meaning, words, 0.5, Duration.ofDays(1));
  }

  private static OptionalInt first() {
    return OptionalInt.of(1);
  }
}
