package io.selfupgrade.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Kills launchers at random moments of an upgrade, whatever they are doing; the end must be as if
 * none had been killed. {@code -Dlauncher.rounds=N -Dlauncher.seed=S} make it longer and repeat it.
 */
class LauncherCrashLoopTest {
  private static final int KILLS_PER_STEP = 2;

  @TempDir Path directory;

  @Test
  void theEndIsAsIfNoLauncherHadBeenKilled() throws Exception {
    long seed = Long.getLong("launcher.seed", System.nanoTime());
    int rounds = Integer.getInteger("launcher.rounds", 1);
    System.out.println("launcher.seed=" + seed + ", launcher.rounds=" + rounds);
    Random random = new Random(seed);
    for (int round = 0; round < rounds; round++) {
      try (TestHome test = new TestHome(directory.resolve("home" + round))) {
        upgrade(test, random, random.nextBoolean());
      }
    }
  }

  private static void upgrade(TestHome test, Random random, boolean confirm) throws Exception {
    UUID upgrade = UUID.randomUUID();
    test.install("1.0.0");
    test.install("1.1.0");
    test.confirm("1.0.0");
    killLaunchers(test, random);
    Process launcher = test.startLauncher();
    UUID current = test.awaitReady(Role.CURRENT, "1.0.0");

    test.tryVersion(current, "1.1.0", upgrade, 5, 600_000);
    test.killHard(launcher);
    killLaunchers(test, random);
    launcher = test.startLauncher();
    UUID candidate = test.awaitReady(Role.CANDIDATE, "1.1.0");

    RequestKind end = confirm ? RequestKind.CONFIRMED : RequestKind.DROPPED;
    test.write(current, end, upgrade, 6);
    park(random.nextInt(60));
    test.killHard(launcher);
    killLaunchers(test, random);
    test.startLauncher();

    UUID stays = confirm ? candidate : current;
    UUID goes = confirm ? current : candidate;
    test.awaitTrue("one instance", () -> test.livingInstances().equals(List.of(stays)));
    test.awaitTrue("end of the trial", () -> Candidate.read(test.home).isEmpty());
    test.awaitReaped(goes);
    assertThat(test.home.confirmedVersion()).contains(confirm ? "1.1.0" : "1.0.0");
    assertThat(test.record(stays).role()).isEqualTo(Role.CURRENT);
    // One process for each role: none was started twice, though launchers died while starting.
    Set<UUID> everReady = everReady(test);
    assertThat(everReady).containsExactlyInAnyOrder(current, candidate);
  }

  private static Set<UUID> everReady(TestHome test) throws IOException {
    return Attestations.runDirectories(test.home).stream()
        .filter(run -> run.request(RequestKind.READY).toFile().exists())
        .map(RunDirectory::instance)
        .collect(Collectors.toSet());
  }

  private static void killLaunchers(TestHome test, Random random) throws Exception {
    for (int i = 0; i < KILLS_PER_STEP; i++) {
      Process launcher = test.startLauncher();
      // From before its lock until after its first children.
      launcher.waitFor(random.nextInt(900), TimeUnit.MILLISECONDS);
      test.killHard(launcher);
    }
  }

  private static void park(int millis) {
    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(millis));
  }
}
