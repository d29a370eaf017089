package io.selfupgrade.examples.benchmarks;

import java.util.List;

/**
 * A figure of a contender, once for each recorded round.
 *
 * @param values in the order of the rounds
 */
public record Samples(List<Double> values) {

  /** Copies, and requires one at least. */
  public Samples {
    values = List.copyOf(values);
    if (values.isEmpty()) {
      throw new IllegalArgumentException("no values: expected one for each round");
    }
  }

  /** Returns the value in the middle; of an even number, what lies between the two. */
  public double median() {
    List<Double> sorted = values.stream().sorted().toList();
    int middle = sorted.size() / 2;
    return sorted.size() % 2 == 1
        ? sorted.get(middle)
        : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
  }

  /** Returns the smallest value. */
  public double min() {
    return values.stream().mapToDouble(Double::doubleValue).min().orElseThrow();
  }

  /** Returns the greatest value. */
  public double max() {
    return values.stream().mapToDouble(Double::doubleValue).max().orElseThrow();
  }
}
