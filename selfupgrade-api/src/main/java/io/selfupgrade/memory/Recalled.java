package io.selfupgrade.memory;

import java.util.Locale;
import java.util.Objects;
import java.util.OptionalDouble;
import java.util.Set;

/**
 * A memory that fits a query, and why.
 *
 * @param remembered the memory
 * @param score what the hits are ordered by, 0 to 1; see {@link Ranking.Way}
 * @param similarity cosine of its vector and the query's, -1 to 1; empty: it was not found by its
 *     meaning
 * @param textScore share of the query's words that it has; 0: it was not found by its words
 * @param words those words, as the language setting writes them
 */
public record Recalled(
    Remembered remembered,
    double score,
    OptionalDouble similarity,
    double textScore,
    Set<String> words) {

  /** Validates and copies. */
  public Recalled {
    Objects.requireNonNull(remembered, "remembered");
    Objects.requireNonNull(similarity, "similarity");
    words = Set.copyOf(words);
  }

  /** Returns by what it was found. */
  public Ranking.Way foundBy() {
    if (similarity.isEmpty()) {
      return Ranking.Way.FULL_TEXT;
    }
    return words.isEmpty() ? Ranking.Way.VECTOR : Ranking.Way.HYBRID;
  }

  /** Returns one sentence for people: why this was found. */
  public String why() {
    String meaning =
        similarity.isPresent()
            ? "means something like it (" + number(similarity.getAsDouble()) + ")"
            : "";
    String has =
        words.isEmpty()
            ? ""
            : "has "
                + String.join(", ", words.stream().sorted().toList())
                + ": "
                + Math.round(textScore * 100)
                + " % of the words";
    return meaning.isEmpty() || has.isEmpty() ? meaning + has : meaning + ", and " + has;
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, "%.2f", value);
  }
}
