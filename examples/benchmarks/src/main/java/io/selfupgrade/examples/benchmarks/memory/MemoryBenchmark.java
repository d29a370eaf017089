package io.selfupgrade.examples.benchmarks.memory;

import io.selfupgrade.examples.benchmarks.Benchmark;
import io.selfupgrade.examples.benchmarks.Choices;
import io.selfupgrade.examples.benchmarks.FileOption;
import io.selfupgrade.examples.benchmarks.Flag;
import io.selfupgrade.examples.benchmarks.Option;
import io.selfupgrade.examples.benchmarks.Progress;
import io.selfupgrade.examples.benchmarks.Report;
import io.selfupgrade.examples.benchmarks.Report.Target;
import io.selfupgrade.examples.benchmarks.Server;
import io.selfupgrade.examples.benchmarks.UsageException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Memories: how fast they come in, how fast they are found, and whether the right ones are. */
public final class MemoryBenchmark implements Benchmark {

  static final Option MEMORIES =
      new Option("--memories", 20_000, 500, 1_000_000, "memories among which is looked");
  static final Option QUERIES =
      new Option("--queries", 500, 10, 10_000, "queries a round where an index is in force");
  static final Option EXACT_QUERIES =
      new Option("--exact-queries", 60, 10, 10_000, "queries a round where all are compared");
  static final Option ADDED =
      new Option("--added", 2_000, 10, 100_000, "memories a round that are added at once");
  static final Option ADDED_SINGLY =
      new Option("--added-singly", 300, 10, 100_000, "memories a round that are added one by one");
  static final Option STREAM =
      new Option("--stream", 100_000, 2_000, 100_000_000, "memories that stream in for the heap");
  static final Option PARTS =
      new Option("--parts", 7, 1, 7, "sum of 1: insert and search, 2: added later, 4: stream");
  static final FileOption SVG = new FileOption("--svg", "plot latency against size into FILE");
  static final FileOption EXTENSIONS =
      new FileOption("--extensions", "directory with pgvector for Postgres 15 (required)");

  static final Flag QUALITY =
      new Flag("--quality", "instead, ask questions of the documentation with a local model");
  static final FileOption DOCUMENTS =
      new FileOption("--docs", "directory of the documentation (docs), for --quality");

  private static final List<Target> TARGETS =
      List.of(
          Target.atLeast("bulk_vs_copy", 0.9),
          Target.atLeast("bulk_indexed_vs_langchain4j", 10),
          Target.atLeast("bulk_indexed_vs_spring_ai", 10),
          Target.atLeast("single_indexed_vs_langchain4j", 10),
          Target.atLeast("single_indexed_vs_spring_ai", 10),
          Target.atLeast("found_at_once", 1),
          Target.atMost("hnsw_p50_vs_raw", 1.15),
          Target.atLeast("hnsw_recall_at_10", 0.99),
          Target.atMost("exact_vs_raw", 1.2),
          Target.atMost("filtered_p50_vs_raw", 2),
          Target.atLeast("filtered_recall_at_10", 1),
          Target.atMost("bytes_vs_peer", 0.75),
          Target.atMost("bytes_vs_peer_halfvec", 0.45),
          Target.atMost("stream_heap_growth", 1.1));

  private static final List<String> NOTES =
      List.of(
          "raw: COPY in the binary format, prepared statements with binary vectors, STORAGE PLAIN;"
              + " a filter by a btree, what it keeps compared one by one.",
          "Recall is against a comparison with all memories in Java. hnsw.ef_search is 40, as peers"
              + " have it.",
          "exact: no index by vector; SelfUpgrade before its background step. bytes: table, TOAST and"
              + " indexes, a memory.");

  /** Makes it. */
  public MemoryBenchmark() {}

  @Override
  public String name() {
    return "memory";
  }

  @Override
  public String summary() {
    return "memories, beside LangChain4j, Spring AI and what Postgres can do";
  }

  @Override
  public List<Option> options() {
    return List.of(MEMORIES, QUERIES, EXACT_QUERIES, ADDED, ADDED_SINGLY, STREAM, PARTS);
  }

  @Override
  public List<FileOption> files() {
    return List.of(EXTENSIONS, SVG, DOCUMENTS);
  }

  @Override
  public List<Flag> flags() {
    return List.of(QUALITY);
  }

  @Override
  public Optional<Path> extensions(Choices choices) {
    if (choices.has(QUALITY)) {
      Quality.requireModel();
      if (!Files.isRegularFile(documents(choices).resolve("recovery.md"))) {
        throw new UsageException(
            documents(choices) + " is not the documentation: give --docs DIRECTORY");
      }
    }
    Optional<Path> given = choices.path(EXTENSIONS);
    boolean there =
        given.isPresent()
            && Files.isDirectory(given.get().resolve("lib"))
            && Files.isRegularFile(given.get().resolve("extension/vector.control"));
    if (given.isEmpty() && choices.has(QUALITY)) {
      return given; // Some hundred memories are compared one by one.
    }
    if (!there) {
      throw new UsageException(
          given.map(path -> "no pgvector in " + path).orElse("pgvector is missing")
              + ": give --extensions DIRECTORY with lib/vector.so and extension/vector.control for"
              + " Postgres 15; on Debian 12 .ci/postgres-extensions DIRECTORY makes them");
    }
    return given;
  }

  private static Path documents(Choices choices) {
    return choices.path(DOCUMENTS).orElse(Path.of("docs"));
  }

  @Override
  public Report run(Choices choices, Server server, Progress progress) throws Exception {
    if (choices.has(QUALITY)) {
      return new Quality(server, documents(choices), progress).run();
    }
    server.execute("create extension vector");
    try (Run run = new Run(choices, server, progress)) {
      run.play();
      return new Report(run.outcomes(), run.figures(), TARGETS, NOTES);
    }
  }
}
