package io.selfupgrade.core.memory;

import io.selfupgrade.memory.Embedder;
import io.selfupgrade.memory.Embedding;
import java.util.Objects;

/**
 * An embedder, with its name and length as they were when the agent was put together.
 *
 * @param embedder the host's
 * @param name of the model
 * @param dimension how many numbers its vectors have
 */
public record EmbeddingModel(Embedder embedder, String name, int dimension) {

  private static final int LONGEST = 200;

  /**
   * Validates the parts.
   *
   * @throws IllegalArgumentException if name or length are not usable
   */
  public EmbeddingModel {
    Objects.requireNonNull(embedder, "embedder");
    if (name == null || name.isBlank() || name.length() > LONGEST || name.indexOf('\0') >= 0) {
      throw new IllegalArgumentException(
          "its model() is named \"" + name + "\": expected 1 to " + LONGEST + " characters");
    }
    if (dimension < 1 || dimension > Embedding.MOST_DIMENSIONS) {
      throw new IllegalArgumentException(
          "its dimension() is " + dimension + ": expected 1 to " + Embedding.MOST_DIMENSIONS);
    }
  }

  /**
   * Reads name and length, and embeds nothing.
   *
   * @throws IllegalArgumentException if they are not usable, or reading them fails
   */
  public static EmbeddingModel of(Embedder embedder) {
    try {
      return new EmbeddingModel(embedder, embedder.model(), embedder.dimension());
    } catch (IllegalArgumentException e) {
      throw e;
    } catch (RuntimeException e) {
      // The host's code: what it throws is a problem of the settings like others.
      throw new IllegalArgumentException(
          "its model() or dimension() threw " + e.getClass().getName(), e);
    }
  }
}
