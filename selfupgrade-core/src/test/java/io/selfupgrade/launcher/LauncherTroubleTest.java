package io.selfupgrade.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.launcher.FailingDisk.Fault;
import io.selfupgrade.launcher.Scene.Row;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Lets each effect of a launcher and its agents on disk fail once, in each way. */
class LauncherTroubleTest {
  private static final int STRIDE = System.getProperty("long") == null ? 5 : 1;
  private final AtomicInteger number = new AtomicInteger();
  private final int round =
      Integer.getInteger("trouble.round", LocalTime.now(ZoneOffset.UTC).getSecond());
  private final Queue<String> failures = new ConcurrentLinkedQueue<>();

  @Test
  void theEndIsAsIfNoEffectHadFailed() throws IOException {
    try (Scratch scratch = new Scratch()) {
      Scene.makeSlots(scratch.directory().resolve("slots"));
      failEach(scratch.directory());
    }
  }

  private void failEach(Path directory) {
    System.out.println("trouble.round=" + round);
    int all = 0;
    for (Script script : Script.values()) {
      int effects = play(directory, script, 0, Fault.EIO);
      int before = failures.size();
      for (Fault fault : Fault.values()) {
        int part = fault.ordinal() + round;
        IntStream.rangeClosed(1, effects)
            .filter(failing -> (failing + part) % STRIDE == 0)
            .parallel()
            .forEach(failing -> play(directory, script, failing, fault));
        all += effects;
      }
      System.out.printf(
          "One effect of %d fails, %-10s %4d effects x %d ways, failures %d%n",
          STRIDE, script, effects, Fault.values().length, failures.size() - before);
    }
    assertThat(failures.stream().limit(5)).isEmpty();
    assertThat(all).isGreaterThan(1_000);
  }

  private int play(Path directory, Script script, int failing, Fault fault) {
    FailingDisk disk = new FailingDisk(new UnforcedDisk(), failing, fault);
    try {
      Path root = directory.resolve("home" + number.incrementAndGet());
      Files.createDirectory(root);
      Files.createSymbolicLink(root.resolve("versions"), directory.resolve("slots"));
      Home.at(root, new UnforcedDisk()).confirm(Scene.OLD);
      Scene scene = new Scene(root, disk, "boot", Row.NONE);
      scene.beginUntilItRuns();
      script.play(scene);
      scene.settle();
      check(script, scene);
      assertThat(scene.saidTrouble()).as("it is said: %s", scene.story()).isEqualTo(failing > 0);
      Scratch.delete(root);
    } catch (IOException | RuntimeException | AssertionError e) {
      failures.add(script + ", " + fault + " at " + failing + " (" + disk.where() + "): " + e);
    }
    return disk.effects();
  }

  private static void check(Script script, Scene scene) throws IOException {
    String runs = script.upgrades() ? Scene.NEW : Scene.OLD;
    assertThat(scene.processes.living()).extracting(one -> one.version).containsExactly(runs);
    assertThat(scene.living(Role.CURRENT)).isPresent();
    assertThat(scene.home.confirmedVersion()).isEqualTo(Optional.of(runs));
    assertThat(scene.home.candidate()).doesNotExist();
    if (!script.interrupts()) {
      assertThat(scene.interruptions()).isZero();
    }
    for (FakeProcesses.Fake one : scene.processes.started()) {
      if (!one.alive()) {
        assertThat(scene.home.run(one.instance).reaped()).exists();
      }
    }
  }
}
