package io.selfupgrade.memory;

import java.util.EnumSet;
import java.util.Objects;
import java.util.Set;

/**
 * What to recall.
 *
 * @param text words to look for, 1 to 2,000 characters; a memory with any of them is a hit
 * @param tiers where to look; all by default
 * @param limit how many hits at the most, 1 to 100; 10 by default
 * @param way how to look
 */
public record RecallQuery(String text, Set<Tier> tiers, int limit, Way way) {

  private static final int LONGEST = 2_000;
  private static final int MOST = 100;
  private static final int SOME = 10;

  /**
   * Validates and copies.
   *
   * @throws IllegalArgumentException if a part is out of its range
   */
  public RecallQuery {
    Objects.requireNonNull(text, "text");
    Objects.requireNonNull(way, "way");
    tiers = Set.copyOf(tiers);
    Memory.requireText("query", text, LONGEST);
    if (tiers.isEmpty()) {
      throw new IllegalArgumentException("a query in no tier finds nothing: name one or more");
    }
    if (limit < 1 || limit > MOST) {
      throw new IllegalArgumentException("limit " + limit + ": expected 1 to " + MOST);
    }
  }

  /** Looks for words in all tiers. */
  public static RecallQuery of(String text) {
    return new RecallQuery(text, EnumSet.allOf(Tier.class), SOME, Way.FULL_TEXT);
  }

  /** Returns the same query in these tiers only. */
  public RecallQuery in(Tier first, Tier... others) {
    return new RecallQuery(text, EnumSet.of(first, others), limit, way);
  }

  /** Returns the same query with another limit. */
  public RecallQuery limit(int most) {
    return new RecallQuery(text, tiers, most, way);
  }

  /** Returns the same query, looked up in another way. */
  public RecallQuery by(Way other) {
    return new RecallQuery(text, tiers, limit, other);
  }

  /** How memories are looked up. */
  public enum Way {
    /** By their words. */
    FULL_TEXT,
    /** By their meaning; needs an embedder. */
    VECTOR
  }
}
