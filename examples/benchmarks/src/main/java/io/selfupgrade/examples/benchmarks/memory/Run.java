package io.selfupgrade.examples.benchmarks.memory;

import io.selfupgrade.examples.benchmarks.Choices;
import io.selfupgrade.examples.benchmarks.Contest;
import io.selfupgrade.examples.benchmarks.IncorrectException;
import io.selfupgrade.examples.benchmarks.Progress;
import io.selfupgrade.examples.benchmarks.Server;
import io.selfupgrade.examples.benchmarks.memory.DataSet.Sample;
import io.selfupgrade.examples.benchmarks.memory.Store.Kind;
import io.selfupgrade.supabase.MemoryStorage;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/** One run of the benchmark of memories: its stores, its data, and what it found so far. */
final class Run implements AutoCloseable {

  static final String LIMIT = "raw";
  static final String OURS = "SelfUpgrade";
  static final String LANGCHAIN4J = "LangChain4j";
  static final String SPRING_AI = "Spring AI";

  private static final String BY_METADATA = "SelfUpgrade, by metadata";

  private static final int PART_FOUND = 1;
  private static final int PART_ADDED = 2;
  private static final int PART_STREAM = 4;

  private final Choices choices;
  private final Server server;
  private final Progress progress;
  private final DataSet data = new DataSet();
  private final List<Sample> samples;
  private final List<float[]> queries;
  private final Map<String, Store> stores = new LinkedHashMap<>();
  private final Inserts inserts;
  private final List<Contest.Outcome> outcomes = new ArrayList<>();
  private final Map<String, Double> figures = new LinkedHashMap<>();

  Run(Choices choices, Server server, Progress progress) throws Exception {
    this.choices = choices;
    this.server = server;
    this.progress = progress;
    this.inserts = new Inserts(server, data);
    samples = data.samples(0, choices.number(MemoryBenchmark.MEMORIES));
    queries = data.queries(choices.number(MemoryBenchmark.QUERIES));
    stores.put(LIMIT, new RawStore(server));
    stores.put(OURS, new Ours(server));
    stores.put(LANGCHAIN4J, new LangChain4jStore(server));
    stores.put(SPRING_AI, new SpringAiStore(server, this::vector));
  }

  private float[] vector(int number) {
    return number < samples.size() ? samples.get(number).vector() : data.sample(number).vector();
  }

  List<Contest.Outcome> outcomes() {
    return outcomes;
  }

  Map<String, Double> figures() {
    return figures;
  }

  void play() throws Exception {
    int parts = choices.number(MemoryBenchmark.PARTS);
    if ((parts & PART_FOUND) != 0) {
      bulk();
      exact();
    } else {
      for (Store store : stores.values()) {
        inserts.fill(store, samples);
      }
    }
    for (Map.Entry<String, Store> store : stores.entrySet()) {
      long from = System.nanoTime();
      store.getValue().index();
      double seconds = (System.nanoTime() - from) / 1e9;
      progress.say(String.format(Locale.ROOT, "%s, indexed in %.1f s", store.getKey(), seconds));
    }
    if ((parts & PART_FOUND) != 0) {
      indexed();
      filtered();
      bytes();
    }
    if ((parts & PART_ADDED) != 0) {
      added();
    }
    Optional<Path> svg = choices.path(MemoryBenchmark.SVG);
    if (svg.isPresent()) {
      new LatencyPlot(stores, samples, queries, progress).write(svg.get());
    }
    if ((parts & PART_STREAM) != 0) {
      figures.putAll(
          new StreamIn(server, data).run(choices.number(MemoryBenchmark.STREAM), progress));
    }
  }

  private Contest.Outcome contest(String title, Work work) throws Exception {
    Contest contest = new Contest(title);
    stores.forEach((name, store) -> contest.with(name, () -> work.on(store)));
    Contest.Outcome outcome = contest.play(choices.rounds(), progress);
    outcomes.add(outcome);
    return outcome;
  }

  private interface Work {
    Map<String, Double> on(Store store) throws Exception;
  }

  private void bulk() throws Exception {
    Contest.Outcome outcome = contest("insert", store -> inserts.fill(store, samples));
    figures.put("bulk_vs_copy", outcome.ratio(Inserts.BULK, OURS, LIMIT));
    figures.put("bulk_vs_langchain4j", outcome.ratio(Inserts.BULK, OURS, LANGCHAIN4J));
    figures.put("bulk_vs_spring_ai", outcome.ratio(Inserts.BULK, OURS, SPRING_AI));
  }

  private void exact() throws Exception {
    List<float[]> some =
        queries.subList(0, Math.min(queries.size(), choices.number(MemoryBenchmark.EXACT_QUERIES)));
    Searches searches = new Searches(some, Truth.of(some, samples));
    for (Store store : stores.values()) {
      for (String table : store.tables()) {
        server.analyze(table);
      }
    }
    Contest.Outcome outcome = contest("exact search", store -> searches.measure(store, Kind.ALL));
    figures.put("exact_vs_raw", outcome.ratio(Searches.P50, OURS, LIMIT));
    figures.put("exact_rate_vs_raw", outcome.ratio(Searches.RATE, OURS, LIMIT));
    figures.put("exact_recall_at_10", outcome.of(OURS, Searches.RECALL).min());
  }

