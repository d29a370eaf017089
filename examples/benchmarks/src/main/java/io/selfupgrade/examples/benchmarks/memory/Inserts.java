package io.selfupgrade.examples.benchmarks.memory;

import io.selfupgrade.examples.benchmarks.IncorrectException;
import io.selfupgrade.examples.benchmarks.Server;
import io.selfupgrade.examples.benchmarks.memory.DataSet.Sample;
import io.selfupgrade.examples.benchmarks.memory.Store.Kind;
import io.selfupgrade.examples.benchmarks.memory.Store.Search;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Memories that come in. */
final class Inserts {

  static final String BULK = "memories/s";
  static final String SINGLE = "one by one/s";
  static final String FOUND = "found at once";

  private static final int LOOKED_FOR = 20;

  private final Server server;
  private final DataSet data;

  Inserts(Server server, DataSet data) {
    this.server = server;
    this.data = data;
  }

  /** Fills a store that has no index by vector. */
  Map<String, Double> fill(Store store, List<Sample> samples) throws Exception {
    store.clear();
    server.settle();
    double rate = rate(samples.size(), () -> store.addAll(samples));
    requireRows(store, samples.size());
    return Map.of(BULK, rate);
  }

  /**
   * Adds to a store whose index is in force, many at once and then one by one, and looks for some
   * of them by what they mean.
   *
   * @param first number of the first memory
   */
  Map<String, Double> add(Store store, int first, int many, int few) throws Exception {
    List<Sample> bulk = data.samples(first, first + many);
    List<Sample> single = data.samples(first + many, first + many + few);
    server.settle();
    Map<String, Double> figures = new LinkedHashMap<>();
    figures.put(BULK, rate(many, () -> store.addAll(bulk)));
    figures.put(SINGLE, rate(few, () -> store.addEach(single)));
    requireRows(store, first + many + few);
    figures.put(FOUND, (found(store, bulk) + found(store, single)) / 2);
    store.upkeep();
    return figures;
  }

  /** Returns the share of memories that their own vectors find first. */
  private static double found(Store store, List<Sample> samples) throws Exception {
    int looked = Math.min(LOOKED_FOR, samples.size());
    int found = 0;
    try (Search search = store.search(Kind.ALL)) {
      for (int i = 0; i < looked; i++) {
        Sample sample = samples.get(i * samples.size() / looked);
        List<Integer> nearest = search.nearest(sample.vector());
        found += !nearest.isEmpty() && nearest.get(0) == sample.number() ? 1 : 0;
      }
    }
    return (double) found / looked;
  }

  private void requireRows(Store store, int expected) throws Exception {
    int rows = (int) server.number("select count(*) from " + store.table());
    IncorrectException.require(store.table() + ", rows", rows, expected);
  }

  private interface Work {
    void run() throws Exception;
  }

  private static double rate(int count, Work work) throws Exception {
    long from = System.nanoTime();
    work.run();
    return count / ((System.nanoTime() - from) / 1e9);
  }
}
