package io.selfupgrade.memory;

import java.util.Arrays;
import java.util.Objects;

/**
 * What a text means, as a vector, and which model says so; immutable.
 *
 * <p>Vectors of different models are never compared.
 */
public final class Embedding {

  /** Most numbers that a vector may have: as many as pgvector indexes as {@code halfvec}. */
  public static final int MOST_DIMENSIONS = 4_000;

  private static final int LONGEST_MODEL = 200;

  private final String model;
  private final float[] values;

  private Embedding(String model, float[] values) {
    this.model = model;
    this.values = values;
  }

  /**
   * Makes an embedding.
   *
   * @param model name of the model, 1 to 200 characters
   * @param values 1 to {@value #MOST_DIMENSIONS} finite numbers, not all of them 0; copied
   * @throws IllegalArgumentException if one is NaN, infinite, or they have no direction
   */
  public static Embedding of(String model, float... values) {
    Memory.requireText("model", model, LONGEST_MODEL);
    requireUsable(model, values);
    return new Embedding(model, values.clone());
  }

  private static void requireUsable(String model, float[] values) {
    Objects.requireNonNull(values, "values");
    if (values.length < 1 || values.length > MOST_DIMENSIONS) {
      throw new IllegalArgumentException(
          "vector of "
              + model
              + " with "
              + values.length
              + " numbers: expected 1 to "
              + MOST_DIMENSIONS);
    }
    double square = 0;
    for (int i = 0; i < values.length; i++) {
      if (!Float.isFinite(values[i])) {
        throw new IllegalArgumentException(
            "vector of " + model + " has " + values[i] + " at " + i + ": expected finite numbers");
      }
      square += (double) values[i] * values[i];
    }
    if (square == 0) {
      throw new IllegalArgumentException(
          "vector of " + model + " is all zeros: it has no direction to compare");
    }
  }

  /** Returns the name of the model. */
  public String model() {
    return model;
  }

  /** Returns how many numbers it has. */
  public int dimension() {
    return values.length;
  }

  /** Returns a copy of the numbers. */
  public float[] values() {
    return values.clone();
  }

  /**
   * Returns the cosine of the angle between two vectors, -1 to 1.
   *
   * @throws IllegalArgumentException if they are of different models or lengths
   */
  public double cosine(Embedding other) {
    if (!model.equals(other.model) || values.length != other.values.length) {
      throw new IllegalArgumentException(
          "vectors " + this + " and " + other + ": expected the same model and length");
    }
    double product = 0;
    double left = 0;
    double right = 0;
    for (int i = 0; i < values.length; i++) {
      product += (double) values[i] * other.values[i];
      left += (double) values[i] * values[i];
      right += (double) other.values[i] * other.values[i];
    }
    return Math.max(-1, Math.min(1, product / Math.sqrt(left * right)));
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Embedding embedding
        && embedding.model.equals(model)
        && Arrays.equals(embedding.values, values);
  }

  @Override
  public int hashCode() {
    return 31 * model.hashCode() + Arrays.hashCode(values);
  }

  /** Returns model and length, such as {@code e5-small/384}. */
  @Override
  public String toString() {
    return model + "/" + values.length;
  }
}
