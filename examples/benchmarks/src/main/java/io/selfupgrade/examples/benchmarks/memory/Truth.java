package io.selfupgrade.examples.benchmarks.memory;

import io.selfupgrade.examples.benchmarks.memory.DataSet.Sample;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/** Which memories are nearest to each query, found by comparing all of them. */
final class Truth {

  /** How many are looked for. */
  static final int PLACES = 10;

  private final List<Set<Integer>> nearest;

  private Truth(List<Set<Integer>> nearest) {
    this.nearest = nearest;
  }

  /** Compares all. */
  static Truth of(List<float[]> queries, List<Sample> samples) {
    return new Truth(
        IntStream.range(0, queries.size())
            .parallel()
            .mapToObj(query -> nearest(queries.get(query), samples))
            .toList());
  }

  private static Set<Integer> nearest(float[] query, List<Sample> samples) {
    int places = Math.min(PLACES, samples.size());
    List<Sample> best = new ArrayList<>(places + 1);
    List<Double> products = new ArrayList<>(places + 1);
    for (Sample sample : samples) {
      double product = product(query, sample.vector());
      int at = best.size();
      while (at > 0 && products.get(at - 1) < product) {
        at--;
      }
      if (at < places) {
        best.add(at, sample);
        products.add(at, product);
        if (best.size() > places) {
          best.remove(places);
          products.remove(places);
        }
      }
    }
    Set<Integer> numbers = new HashSet<>();
    best.forEach(sample -> numbers.add(sample.number()));
    return numbers;
  }

  /** Returns the share of the nearest that were found, of all queries together. */
  double recall(List<List<Integer>> found) {
    long wanted = 0;
    long hits = 0;
    for (int query = 0; query < found.size(); query++) {
      Set<Integer> these = nearest.get(query);
      wanted += these.size();
      hits += new HashSet<>(found.get(query)).stream().filter(these::contains).count();
    }
    return (double) hits / wanted;
  }

  /** Returns the inner product; in four sums, which a processor makes side by side. */
  static double product(float[] left, float[] right) {
    float a = 0;
    float b = 0;
    float c = 0;
    float d = 0;
    for (int i = 0; i + 3 < left.length; i += 4) {
      a += left[i] * right[i];
      b += left[i + 1] * right[i + 1];
      c += left[i + 2] * right[i + 2];
      d += left[i + 3] * right[i + 3];
    }
    return (double) a + b + c + d;
  }
}
