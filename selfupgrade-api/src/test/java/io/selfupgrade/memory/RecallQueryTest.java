package io.selfupgrade.memory;

import static io.selfupgrade.memory.EmbeddingTest.refuses;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What to recall. */
class RecallQueryTest {

  private static final Embedding VECTOR = Embedding.of("e5", 1, 2);
  private static final RecallQuery WORDS = RecallQuery.of("word");

  @Test
  void eachPartIsSetApart() {
    MetadataFilter condition = MetadataFilter.exists("k");
    Ranking.Weights weights = new Ranking.Weights(2, 1, 0, 0);

    RecallQuery query =
        WORDS
            .embedding(VECTOR)
            .ranking(new Ranking(Ranking.Way.BEST, 0.1, weights))
            .by(Ranking.Way.HYBRID)
            .minScore(0.5)
            .in(Tier.WORKING)
            .where(condition)
            .limit(7)
            .withEmbeddings();

    assertThat(query)
        .isEqualTo(
            new RecallQuery(
                Optional.of("word"),
                Optional.of(VECTOR),
                MemoryFilter.ALL.in(Tier.WORKING).where(condition),
                new Ranking(Ranking.Way.HYBRID, 0.5, weights),
                7,
                true));
  }

  @Test
  void aQueryBeginsWithTheBestWayAndTenHits() {
    RecallQuery vector = RecallQuery.of(VECTOR);

    for (RecallQuery query : new RecallQuery[] {WORDS, vector}) {
      assertThat(query.filter()).isEqualTo(MemoryFilter.ALL);
      assertThat(query.ranking()).isEqualTo(Ranking.DEFAULT);
      assertThat(query.limit()).isEqualTo(10);
      assertThat(query.embeddings()).isFalse();
    }
    assertThat(vector.text()).isEmpty();
    assertThat(WORDS.embedding()).isEmpty();
  }

  @Test
  void twiceAsManyPlacesAsHitsArePutTogetherAndFiftyAtLeast() {
    assertThat(WORDS.limit(1).candidates()).isEqualTo(50);
    assertThat(WORDS.limit(25).candidates()).isEqualTo(50);
    assertThat(WORDS.limit(26).candidates()).isEqualTo(52);
    assertThat(WORDS.limit(1_000).candidates()).isEqualTo(2_000);
  }

  @Test
  void whatCannotBeLookedForIsRefusedByName() {
    refuses(() -> RecallQuery.of(" "), "query", "not blank");
    refuses(() -> RecallQuery.of("a\0"), "query", "character 0");
    refuses(() -> RecallQuery.of("a".repeat(8_001)), "8001", "8000");
    refuses(() -> WORDS.limit(0), "limit 0", "1 to 1000");
    refuses(() -> WORDS.limit(1_001), "limit 1001");
    refuses(() -> WORDS.minScore(1.01), "minimum score 1.01");
    refuses(() -> RecallQuery.of(VECTOR).by(Ranking.Way.FULL_TEXT), "without a text");
    refuses(() -> RecallQuery.of(VECTOR).by(Ranking.Way.HYBRID), "without a text");
    refuses(
        () ->
            new RecallQuery(
                Optional.empty(), Optional.empty(), MemoryFilter.ALL, Ranking.DEFAULT, 10, false),
        "without text and vector");
  }

  @Test
  void theLimitsAreTaken() {
    assertThat(RecallQuery.of("a".repeat(8_000)).limit(1_000).limit()).isEqualTo(1_000);
  }
}
