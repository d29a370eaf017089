package io.selfupgrade.examples.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Runs the jar that was built, with next to nothing to do: what it says of speed is not judged. */
final class BenchmarksTest {

  private static final Path JAR = Path.of("target", "benchmarks.jar").toAbsolutePath();
  private static final int LONGEST_MINUTES = 4;

  @TempDir private Path directory;

  @Test
  void everyContenderOfSchedulesDoesItsWorkAndIsMeasured() throws Exception {
    Path json = directory.resolve("figures.json");
    String arguments =
        "schedule --rounds 1 --tasks 400 --peer-tasks 200 --late-tasks 20 --late-seconds 1"
            + " --idle-seconds 6 --json "
            + json;

    int exit = run(arguments.split(" "));

    assertThat(exit).as(output()).isZero();
    String figures = Files.readString(json);
    for (String positive :
        List.of(
            "throughput_vs_db_scheduler",
            "throughput_vs_limit",
            "two_nodes_vs_one",
            "submit_vs_limit",
            "lateness_p99_vs_limit")) {
      assertThat(figure(figures, positive)).as(positive).isPositive();
    }
    assertThat(figure(figures, "lateness_min_ms")).isNotNegative();
    assertThat(figure(figures, "idle_statements_per_s")).isNotNegative();
    assertThat(figures).contains("\"measured\"", "\"SelfUpgrade, 2 nodes\"", "\"tasks/s\"");
    assertThat(output()).contains("round 1 of 1").contains("target >= 5.00");
  }

  @Test
  void everyContenderOfMemoriesDoesItsWorkAndIsMeasured() throws Exception {
    Path json = directory.resolve("figures.json");
    Path svg = directory.resolve("latency.svg");
    String arguments =
        "memory --rounds 1 --memories 1200 --queries 20 --exact-queries 10 --added 40"
            + " --added-singly 10 --stream 4000 --extensions "
            + PgvectorForTests.directory()
            + " --json "
            + json
            + " --svg "
            + svg;

    int exit = run(arguments.split(" "));

    assertThat(exit).as(output()).isZero();
    String figures = Files.readString(json);
    for (String positive :
        List.of(
            "bulk_vs_copy",
            "bulk_indexed_vs_langchain4j",
            "bulk_indexed_vs_spring_ai",
            "single_indexed_vs_langchain4j",
            "single_indexed_vs_spring_ai",
            "hnsw_p50_vs_raw",
            "exact_vs_raw",
            "filtered_p50_vs_raw",
            "bytes_vs_peer",
            "bytes_vs_peer_halfvec",
            "stream_heap_peak_mib")) {
      assertThat(figure(figures, positive)).as(positive).isPositive();
    }
    assertThat(figure(figures, "exact_recall_at_10")).isEqualTo(1);
    assertThat(figure(figures, "filtered_recall_at_10")).isEqualTo(1);
    assertThat(figure(figures, "filtered_by_metadata_recall_at_10")).isEqualTo(1);
    assertThat(figure(figures, "hnsw_recall_at_10")).isGreaterThan(0.9);
    assertThat(figure(figures, "found_at_once")).isEqualTo(1);
    assertThat(Files.readString(svg)).contains("<svg").contains("SelfUpgrade, index");
    assertThat(output()).contains("round 1 of 1").contains("heap after GC");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "schedules",
        "schedule --bogus 1",
        "schedule --rounds",
        "schedule --rounds 0",
        "schedule --rounds many",
        "schedule --rounds 1 --rounds 2",
        "memory",
        "memory --extensions /nowhere",
        "memory --quality",
        "memory --quality --quality",
      })
  void saysHowItIsUsed(String arguments) throws Exception {
    assertThat(run(arguments.split(" "))).isEqualTo(2);

    assertThat(output()).contains("Usage:").contains("--json FILE");
    assertThat(output().lines().findFirst())
        .hasValueSatisfying(
            line ->
                assertThat(line)
                    .containsAnyOf(
                        "unknown",
                        "needs a value",
                        "expected a whole",
                        "twice",
                        "pgvector",
                        "needs an embedding model"));
  }

  private int run(String... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-jar", JAR.toString()));
    command.addAll(List.of(arguments));
    Process program =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("output").toFile())
            .start();
    try {
      assertThat(program.waitFor(LONGEST_MINUTES, TimeUnit.MINUTES)).as(output()).isTrue();
      return program.exitValue();
    } finally {
      // Not by force: the server that it started goes with it.
      program.destroy();
    }
  }

  private String output() throws IOException {
    Path output = directory.resolve("output");
    return Files.exists(output) ? Files.readString(output) : "";
  }

  private static double figure(String json, String name) {
    Matcher found = Pattern.compile('"' + name + "\": ([-0-9.E]+)").matcher(json);
    assertThat(found.find()).as(name + " in " + json).isTrue();
    return Double.parseDouble(found.group(1));
  }
}
