package io.selfupgrade.examples.benchmarks.memory;

import io.selfupgrade.examples.benchmarks.memory.Store.Kind;
import io.selfupgrade.examples.benchmarks.memory.Store.Search;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;

/** Queries whose nearest memories are known, and how long stores take for them. */
final class Searches {

  static final String P50 = "p50 ms";
  static final String P99 = "p99 ms";
  static final String RATE = "queries/s, 8 threads";
  static final String RECALL = "recall@10";

  private static final int WARM_UP = 20;

  private final List<float[]> queries;
  private final Truth truth;

  Searches(List<float[]> queries, Truth truth) {
    this.queries = queries;
    this.truth = truth;
  }

  /** Looks by one thread, then by eight. */
  Map<String, Double> measure(Store store, Kind kind) throws Exception {
    Map<String, Double> figures = alone(store, kind);
    figures.put(RATE, together(store, kind));
    return figures;
  }

  /** Looks by one thread. */
  Map<String, Double> alone(Store store, Kind kind) throws Exception {
    double[] millis = new double[queries.size()];
    List<List<Integer>> found = new ArrayList<>(queries.size());
    try (Search search = store.search(kind)) {
      for (int i = 0; i < Math.min(WARM_UP, queries.size()); i++) {
        search.nearest(queries.get(i));
      }
      for (int i = 0; i < queries.size(); i++) {
        long from = System.nanoTime();
        found.add(search.nearest(queries.get(i)));
        millis[i] = (System.nanoTime() - from) / 1e6;
      }
    }
    Arrays.sort(millis);
    Map<String, Double> figures = new LinkedHashMap<>();
    figures.put(P50, millis[millis.length / 2]);
    figures.put(P99, millis[(int) Math.min(millis.length - 1, millis.length * 0.99)]);
    figures.put(RECALL, truth.recall(found));
    return figures;
  }

  private double together(Store store, Kind kind) throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(Store.THREADS);
    List<Search> searches = new ArrayList<>();
    try {
      for (int thread = 0; thread < Store.THREADS; thread++) {
        searches.add(store.search(kind));
      }
      all(threads, searches, Math.min(Store.THREADS * WARM_UP / 2, queries.size()));
      long from = System.nanoTime();
      all(threads, searches, queries.size());
      return queries.size() / ((System.nanoTime() - from) / 1e9);
    } finally {
      threads.shutdownNow();
      for (Search search : searches) {
        search.close();
      }
    }
  }

  private void all(ExecutorService threads, List<Search> searches, int count) throws Exception {
    AtomicInteger next = new AtomicInteger();
    List<Callable<Integer>> loops = new ArrayList<>();
    searches.forEach(search -> loops.add(() -> loop(search, next, count)));
    for (Future<Integer> ended : threads.invokeAll(loops)) {
      ended.get();
    }
  }

  private int loop(Search search, AtomicInteger next, int count) throws Exception {
    int hits = 0;
    for (int i = next.getAndIncrement(); i < count; i = next.getAndIncrement()) {
      hits += search.nearest(queries.get(i)).size();
    }
    return hits;
  }
}
