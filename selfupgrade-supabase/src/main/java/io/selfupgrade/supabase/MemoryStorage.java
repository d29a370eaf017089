package io.selfupgrade.supabase;

import java.util.Objects;
import java.util.regex.Pattern;

/**
 * How Postgres keeps memories.
 *
 * @param language the text search configuration that makes words of a text, such as {@code
 *     english}, which finds "running" by "runs" and leaves "the" out; {@code simple} by default,
 *     which takes words as they are
 * @param half whether vectors are kept with half the precision in half the space; for an agent
 *     whose vectors are there already the old way stays; not by default
 */
public record MemoryStorage(String language, boolean half) {

  private static final Pattern NAME =
      Pattern.compile("[A-Za-z_][A-Za-z0-9_]{0,62}(\\.[A-Za-z_][A-Za-z0-9_]{0,62})?");

  /** Words as they are, and vectors as they are. */
  public static final MemoryStorage DEFAULT = new MemoryStorage("simple", false);

  /**
   * Validates.
   *
   * @throws IllegalArgumentException if the language is no name of a configuration
   */
  public MemoryStorage {
    Objects.requireNonNull(language, "language");
    if (!NAME.matcher(language).matches()) {
      throw new IllegalArgumentException(
          "language \"" + language + "\": expected a text search configuration, such as english");
    }
  }

  /** Returns the same with words as another language has them. */
  public MemoryStorage language(String configuration) {
    return new MemoryStorage(configuration, half);
  }

  /** Returns the same with vectors of half the precision. */
  public MemoryStorage halfPrecision() {
    return new MemoryStorage(language, true);
  }
}
