package io.selfupgrade.world;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.supabase.embedded.EmbeddedPostgres;
import io.selfupgrade.supabase.embedded.TestPostgres;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Kills agents and launchers before and after each effect of an upgrade and of the way back, once
 * at each point, and then in pairs by chance.
 *
 * <p>{@code -Dmatrix.rows=TEXT} takes the rows only that contain the text, {@code -Dmatrix.seed=S}
 * repeats the pairs of a run, {@code -Dmatrix.part=N} plays one row in N; {@code -Dlong} goes
 * through all of it 50 times, {@code -Dmatrix.times=N} N times.
 */
class CrashMatrixTest {

  private static final int WORLDS = Integer.getInteger("matrix.worlds", 3);
  private static final int TIMES =
      Integer.getInteger("matrix.times", System.getProperty("long") == null ? 1 : 50);
  private static final int PART = Integer.getInteger("matrix.part", 1);
  private static final int ROWS_OF_PAIRS = 4;
  private static final int PAIRS_OF_A_ROW = 5;

  @TempDir static Path serverDirectory;
  private static EmbeddedPostgres server;

  @TempDir Path directory;
  private final long seed = Long.getLong("matrix.seed", System.nanoTime());
  private final AtomicInteger worlds = new AtomicInteger();

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
    int first = random.nextInt(PART);
    play(
        new ConcurrentLinkedQueue<>(
            IntStream.range(0, rows.size())
                .filter(row -> row % PART == first)
                .mapToObj(rows::get)
                .toList()));
  }

  private void play(Queue<Points.Row> rows) throws Exception {
    Queue<Siege.Line> lines = new ConcurrentLinkedQueue<>();
    Queue<String> failures = new ConcurrentLinkedQueue<>();
    ExecutorService players = Executors.newFixedThreadPool(WORLDS);
    try {
      List<Future<?>> ends = new ArrayList<>();
      for (int i = 0; i < WORLDS; i++) {
        ends.add(players.submit(() -> play(rows, lines, failures)));
      }
      for (Future<?> end : ends) {
        end.get();
      }
    } finally {
      players.shutdownNow();
    }
    print(lines);
    assertThat(failures).isEmpty();
  }

  /** Plays rows in one world, and in a new one after a failure. */
  private void play(Queue<Points.Row> rows, Queue<Siege.Line> lines, Queue<String> failures) {
    while (!rows.isEmpty()) {
      Points.Row row = null;
      try (Siege siege = new Siege(directory.resolve("world" + worlds.incrementAndGet()), server)) {
        for (row = rows.poll(); row != null; row = rows.poll()) {
          lines.addAll(siege.endure(row));
        }
      } catch (Exception | AssertionError e) {
        // All rows are played, and all failures told.
        StringWriter text = new StringWriter();
        e.printStackTrace(new PrintWriter(text));
        failures.add(row + ": " + text);
        if (row == null) {
          return; // No world comes up: another one would not either.
        }
      }
    }
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
