package io.selfupgrade.memory;

import java.util.Objects;
import java.util.Optional;

/**
 * How memories are consolidated.
 *
 * @param fromUses a memory that was recalled as often moves to {@link Tier#LONG_TERM}; 3 or more by
 *     default
 * @param fromImportance as important ones do too; 0.8 by default
 * @param alike memories of a tier whose vectors have this cosine or more are made one, 0.5 to 1;
 *     0.95 by default; empty: none are
 * @param summarizer says what the one is to say; empty: the most important of them, then the one
 *     that was recalled most often, then the newest stays as it is
 */
public record Consolidation(
    int fromUses, double fromImportance, Optional<Double> alike, Optional<Summarizer> summarizer) {

  /** Promotes what is used or important, makes near-duplicates one, summarizes nothing. */
  public static final Consolidation DEFAULT =
      new Consolidation(3, 0.8, Optional.of(0.95), Optional.empty());

  /**
   * Validates the parts.
   *
   * @throws IllegalArgumentException if one is out of its range
   */
  public Consolidation {
    Objects.requireNonNull(summarizer, "summarizer");
    if (fromUses < 1) {
      throw new IllegalArgumentException("uses " + fromUses + ": expected 1 or more");
    }
    if (!(fromImportance >= 0 && fromImportance <= 1)) {
      throw new IllegalArgumentException("importance " + fromImportance + ": expected 0 to 1");
    }
    alike.ifPresent(
        cosine -> {
          if (!(cosine >= 0.5 && cosine <= 1)) {
            throw new IllegalArgumentException("alike " + cosine + ": expected 0.5 to 1");
          }
        });
  }

  /** Returns the same, with memories made one from this cosine on. */
  public Consolidation alike(double cosine) {
    return new Consolidation(fromUses, fromImportance, Optional.of(cosine), summarizer);
  }

  /** Returns the same, with near-duplicates left as they are. */
  public Consolidation mergingNothing() {
    return new Consolidation(fromUses, fromImportance, Optional.empty(), summarizer);
  }

  /** Returns the same, with the one text made by this summarizer. */
  public Consolidation summarizer(Summarizer by) {
    return new Consolidation(fromUses, fromImportance, alike, Optional.of(by));
  }

  /**
   * What it came to.
   *
   * @param promoted memories that moved to {@link Tier#LONG_TERM}
   * @param merged memories that speak for others now
   * @param removed the others, which are gone
   * @param failed groups that stay as they are, for the summarizer failed
   */
  public record Result(long promoted, long merged, long removed, long failed) {}
}
