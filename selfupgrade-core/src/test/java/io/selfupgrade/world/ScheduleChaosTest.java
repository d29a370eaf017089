package io.selfupgrade.world;

import io.selfupgrade.supabase.embedded.EmbeddedPostgres;
import io.selfupgrade.supabase.embedded.TestPostgres;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Four processes and ten thousand due runs on one Postgres, with processes killed and stopped and
 * connections cut: nothing is lost, and nothing is committed twice.
 *
 * <p>{@code -Dlong} repeats it with 20 seeds and more time; {@code -Dseed=N} begins with that seed.
 */
class ScheduleChaosTest {

  private static final boolean LONG = System.getProperty("long") != null;
  private static final int SEEDS = Integer.getInteger("seeds", LONG ? 20 : 1);
  private static final Duration TIME = Duration.ofSeconds(LONG ? 40 : 9);

  @TempDir static Path directory;
  private static EmbeddedPostgres server;

  @BeforeAll
  static void startServer() {
    server = TestPostgres.attach(directory.resolve("server"));
  }

  @AfterAll
  static void stopServer() {
    server.close();
  }

  @Test
  void nothingIsLostAndNothingIsCommittedTwice() throws Exception {
    long first = Long.getLong("seed", System.nanoTime());
    System.out.println("\n" + Chaos.HEAD);
    for (int index = 0; index < SEEDS; index++) {
      long seed = first + index;
      Path own = Files.createDirectory(directory.resolve("seed" + index));
      try (WorldDatabase database = new WorldDatabase(server)) {
        System.out.println(new Chaos(own, database, seed, TIME).play());
      } catch (Exception | AssertionError e) {
        throw new AssertionError("run it again by -Dseed=" + seed, e);
      }
    }
  }
}
