package io.selfupgrade.memory;

import java.util.Objects;
import java.util.Set;

/**
 * A memory that fits a query, and why.
 *
 * @param remembered the memory
 * @param score share of the query's words that it has, above 0 and at most 1
 * @param words those words, in lower case
 */
public record Recalled(Remembered remembered, double score, Set<String> words) {

  /** Validates and copies. */
  public Recalled {
    Objects.requireNonNull(remembered, "remembered");
    words = Set.copyOf(words);
  }

  /** Returns one sentence for people: why this was found. */
  public String why() {
    return "has "
        + String.join(", ", words.stream().sorted().toList())
        + ": "
        + Math.round(score * 100)
        + " % of the words";
  }
}
