package io.selfupgrade.memory;

import java.time.Duration;
import java.util.Objects;
import java.util.OptionalInt;

/**
 * How hits are put in order.
 *
 * @param way how to look
 * @param minScore hits below it are left out, 0 to 1; 0 by default
 * @param weights what counts how much where both ways look
 */
public record Ranking(Way way, double minScore, Weights weights) {

  /** By what is best for the query, and no hit left out. */
  public static final Ranking DEFAULT = new Ranking(Way.BEST, 0, Weights.DEFAULT);

  /**
   * Validates the parts.
   *
   * @throws IllegalArgumentException if the minimum is not 0 to 1
   */
  public Ranking {
    Objects.requireNonNull(way, "way");
    Objects.requireNonNull(weights, "weights");
    Weights.range("minimum score", minScore, 1);
  }

  /** Returns the same ranking by another way. */
  public Ranking by(Way other) {
    return new Ranking(other, minScore, weights);
  }

  /** How memories are looked up. */
  public enum Way {
    /** By words and by meaning where there is a vector to look for, else by words. */
    BEST,
    /**
     * By their words. The score is the share of the query's words that a memory has; the more
     * important, then the newer come first among equals.
     */
    FULL_TEXT,
    /**
     * By their meaning; needs an embedder or a vector. The score is {@code (1 + cosine) / 2}; the
     * newer come first among equals.
     */
    VECTOR,
    /**
     * Both, their places put together by {@link Weights#score}. Needs words, and an embedder or a
     * vector.
     */
    HYBRID
  }

  /**
   * What counts how much when both ways look.
   *
   * @param vector of the place by meaning, 0 to 100; 1 by default
   * @param text of the place by words, 0 to 100; 1 by default; not both 0
   * @param importance by how much a memory of importance 0 is scored down, 0 to 0.5; 0.02 by
   *     default
   * @param recency by how much a memory as old as the hills is scored down, 0 to 0.5; 0.02 by
   *     default
   */
  public record Weights(double vector, double text, double importance, double recency) {

    /** Meaning and words alike; importance and age decide between near neighbours. */
    public static final Weights DEFAULT = new Weights(1, 1, 0.02, 0.02);

    /** The constant of reciprocal rank fusion: Cormack, Clarke and Buettcher, SIGIR 2009. */
    public static final int CONSTANT = 60;

    /** After this time a memory is half as recent. */
    public static final Duration HALF_LIFE = Duration.ofDays(30);

    private static final double MOST = 100;
    private static final double MOST_DISCOUNT = 0.5;

    /**
     * Validates the parts.
     *
     * @throws IllegalArgumentException if one is out of its range
     */
    public Weights {
      range("weight of meaning", vector, MOST);
      range("weight of words", text, MOST);
      range("weight of importance", importance, MOST_DISCOUNT);
      range("weight of recency", recency, MOST_DISCOUNT);
      if (vector + text == 0) {
        throw new IllegalArgumentException("meaning and words both weigh nothing: weigh one");
      }
    }

    /**
     * Returns the score of a hit, above 0 and at most 1, which it is for the first by both ways.
     *
     * @param byVector its place by meaning, from 1; empty: it is not among those looked at
     * @param byText its place by words, likewise
     * @param important its importance
     * @param age since it was remembered
     */
    public double score(OptionalInt byVector, OptionalInt byText, double important, Duration age) {
      double places = vector * place(byVector) + text * place(byText);
      double halves = (double) age.toMillis() / HALF_LIFE.toMillis();
      double discount = importance * (1 - important) + recency * (1 - Math.pow(2, -halves));
      return places / (vector + text) * (1 - discount);
    }

    /** Not of {@link Ranking}, whose beginning needs these weights. */
    private static void range(String what, double value, double most) {
      if (!(value >= 0 && value <= most)) {
        throw new IllegalArgumentException(what + " " + value + ": expected 0 to " + most);
      }
    }

    private static double place(OptionalInt place) {
      return place.isPresent() ? (CONSTANT + 1.0) / (CONSTANT + place.getAsInt()) : 0;
    }
  }
}
