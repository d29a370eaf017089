package io.selfupgrade.examples.benchmarks.memory;

import io.selfupgrade.examples.benchmarks.Progress;
import io.selfupgrade.examples.benchmarks.memory.DataSet.Sample;
import io.selfupgrade.examples.benchmarks.memory.Store.Kind;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** How long a search takes at five sizes, by an index and by comparing all; drawn as SVG. */
final class LatencyPlot {

  private static final int SIZES = 5;
  private static final int MOST_QUERIES = 200;
  private static final int EXACT_QUERIES = 20;

  private final Map<String, Store> stores;
  private final List<Sample> samples;
  private final List<float[]> queries;
  private final Progress progress;

  LatencyPlot(
      Map<String, Store> stores, List<Sample> samples, List<float[]> queries, Progress progress) {
    this.stores = stores;
    this.samples = samples;
    this.queries = queries.subList(0, Math.min(MOST_QUERIES, queries.size()));
    this.progress = progress;
  }

  /** Measures each store at each size, the smallest first, and writes the picture. */
  void write(Path file) throws Exception {
    Map<String, Map<Integer, Double>> lines = new LinkedHashMap<>();
    for (int halvings = SIZES - 1; halvings >= 0; halvings--) {
      List<Sample> some = samples.subList(0, samples.size() >> halvings);
      Searches all = new Searches(queries, Truth.of(queries, some));
      List<float[]> few = queries.subList(0, Math.min(EXACT_QUERIES, queries.size()));
      Searches exact = new Searches(few, Truth.of(few, some));
      for (Map.Entry<String, Store> entry : stores.entrySet()) {
        Store store = entry.getValue();
        store.clear();
        store.addAll(some);
        point(lines, entry.getKey() + ", exact", some.size(), exact.alone(store, Kind.ALL));
        store.index();
        point(lines, entry.getKey() + ", index", some.size(), all.alone(store, Kind.ALL));
      }
    }
    Files.writeString(file, new LogLogChart("memories", "p50 of a search, ms").svg(lines));
  }

  private void point(
      Map<String, Map<Integer, Double>> lines, String line, int size, Map<String, Double> figures) {
    double millis = figures.getOrDefault(Searches.P50, Double.NaN);
    progress.say(String.format(Locale.ROOT, "%s, %d memories: p50 %.2f ms", line, size, millis));
    lines.computeIfAbsent(line, any -> new LinkedHashMap<>()).put(size, millis);
  }
}
