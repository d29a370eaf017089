package io.selfupgrade.memory;

import java.util.List;
import java.util.Objects;
import java.util.function.Function;

/**
 * A model that turns texts into vectors; the host's.
 *
 * <p>Called from the threads that remember and recall, and from the background step, by several at
 * once.
 */
public interface Embedder {

  /**
   * Returns the name of the model, kept with each vector; 1 to 200 characters. Another name has all
   * memories embedded anew in the background.
   */
  String model();

  /** Returns how many numbers its vectors have, 1 to {@link Embedding#MOST_DIMENSIONS}. */
  int dimension();

  /**
   * Embeds texts.
   *
   * @param texts one or more, none of them blank
   * @return a vector each, in their order
   * @throws RuntimeException if the model cannot be used now; what is remembered then is kept
   *     without a vector, found by its words, and embedded later
   */
  List<float[]> embed(List<String> texts);

  /** Embeds what is looked for, where the model tells questions from answers. */
  default float[] embedQuery(String text) {
    return embed(List.of(text)).get(0);
  }

  /** Makes an embedder of a function. */
  static Embedder of(String model, int dimension, Function<List<String>, List<float[]>> embed) {
    Objects.requireNonNull(model, "model");
    Objects.requireNonNull(embed, "embed");
    return new Embedder() {
      @Override
      public String model() {
        return model;
      }

      @Override
      public int dimension() {
        return dimension;
      }

      @Override
      public List<float[]> embed(List<String> texts) {
        return embed.apply(texts);
      }
    };
  }
}
