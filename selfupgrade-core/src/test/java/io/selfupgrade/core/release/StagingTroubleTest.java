package io.selfupgrade.core.release;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.launcher.Effect;
import io.selfupgrade.launcher.FailingDisk;
import io.selfupgrade.launcher.FailingDisk.Fault;
import io.selfupgrade.launcher.Home;
import io.selfupgrade.launcher.Slot;
import io.selfupgrade.launcher.UnforcedDisk;
import io.selfupgrade.launcher.WatchedDisk;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Lets each effect of a download, of unpacking and of the move into the slot fail once, or be the
 * last.
 */
class StagingTroubleTest {

  private static final UUID UPGRADE = new UUID(7, 7);

  @TempDir private Path root;

  @Test
  void eachFailureIsTypedAndTheNextTrySucceeds() throws Exception {
    Bundle bundle = Bundle.withArchives(root);
    int effects = bring(bundle, root.resolve("healthy"), 0, Fault.EIO);
    for (Fault fault : Fault.values()) {
      for (int failing = 1; failing <= effects; failing++) {
        bring(bundle, root.resolve(fault + "-" + failing), failing, fault);
      }
    }
    System.out.printf(
        "One effect of staging fails: %d effects x %d ways%n", effects, Fault.values().length);
    assertThat(effects).isGreaterThan(20);
  }

  @Test
  void afterAKillAtEachEffectTheNextTrySucceeds() throws Exception {
    Bundle bundle = Bundle.withArchives(root);
    VerifiedRelease verified = bundle.verified();
    int effects = 0;
    for (boolean killed = true; killed; effects++) {
      Path directory = root.resolve("killed-" + effects);
      killed = isKilled(Home.at(directory, new KilledDisk(effects)), bundle);
      Home home = Home.at(directory, new UnforcedDisk());
      if (Files.exists(home.slot("1.4.0"))) {
        Slot.verified(home.slot("1.4.0"), "1.4.0");
      }
      Staging staging = new Staging(home, PullLimits.DEFAULT);
      Optional<Path> left = staging.staged(UPGRADE, verified.release());
      if (left.isPresent()) {
        Slot.verified(staging.install(left.get(), verified.release()), "1.4.0");
      }

      bring(staging, home, bundle);
    }
    System.out.println("Staging is killed before each of " + (effects - 1) + " effects");
    assertThat(effects).isGreaterThan(50);
  }

  @Test
  void nothingMovesIntoItsSlotBeforeAllOfItIsOnDisk() throws Exception {
    Bundle bundle = Bundle.withArchives(root);
    ForcedDisk disk = new ForcedDisk();
    Home home = Home.at(root.resolve("home"), disk);

    bring(new Staging(home, PullLimits.DEFAULT), home, bundle);

    assertThat(disk.moved).isEqualTo(1);
    assertThat(disk.unforced)
        .noneMatch(each -> each.startsWith(home.versions()) || each.startsWith(home.staging()));
  }

  private static boolean isKilled(Home home, Bundle bundle) throws Exception {
    try {
      bring(new Staging(home, PullLimits.DEFAULT), home, bundle);
      return false;
    } catch (KilledException e) {
      return true;
    }
  }

  private static void bring(Staging staging, Home home, Bundle bundle) throws Exception {
    VerifiedRelease verified = bundle.verified();
    Path staged = staging.pull(UPGRADE, verified, bundle.source(), PullProgress.none());
    Slot.verified(staging.install(staged, verified.release()), "1.4.0");
    assertThat(home.staging()).isEmptyDirectory();
  }

  private static int bring(Bundle bundle, Path directory, int failing, Fault fault)
      throws Exception {
    FailingDisk disk = new FailingDisk(new UnforcedDisk(), failing, fault);
    Home home = Home.at(directory, disk);
    Path running = Files.createDirectories(home.slot("1.3.0")).resolve("bot.jar");
    Files.writeString(running, "running");
    Files.writeString(home.current(), "1.3.0\n");
    Staging staging = new Staging(home, PullLimits.DEFAULT);
    VerifiedRelease verified = bundle.verified();
    try {
      Path staged = staging.pull(UPGRADE, verified, bundle.source(), PullProgress.none());
      staging.install(staged, verified.release());
      assertThat(failing).isZero();
    } catch (AdapterException e) {
      assertThat(e.retryable()).as(disk.where()).isTrue();
      if (Files.exists(home.slot("1.4.0"))) {
        Slot.verified(home.slot("1.4.0"), "1.4.0");
      }
    }
    assertThat(running).hasContent("running");
    assertThat(home.confirmedVersion()).contains("1.3.0");
    int effects = disk.effects();

    bring(staging, home, bundle);
    return effects;
  }

  /** A disk that nothing reaches after so many effects, as if the process were dead. */
  private static final class KilledDisk extends WatchedDisk {

    private int left;

    KilledDisk(int effects) {
      super(new UnforcedDisk());
      this.left = effects;
    }

    @Override
    protected void effect(Effect effect, Step step) throws IOException {
      if (left == 0) {
        throw new KilledException();
      }
      left--;
      step.run();
    }
  }

  private static final class KilledException extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  /** A disk that knows of what is written whether it is on disk, whenever something moves. */
  private static final class ForcedDisk extends WatchedDisk {

    private final Set<Path> unforced = new TreeSet<>();
    private int moved;

    ForcedDisk() {
      super(new UnforcedDisk());
    }

    @Override
    protected void effect(Effect effect, Step step) throws IOException {
      step.run();
      Path path = effect.path();
      switch (effect.kind()) {
        case CREATE, APPEND, TRUNCATE, CREATE_DIRECTORIES -> changed(path);
        case FORCE, SYNC_DIRECTORY -> unforced.remove(path);
        case RENAME -> {
          assertThat(unforced).noneMatch(each -> each.startsWith(path));
          moved += Files.isDirectory(effect.to()) ? 1 : 0;
          changed(path);
          changed(effect.to());
          unforced.remove(path);
          unforced.remove(effect.to());
        }
        case DELETE -> unforced.remove(path);
      }
    }

    /** Any of the directories above may be new too. */
    private void changed(Path path) {
      for (Path each = path; each != null; each = each.getParent()) {
        unforced.add(each);
      }
    }
  }
}
