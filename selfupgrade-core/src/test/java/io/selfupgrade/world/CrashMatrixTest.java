package io.selfupgrade.world;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.supabase.embedded.EmbeddedPostgres;
import io.selfupgrade.supabase.embedded.TestPostgres;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Kills agents and launchers before and after each effect of an upgrade and of the way back, once
 * at each point, and then in pairs by chance.
 *
 * <p>{@code -Dmatrix.rows=TEXT} takes the rows only that contain the text, {@code -Dmatrix.seed=S}
 * repeats the pairs of a run, {@code -Dworlds.part=K/N} plays the rows K, K + N and so on; {@code
 * -Dlong} goes through all of it 50 times, {@code -Dmatrix.times=N} N times.
 */
class CrashMatrixTest {

  private static final int WORLDS = Integer.getInteger("matrix.worlds", 3);
  private static final int TIMES =
      Integer.getInteger("matrix.times", System.getProperty("long") == null ? 1 : 50);
  private static final int ROWS_OF_PAIRS = 4;
  private static final int PAIRS_OF_A_ROW = 5;

  @TempDir static Path serverDirectory;
  private static EmbeddedPostgres server;

  @TempDir Path directory;
  private final long seed = Long.getLong("matrix.seed", System.nanoTime());

  @BeforeAll
  static void startServer() {
    server = TestPostgres.attach(serverDirectory);
  }

  @AfterAll
  static void stopServer() {
    server.close();
  }

  @Test
  void everyKillEndsInService() throws Exception {
    System.out.println("matrix.seed=" + seed);
    Random random = new Random(seed);
    List<Points.Row> rows = new ArrayList<>();
    for (int time = 0; time < TIMES; time++) {
      rows.addAll(Points.all());
      for (int row = 0; row < ROWS_OF_PAIRS; row++) {
        rows.add(Points.pairs(random, PAIRS_OF_A_ROW));
      }
    }
    rows.removeIf(row -> !row.toString().contains(System.getProperty("matrix.rows", "")));
    List<Points.Row> part = Campaign.part(rows);
    Queue<Siege.Line> lines = new ConcurrentLinkedQueue<>();
    Map<List<String>, List<Points.Row>> worlds =
        part.stream().collect(Collectors.groupingBy(row -> row.way().args()));
    List<String> failures = new ArrayList<>();
    for (Map.Entry<List<String>, List<Points.Row>> kind : worlds.entrySet()) {
      Campaign<Points.Row> campaign =
          new Campaign<>(
              directory.resolve("worlds-" + String.join("-", kind.getKey())),
              server,
              (siege, row) -> lines.addAll(siege.endure(row)),
              kind.getKey().toArray(new String[0]));
      failures.addAll(campaign.play(kind.getValue(), WORLDS));
    }

    print(lines);
    assertThat(failures).isEmpty();
    assertThat(lines)
        .hasSize(part.stream().mapToInt(row -> row.points().size()).sum())
        .isNotEmpty();
  }

  private static void print(Queue<Siege.Line> lines) {
    StringBuilder table =
        new StringBuilder("\npoint | effect | outcome | ms until it served again\n");
    for (Siege.Line line : lines) {
      table.append(
          String.format(
              Locale.ROOT,
              "%s | %s | %s | %d%n",
              line.point(),
              line.where(),
              line.outcome(),
              line.millis()));
    }
    long points = lines.stream().map(Siege.Line::point).distinct().count();
    System.out.println(table + "kills: " + lines.size() + " at " + points + " points");
  }
}
