package io.selfupgrade.memory;

import java.util.Objects;
import java.util.Optional;

/**
 * What to recall.
 *
 * @param text what to look for, 1 to 8,000 characters; a memory with any of its words is a hit
 * @param embedding what to look for; made of the text by the embedder if it is left out
 * @param filter which memories are looked at; all by default
 * @param ranking how they are put in order
 * @param limit how many hits at the most, 1 to 1,000; 10 by default
 * @param embeddings whether hits come with their vectors; not by default
 */
public record RecallQuery(
    Optional<String> text,
    Optional<Embedding> embedding,
    MemoryFilter filter,
    Ranking ranking,
    int limit,
    boolean embeddings) {

  /** How many places of each way are put together, at the least. */
  public static final int FEWEST_CANDIDATES = 50;

  private static final int LONGEST = 8_000;
  private static final int MOST = 1_000;
  private static final int SOME = 10;

  /**
   * Validates.
   *
   * @throws IllegalArgumentException if a part is out of its range, or there is nothing to look for
   */
  public RecallQuery {
    Objects.requireNonNull(embedding, "embedding");
    Objects.requireNonNull(filter, "filter");
    Objects.requireNonNull(ranking, "ranking");
    text.ifPresent(words -> Memory.requireText("query", words, LONGEST));
    if (text.isEmpty() && embedding.isEmpty()) {
      throw new IllegalArgumentException("a query without text and vector: give one of them");
    }
    if (limit < 1 || limit > MOST) {
      throw new IllegalArgumentException("limit " + limit + ": expected 1 to " + MOST);
    }
    Ranking.Way way = ranking.way();
    if (text.isEmpty() && (way == Ranking.Way.FULL_TEXT || way == Ranking.Way.HYBRID)) {
      throw new IllegalArgumentException("a query by words without a text: give one");
    }
  }

  /** Looks for a text in all tiers, in the best way there is. */
  public static RecallQuery of(String text) {
    return new RecallQuery(
        Optional.of(text), Optional.empty(), MemoryFilter.ALL, Ranking.DEFAULT, SOME, false);
  }

  /** Looks for a vector in all tiers. */
  public static RecallQuery of(Embedding embedding) {
    return new RecallQuery(
        Optional.empty(), Optional.of(embedding), MemoryFilter.ALL, Ranking.DEFAULT, SOME, false);
  }

  /** Returns the same query in these tiers only. */
  public RecallQuery in(Tier first, Tier... others) {
    return filter(filter.in(first, others));
  }

  /** Returns the same query among memories whose metadata meets this condition too. */
  public RecallQuery where(MetadataFilter condition) {
    return filter(filter.where(condition));
  }

  /** Returns the same query among other memories. */
  public RecallQuery filter(MemoryFilter other) {
    return new RecallQuery(text, embedding, other, ranking, limit, embeddings);
  }

  /** Returns the same query with another limit. */
  public RecallQuery limit(int most) {
    return new RecallQuery(text, embedding, filter, ranking, most, embeddings);
  }

  /** Returns the same query, looked up in another way. */
  public RecallQuery by(Ranking.Way way) {
    return ranking(ranking.by(way));
  }

  /** Returns the same query, put in order in another way. */
  public RecallQuery ranking(Ranking other) {
    return new RecallQuery(text, embedding, filter, other, limit, embeddings);
  }

  /** Returns the same query without hits below a score. */
  public RecallQuery minScore(double least) {
    return ranking(new Ranking(ranking.way(), least, ranking.weights()));
  }

  /** Returns the same query for this vector. */
  public RecallQuery embedding(Embedding vector) {
    return new RecallQuery(text, Optional.of(vector), filter, ranking, limit, embeddings);
  }

  /** Returns the same query, whose hits come with their vectors. */
  public RecallQuery withEmbeddings() {
    return new RecallQuery(text, embedding, filter, ranking, limit, true);
  }

  /** Returns how many places of each way are put together. */
  public int candidates() {
    return Math.max(FEWEST_CANDIDATES, 2 * limit);
  }
}