  private void indexed() throws Exception {
    progress.say("comparing all with " + queries.size() + " queries");
    Searches searches = new Searches(queries, Truth.of(queries, samples));
    Contest.Outcome outcome = contest("search by HNSW", store -> searches.measure(store, Kind.ALL));
    figures.put("hnsw_p50_vs_raw", outcome.ratio(Searches.P50, OURS, LIMIT));
    figures.put("hnsw_rate_vs_raw", outcome.ratio(Searches.RATE, OURS, LIMIT));
    figures.put("hnsw_recall_at_10", outcome.of(OURS, Searches.RECALL).min());
    figures.put("hnsw_p50_vs_langchain4j", outcome.ratio(Searches.P50, OURS, LANGCHAIN4J));
    figures.put("hnsw_p50_vs_spring_ai", outcome.ratio(Searches.P50, OURS, SPRING_AI));
  }

  private void filtered() throws Exception {
    List<Sample> rare = samples.stream().filter(Sample::rare).toList();
    Searches searches = new Searches(queries, Truth.of(queries, rare));
    List<float[]> some =
        queries.subList(0, Math.min(queries.size(), choices.number(MemoryBenchmark.EXACT_QUERIES)));
    Searches ofPeers = new Searches(some, Truth.of(some, rare));
    Contest.Outcome outcome =
        new Contest("filter that keeps 0.8 %")
            .with(LIMIT, () -> searches.measure(store(LIMIT), Kind.RARE))
            .with(OURS, () -> searches.measure(store(OURS), Kind.RARE))
            .with(BY_METADATA, () -> searches.measure(store(OURS), Kind.RARE_BY_METADATA))
            .with(LANGCHAIN4J, () -> ofPeers.measure(store(LANGCHAIN4J), Kind.RARE))
            .with(SPRING_AI, () -> ofPeers.measure(store(SPRING_AI), Kind.RARE))
            .play(choices.rounds(), progress);
    outcomes.add(outcome);
    figures.put("filtered_p50_vs_raw", outcome.ratio(Searches.P50, OURS, LIMIT));
    figures.put("filtered_recall_at_10", outcome.of(OURS, Searches.RECALL).min());
    figures.put("filtered_by_metadata_p50_vs_raw", outcome.ratio(Searches.P50, BY_METADATA, LIMIT));
    figures.put(
        "filtered_by_metadata_recall_at_10", outcome.of(BY_METADATA, Searches.RECALL).min());
  }

  private Store store(String name) {
    return Objects.requireNonNull(stores.get(name));
  }

  private void bytes() throws Exception {
    Map<String, Double> bytes = new LinkedHashMap<>();
    for (Map.Entry<String, Store> store : stores.entrySet()) {
      bytes.put(store.getKey(), bytes(server, store.getValue()));
      figures.put(
          "bytes_of_" + store.getKey().toLowerCase(Locale.ROOT).replace(' ', '_'),
          bytes.get(store.getKey()));
    }
    double peer =
        Math.min(
            Objects.requireNonNull(bytes.get(LANGCHAIN4J)),
            Objects.requireNonNull(bytes.get(SPRING_AI)));
    figures.put("bytes_vs_peer", Objects.requireNonNull(bytes.get(OURS)) / peer);
    Server other = server.database("half");
    try (Ours half = new Ours(other, MemoryStorage.DEFAULT.halfPrecision())) {
      half.addAll(samples);
      half.index();
      double halved = bytes(other, half);
      figures.put("bytes_of_selfupgrade_halfvec", halved);
      figures.put("bytes_vs_peer_halfvec", halved / peer);
    }
  }

  private double bytes(Server server, Store store) throws Exception {
    double bytes = 0;
    for (String table : store.tables()) {
      server.execute("vacuum " + table);
      bytes += server.number("select pg_total_relation_size('" + table + "')");
    }
    return bytes / samples.size();
  }

  private void added() throws Exception {
    int many = choices.number(MemoryBenchmark.ADDED);
    int few = choices.number(MemoryBenchmark.ADDED_SINGLY);
    Map<Store, Integer> next = new HashMap<>();
    Contest.Outcome outcome =
        contest(
            "insert with the index in force",
            store -> {
              int first = next.getOrDefault(store, samples.size());
              next.put(store, first + many + few);
              return inserts.add(store, first, many, few);
            });
    figures.put("bulk_indexed_vs_langchain4j", outcome.ratio(Inserts.BULK, OURS, LANGCHAIN4J));
    figures.put("bulk_indexed_vs_spring_ai", outcome.ratio(Inserts.BULK, OURS, SPRING_AI));
    figures.put("single_indexed_vs_langchain4j", outcome.ratio(Inserts.SINGLE, OURS, LANGCHAIN4J));
    figures.put("single_indexed_vs_spring_ai", outcome.ratio(Inserts.SINGLE, OURS, SPRING_AI));
    double found = outcome.of(OURS, Inserts.FOUND).min();
    figures.put("found_at_once", found);
    if (found < 1) {
      throw new IncorrectException(OURS + ", memories found at once: " + found + ", expected 1");
    }
  }

  @Override
  public void close() {
    stores.values().forEach(Store::close);
  }
}
